"""A recipe from a person's words: rules lay it out at once, a model works out a better draft, nothing is published."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from agents.tests.page_kit import Cast
from automatos.testing import Stack
from automatos.tests.browser import People, no_console_messages
from recipes.editor import proposing
from recipes.editor.describing import Cook
from recipes.models import Recipe, RecipeDraft

GOOD: dict[str, Any] = {
    "name": "Answer a complaint",
    "description": "Reads a complaint, drafts an answer and asks somebody before it goes out.",
    "inputs": [{"name": "complaint", "description": "The message."}],
    "steps": [
        {"key": "mood", "name": "Judge the mood", "kind": "agent", "agent": "", "prompt": "From 1 to 10, how angry is "
         "{input.complaint}?", "only_if": ""},
        {"key": "angry", "name": "Very angry?", "kind": "condition", "agent": "", "prompt": "mood >= 7", "only_if": ""},
        {"key": "calm", "name": "Calm down", "kind": "agent", "agent": "", "prompt": "Soothe: {input.complaint}",
         "only_if": "angry"},
        {"key": "ok", "name": "Ask", "kind": "person", "agent": "", "prompt": "May this go out? {calm}", "only_if": ""},
    ],
}  # fmt: skip
WISH = "Read a complaint, judge how angry it is, draft an answer, then ask somebody"


@pytest.fixture(scope="module")
def planning(stack: Stack) -> Iterator[Stack]:
    """The product with a default model that can plan, unlike the embedded one."""
    with stack.restarted(stack.web, DEFAULT_LLM_PROVIDER="openai", DEFAULT_LLM_MODEL="planner"):
        yield stack


def ask(people: People, words: str) -> tuple[Page, Recipe]:
    """A page of somebody who has just described a recipe."""
    visitor, workspace = people.owner(f"Ada {uuid4().hex[:6]}")
    page = visitor.open(f"/w/{workspace.slug}/recipes/new/")
    page.get_by_label("Describe it").fill(words)
    page.get_by_role("button", name="Make a draft of it").click()
    expect(page.locator("#proposal")).to_be_visible()
    no_console_messages(visitor.console)
    return page, Recipe.objects.get(workspace=workspace)


def draft(recipe: Recipe) -> dict[str, Any]:
    return dict(json.loads(RecipeDraft.objects.get(recipe=recipe).body))


@pytest.mark.browser
def test_a_model_writes_the_draft_which_opens_in_the_editor_unpublished(people: People, planning: Stack) -> None:
    mark = uuid4().hex
    planning.models.on(mark, reply=json.dumps(GOOD), delay=1.0)
    page, recipe = ask(people, f"{WISH} {mark}")
    expect(page.locator("#proposal")).to_contain_text("wrote this draft in")
    expect(page.locator("#outline")).to_contain_text("Judge the mood")
    body = draft(recipe)
    kinds = [(step["kind"], step.get("under", "")) for step in body["steps"]]
    assert kinds == [("agent", ""), ("condition", ""), ("agent", "step_2"), ("wait", "")]
    recipe.refresh_from_db()
    assert (recipe.version, recipe.name) == (0, "Answer a complaint")
    page.locator("#proposal").get_by_role("button", name="Hide this").click()
    expect(page.locator("#proposal")).to_have_count(0)
    page.get_by_role("button", name="Undo: let a model write the draft").click()
    expect(page.locator("#outline")).to_contain_text("Read a complaint, judge how")


@pytest.mark.browser
def test_what_was_written_meanwhile_stays_until_the_model_s_draft_is_taken(people: People, planning: Stack) -> None:
    mark = uuid4().hex
    planning.models.on(mark, reply=json.dumps(GOOD), delay=5.0)
    page, recipe = ask(people, f"{WISH} {mark}")
    page.get_by_label("Prompt", exact=False).first.fill("My own words")
    expect(page.locator("#saved")).to_contain_text("Draft saved")
    expect(page.locator("#proposal")).to_contain_text("has a draft, in", timeout=20_000)
    assert draft(recipe)["steps"][0]["prompt_template"] == "My own words"
    page.get_by_role("button", name="Use its draft").click()
    expect(page.locator("#outline")).to_contain_text("Judge the mood")


@pytest.mark.browser
@pytest.mark.parametrize("reply", ["{}", "I would call it Bob.", json.dumps({**GOOD, "steps": []})])
def test_rules_stand_where_the_model_is_of_no_use_and_it_is_said(people: People, planning: Stack, reply: str) -> None:
    mark = uuid4().hex
    planning.models.on(mark, reply=reply)
    page, recipe = ask(people, f"{WISH} {mark}")
    expect(page.locator("#proposal")).to_contain_text("Simple rules laid this out, not a model.")
    assert len(draft(recipe)["steps"]) == 2


@pytest.mark.django_db
def test_with_the_embedded_model_rules_lay_it_out_and_the_page_says_so(settings: Any) -> None:
    settings.DEFAULT_LLM_PROVIDER, settings.DEFAULT_LLM_MODEL = "local", "smollm2-135m-instruct"
    cast = Cast()
    new = f"{cast.root}/recipes/new/"
    assert "no model takes part" in cast.editor.get(new).content.decode()
    page = cast.editor.post(new, {"how": "described", "words": WISH}, follow=True).content.decode()
    assert "Simple rules laid this out, not a model." in page
    assert "The embedded model is too small to plan work." in page
    key = Recipe.objects.get(workspace=cast.workspace).template_id
    at = f"{cast.root}/recipes/{key}/proposal/"
    assert cast.editor.post(at, {"do": "use"}).status_code == 302, "there is none to use"
    cast.editor.post(at, {"do": "hide"})
    assert 'id="proposal"' not in cast.editor.get(f"{cast.root}/recipes/{key}/edit/").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"steps": [{**GOOD["steps"][0], "prompt": "Read {input.nothing}"}]},
        {"steps": [{**GOOD["steps"][2], "prompt": "Read {later}"}]},
        {"steps": "many", "name": "x" * 9},
        {"name": "Weather", "description": "Rain", "steps": [{"prompt": "Sun", "kind": "agent", "key": "a"}]},
    ],
)
def test_an_answer_that_would_not_cook_is_of_no_use(change: dict[str, Any]) -> None:
    cooks = [Cook("1", "quill", "Writes")]
    assert proposing.from_reply(json.dumps(GOOD), WISH, cooks) is not None
    assert proposing.from_reply(json.dumps({**GOOD, **change}), WISH, cooks) is None
    assert proposing.from_reply("[" * 100_000, WISH, cooks) is None
