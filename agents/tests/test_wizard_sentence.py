"""An agent from one sentence: a model proposes in the background, rules stand in where it cannot."""

import json
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from agents.drafts.sentence import Offer, by_rules, from_reply, schema
from agents.models import AgentDraft
from agents.personas.seeds import seed_personas
from automatos.testing import Stack
from automatos.tests.browser import People, no_console_messages

pytestmark = pytest.mark.browser
WISH = "An agent that reviews every pull request for bugs and writes a PDF report"
GOOD: dict[str, Any] = {
    "name": "Pull request reviewer",
    "description": "Reviews each pull request for bugs and writes a report.",
    "category": "development",
    "tags": ["code", "review"],
    "persona": "code-reviewer",
    "instructions": "Read the whole change first. Name file and line of each finding. Do not approve unread code.",
    "temperature": 0.2,
    "tools": ["file_read", "render_document"],
}


def ask(people: People, sentence: str) -> tuple[Page, AgentDraft]:
    """A page of somebody who has just asked for this agent."""
    seed_personas()
    visitor, workspace = people.owner(f"Ines {uuid4().hex[:6]}")
    page = visitor.open(f"/w/{workspace.slug}/agents/new/")
    page.get_by_label("Say in one sentence what it should do").fill(sentence)
    page.get_by_role("button", name="Propose an agent").click()
    expect(page.locator("#proposal")).to_be_visible()
    no_console_messages(visitor.console)
    return page, AgentDraft.objects.get(workspace=workspace)


def test_a_model_proposes_all_steps_and_the_person_creates_it(people: People, stack: Stack) -> None:
    mark = uuid4().hex
    stack.models.on(mark, reply=json.dumps(GOOD), delay=1.0)
    page, draft = ask(people, f"{WISH} {mark}")
    expect(page.locator("#proposal")).to_contain_text("proposed this in")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Pull request reviewer")
    draft.refresh_from_db()
    assert (draft.values["persona_kind"], draft.values["temperature"]) == ("predefined", "0.2")
    assert draft.values["tools"] == ["file_read", "render_document"]
    page.get_by_role("button", name="Skills", exact=False).first.click()
    page.get_by_role("button", name="Create agent").click()
    page.wait_for_url("**/agents/pull-request-reviewer/")


def test_what_the_person_typed_meanwhile_stays(people: People, stack: Stack) -> None:
    mark = uuid4().hex
    stack.models.on(mark, reply=json.dumps(GOOD), delay=4.0)
    page, draft = ask(people, f"{WISH} {mark}")
    page.get_by_label("Name", exact=True).fill("My own name")
    expect(page.locator("#proposal")).to_contain_text("proposed this in")
    page.get_by_role("button", name="Show the proposal").click()
    expect(page.get_by_label("Description")).to_have_value(GOOD["description"])
    expect(page.get_by_label("Name", exact=True)).to_have_value("My own name")
    draft.refresh_from_db()
    assert draft.values["category"] == "development"


@pytest.mark.parametrize("reply", ["{}", "I would name it Bob.", '{"name": "Zzz", "description": "x"}'])
def test_rules_stand_in_for_a_useless_answer_and_it_is_said(people: People, stack: Stack, reply: str) -> None:
    mark = uuid4().hex
    stack.models.on(mark, reply=reply)
    page, draft = ask(people, f"{WISH} {mark}")
    expect(page.locator("#proposal")).to_contain_text("Simple rules filled this in")
    draft.refresh_from_db()
    assert draft.values["category"] == "development"
    assert "render_document" in draft.values["tools"]
    assert draft.values["description"].startswith("Reviews every pull request")


def test_a_model_that_cannot_be_called_leads_to_the_rules_with_its_reason(people: People, stack: Stack) -> None:
    mark = uuid4().hex
    stack.models.on(mark, status=401, error="Incorrect API key provided.")
    page, _ = ask(people, f"{WISH} {mark}")
    expect(page.locator("#proposal")).to_contain_text("Simple rules filled this in")
    expect(page.locator("#proposal")).to_contain_text("key")


@pytest.mark.parametrize(
    ("sentence", "category", "tool"),
    [
        ("An agent that answers customer support tickets", "support", None),
        ("an agent which translates articles into French", "writing", None),
        ("Watch the news about our competitors on the web", "research", "web_fetch"),
        ("an agent that calculates the total of invoices from CSV files", "analytics", "csv_query"),
        ("!!!", "general", None),
    ],
)
def test_the_rules_read_category_and_tools_from_words(sentence: str, category: str, tool: str | None) -> None:
    found = by_rules(sentence, Offer(personas={}))
    assert found["category"] == category
    assert found["name"]
    assert tool is None or tool in found["tools"]


def test_an_answer_that_only_has_the_form_is_of_no_use() -> None:
    offer = Offer(personas={"code-reviewer": "1"})
    assert from_reply(json.dumps(GOOD), WISH, offer) is not None
    assert from_reply(f"```json\n{json.dumps(GOOD)}\n```", WISH, offer) is not None
    for change in ({"name": "Nuclear whale", "description": "Sings songs at sea all night."}, {"category": "x"}):
        assert from_reply(json.dumps({**GOOD, **change}), WISH, offer) is None
    for text in ("[1]", "null", "[" * 9000, "\x00"):
        assert from_reply(text, WISH, offer) is None
    assert set(schema(offer)["required"]) == set(GOOD)
