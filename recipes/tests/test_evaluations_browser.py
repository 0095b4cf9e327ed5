"""Evaluations in a real browser: a set is made, filled, tried and read; both themes, three widths, axe, silence."""

import pytest
from playwright.sync_api import expect

from automatos.testing import Stack
from automatos.tests.browser import People, no_sideways_scroll
from recipes.models import Evaluation, Recipe
from recipes.tests.evaluation_kit import TOPIC, Desk, contains
from recipes.tests.kit import Cast, wait_for
from workspaces.models import Role

pytestmark = pytest.mark.browser


def test_a_set_is_made_filled_tried_and_read(people: People, stack: Stack) -> None:
    stack.models.on("Tell of", reply="It is warm.")
    cast = Cast()
    recipe = cast.recipe("Tell of {input.topic}.", inputs=TOPIC)
    editor = people.member(cast.workspace, Role.EDITOR)
    base = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/evaluations/"
    page = editor.open(base)
    page.get_by_role("link", name="Make the first set").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("Name")
    page.get_by_label("Name").fill("Warm things")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add a case").first.click()
    page.get_by_label("Kind").first.select_option("regex")
    page.get_by_label("What").first.fill("(")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This is no regular expression")).to_be_visible()
    page.get_by_label("Topic").fill("tea")
    page.get_by_label("What").first.fill("warm|hot")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add several").click()
    page.get_by_label("or the table itself").fill("topic,contains\nsoup,warm\nice,cold\n")
    page.get_by_role("button", name="Add the rows").click()
    expect(page.get_by_text("2 cases added.")).to_be_visible()
    page.get_by_role("button", name="Evaluate").click()
    expect(page.get_by_role("heading", name="Not passed")).to_be_visible()
    page.get_by_role("link", name="3 ice").click()
    expect(page.get_by_text("cold: not found")).to_be_visible()


def test_the_pages_of_evaluations_are_sound(people: People, stack: Stack) -> None:
    stack.models.on("Tell of", reply="It is warm.")
    cast = Cast()
    desk = Desk(cast, cast.recipe("Tell of {input.topic}.", inputs=TOPIC), is_required=True)
    editor, viewer = people.member(cast.workspace, Role.EDITOR), people.member(cast.workspace, Role.VIEWER)
    base = f"/w/{cast.workspace.slug}/recipes/{desk.recipe.template_id}/evaluations/"
    one = f"{base}{desk.set['id']}/"
    other = cast.recipe("Write.")
    for path in (
        f"/w/{cast.workspace.slug}/recipes/{other.template_id}/evaluations/",
        one,
        f"{one}edit/",
        f"{one}add/",
    ):
        editor.check(path)
    desk.case("tea", contains("warm"), {"type": "exact", "text": "It is warm."})
    desk.case("a very long topic " * 20, contains("cold"))
    key = desk.start(models=["", "openai:another-model-with-a-long-name-that-does-not-end"])
    wait_for(Evaluation.objects.filter(pk=key, status="completed").exists)
    result = f"{base}results/{key}/"
    for path in (base, one, f"{one}cases/new/", f"{one}cases/1/", f"{one}add/", f"{result}?base=1&other=2&case=2"):
        editor.check(path)
    viewer.check(one)
    viewer.check(result)


def test_words_that_never_end_widen_no_page(people: People, stack: Stack) -> None:
    stack.models.on("Tell of", reply="It is warm.")
    cast, word = Cast(), "https://example.org/" + "w" * 100
    recipe = cast.recipe("Tell of {input.topic}.", inputs=TOPIC)
    Recipe.objects.filter(pk=recipe.pk).update(template_id="w" * 80, name=word)
    recipe.refresh_from_db()
    desk = Desk(cast, recipe, name=word, description=word * 9)
    desk.case(word * 9, contains(word * 9), name=word)
    desk.post("lessons", {"text": word * 9})
    key = desk.start()
    desk.over(key)
    editor = people.member(cast.workspace, Role.EDITOR)
    base = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/"
    at = f"{base}evaluations/"
    for path in (base, f"{base}lessons/", at, f"{at}{desk.set['id']}/", f"{at}results/{key}/?case=1"):
        no_sideways_scroll(editor.open(path, width=360))
