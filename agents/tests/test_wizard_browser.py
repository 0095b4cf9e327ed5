"""The wizard in a real browser: work that is never lost, with and without scripts, in both themes and widths."""

import time
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from agents.models import Agent, AgentDraft
from agents.personas.seeds import seed_personas
from automatos.testing import Stack
from automatos.tests.browser import People, Visitor, hold_script, no_console_messages

pytestmark = pytest.mark.browser
STEPS = ("config", "persona", "model", "tools", "skills")


class Desk:
    """Somebody with a workspace of their own, at the start of a new agent."""

    def __init__(self, people: People) -> None:
        seed_personas()
        self.owner: Visitor
        self.owner, self.workspace = people.owner(f"Ines {uuid4().hex[:6]}")
        self.new = f"/w/{self.workspace.slug}/agents/new/"

    def draft(self, script: bool = True) -> Page:
        """A blank draft's first step, in a new tab."""
        page = self.owner.open(self.new, script=script)
        page.get_by_role("button", name="Start blank").click()
        page.wait_for_url("**/config/")
        return page


@pytest.fixture
def desk(people: People) -> Desk:
    return Desk(people)


def name_it(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Description").fill("Sums up what customers say.")


def use_other_model(page: Page) -> None:
    page.get_by_role("radio", name="Another model").check()
    page.get_by_label("Model name").fill("openai:test-model")


def test_from_nothing_to_an_agent_and_its_page_takes_less_than_two_minutes(desk: Desk) -> None:
    began = time.monotonic()
    page = desk.draft()
    name_it(page, "Echo")
    expect(page.locator("#preview")).to_contain_text("Echo")
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("radio", name="Predefined").check()
    page.get_by_role("radio", name="Customer advocate").check()
    page.get_by_role("button", name="Continue to model").click()
    use_other_model(page)
    page.get_by_role("button", name="Continue to tools").click()
    page.get_by_role("checkbox", name="Calculator").check()
    page.get_by_role("button", name="Continue to plugins and skills").click()
    page.get_by_role("button", name="Create agent").click()
    expect(page.get_by_role("heading", name="Echo", level=1)).to_be_visible()
    assert time.monotonic() - began < 120
    agent = Agent.objects.get(workspace=desk.workspace)
    assert (agent.tool_ids, agent.persona and agent.persona.slug) == (["calculator"], "customer-advocate")
    no_console_messages(desk.owner.console)


def test_a_killed_tab_brings_the_same_values_back(desk: Desk) -> None:
    page = desk.draft()
    address = page.url
    with page.expect_response(lambda answer: "Sums+up" in (answer.request.post_data or "")):
        name_it(page, "Half a name")
    page.context.close()
    again = desk.owner.open(address)
    expect(again.get_by_label("Name", exact=True)).to_have_value("Half a name")
    again.get_by_label("Name", exact=True).fill("Left at once")
    again.goto(desk.new)
    for _ in range(300):
        if AgentDraft.objects.get(workspace=desk.workspace).values["name"] == "Left at once":
            break
        again.wait_for_timeout(100)
    again.go_back()
    expect(again.get_by_label("Name", exact=True)).to_have_value("Left at once")


def test_what_is_typed_before_the_script_has_come_is_kept(desk: Desk) -> None:
    page = desk.draft()
    page.wait_for_load_state("load")
    release = hold_script(page, "draft")
    page.reload(wait_until="commit")
    name_it(page, "Typed early")
    release()
    for _ in range(300):
        if AgentDraft.objects.get(workspace=desk.workspace).values["name"] == "Typed early":
            break
        page.wait_for_timeout(100)
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed early")


def test_the_page_says_when_it_cannot_save_and_saves_once_it_can(desk: Desk) -> None:
    page = desk.draft()
    # Without its script, which comes over the network too, the page could say nothing.
    page.wait_for_load_state("load")
    page.context.set_offline(True)
    name_it(page, "Offline")
    expect(page.locator("#saved")).to_contain_text("Not saved, retrying")
    page.get_by_role("button", name="Continue to persona").click()
    expect(page.locator(".toast")).to_contain_text("not saved yet")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Offline")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("Draft saved")
    assert AgentDraft.objects.get(workspace=desk.workspace).values["name"] == "Offline"


def test_it_works_without_scripts(desk: Desk) -> None:
    page = desk.draft(script=False)
    page.get_by_role("button", name="Model").click()
    page.get_by_role("radio", name="Another model").check()
    page.get_by_label("Model name").fill("openai:test-model")
    page.get_by_label("Max output tokens").fill("0")
    page.get_by_role("button", name="Continue to tools").click()
    expect(page.get_by_role("alert")).to_contain_text("Max output tokens")
    page.get_by_role("button", name="use 1").click()
    expect(page.get_by_label("Max output tokens")).to_have_value("1")
    page.get_by_role("button", name="Skills").click()
    page.get_by_role("button", name="Create agent").click()
    page.get_by_role("link", name="Config, Name").click()
    page.get_by_label("Name", exact=True).fill("Plain")
    page.get_by_role("button", name="Skills").click()
    page.get_by_role("button", name="Create agent").click()
    page.wait_for_url("**/agents/plain/")


def test_a_refused_step_moves_the_focus_to_its_summary_and_a_button_cures(desk: Desk) -> None:
    page = desk.draft()
    name_it(page, "Long")
    page.get_by_role("button", name="Model", exact=False).first.click()
    page.get_by_role("radio", name="Anthropic").check()
    page.get_by_role("radio", name="claude-haiku-4-5").check()
    expect(page.locator("#parameters")).to_contain_text("takes no such setting")
    page.get_by_label("Max output tokens").fill("200000")
    page.get_by_role("button", name="Continue to tools").click()
    expect(page.locator("#summary")).to_be_focused()
    page.get_by_role("button", name="use 64,000").click()
    expect(page.get_by_label("Max output tokens")).to_have_value("64000")
    page.get_by_role("button", name="Continue to tools").click()
    expect(page.get_by_role("heading", name="What may it use?")).to_be_visible()


def test_a_model_is_tried_in_the_background(desk: Desk, stack: Stack) -> None:
    mark = uuid4().hex[:8]
    stack.models.clear()
    stack.models.on(f"good-{mark}", reply="I am ready.")
    stack.models.on(f"bad-{mark}", status=401, error="Incorrect API key provided.")
    page = desk.draft()
    page.get_by_role("button", name="Model", exact=False).first.click()
    page.get_by_role("radio", name="Another model").check()
    for name, said in ((f"good-{mark}", "I am ready."), (f"bad-{mark}", "did not answer")):
        page.get_by_label("Model name").fill(f"openai:{name}")
        page.get_by_role("button", name="Test this model").click()
        expect(page.locator("#trial")).to_contain_text(said)
    page.reload()
    expect(page.locator("#trial")).to_contain_text("did not answer")


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_clean_in_both_themes_and_widths(desk: Desk, step: str) -> None:
    page = desk.draft()
    desk.owner.check(page.url.replace("/config/", f"/{step}/?check=1").replace(desk.owner.base_url, ""))


def test_the_start_is_clean_in_both_themes_and_widths(desk: Desk) -> None:
    desk.draft()
    desk.owner.check(desk.new)
