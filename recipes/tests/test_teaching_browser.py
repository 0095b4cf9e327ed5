"""What runs teach, in a real browser: both themes, three widths, axe, silence; empty and full."""

import dataclasses

import pytest

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.editor.services import publish
from recipes.editor.suggestion_services import accept_suggestion
from recipes.lessons.services import add_lesson, forget_lesson, vouch_for_lesson
from recipes.tests.kit import Cast
from recipes.tests.quality_cases import CASES, Step
from recipes.tests.quality_kit import assess, ended_run
from workspaces.models import Role

pytestmark = pytest.mark.browser
POOR = dataclasses.replace(
    CASES[0], status="failed", steps=(Step(), Step("failed", attempt=4, duration=40, output="", code="rate_limit"))
)


def test_the_pages_of_quality_are_sound(people: People, stack: Stack) -> None:
    cast = Cast()
    recipe = cast.recipe("Write.", "Write more.")
    editor = people.member(cast.workspace, Role.EDITOR)
    page = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/quality/"
    editor.check(page)
    runs = [ended_run(cast, recipe, case) for case in (*CASES[:6], POOR)]
    runs.append(ended_run(cast, recipe, POOR, recipe_version=2))
    assess(*runs)
    editor.check(page)
    editor.check(f"/w/{cast.workspace.slug}/runs/{runs[-1].pk}/")
    draft = page.replace("/quality/", "/changes/")
    editor.check(draft)
    one = recipe.suggestions.get(type="prompt_rewrite", step_id="step_2")
    accept_suggestion(recipe=recipe, suggestion_id=one.pk, user=cast.owner)
    editor.check(draft)
    editor.check(page)
    publish(recipe=recipe, user=cast.owner)
    editor.check(page)
    editor.check(f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/")
    editor.check(f"/w/{cast.workspace.slug}/")


def test_the_page_of_lessons_is_sound(people: People, stack: Stack) -> None:
    cast = Cast()
    recipe = cast.recipe("Write.", "Write more.")
    editor = people.member(cast.workspace, Role.EDITOR)
    page = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/lessons/"
    editor.check(page)
    run = ended_run(cast, recipe, POOR)
    run.steps.update(origins=["https://example.org/a/very/long/address/of/a/page"])
    assess(run)
    add_lesson(recipe=recipe, user=cast.owner, text="Name the year, always. " * 12)
    gone = add_lesson(recipe=recipe, user=cast.owner, text="Forget me.")
    forget_lesson(recipe=recipe, lesson_id=gone.pk)
    read = recipe.lessons.exclude(origins=[]).first()
    assert read is not None
    editor.check(page, lambda shown: shown.get_by_text("Vouch for it").first.click())
    vouch_for_lesson(recipe=recipe, lesson_id=read.pk, user=cast.owner, text=read.text)
    editor.check(page)
