"""A plugin from nothing, in a real browser: found, read, enabled, at work, its update declined, blocked in a run."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from marketplace.models import PluginVersion
from marketplace.moderation import services as desk
from recipes.tests.kit import ended, final_output, wait_for
from recipes.tests.test_plugins_at_work import COMMAND, SKILL, Shop, approved, call

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]
PATIENT = 45_000
ASKING = {"PreToolUse": [{"matcher": "Write", "hooks": [{"type": "ask", "text": "Is the name right?"}]}]}
FILES = {
    "skills/notes/SKILL.md": SKILL,
    "commands/retell.md": COMMAND,
    "hooks/hooks.json": json.dumps({"hooks": ASKING}),
}
MORE = {**ASKING, "Stop": [{"hooks": [{"type": "http", "url": "https://hooks.example.org/stop"}]}]}


def apart(work: Any) -> Any:
    """Done in another thread: Playwright keeps an event loop in this one."""

    def inside() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(inside).result()


class Story:
    """One workspace, its browser, and the plugin that is nobody's yet."""

    def __init__(self, stack: Stack, people: People) -> None:
        stack.models.clear()
        self.stack, self.name = stack, f"teller-{uuid4().hex[:6]}"
        self.shop = Shop()
        self.version: PluginVersion = apart(lambda: approved(self.name, FILES, f"Tells {self.name}."))
        self.visitor: Visitor = people.as_user(self.shop.owner)
        self.root = f"/w/{self.shop.workspace.slug}/"
        self.page_of = f"{self.root}marketplace/plugins/{self.name}/"

    def enabled(self) -> Page:
        page = self.visitor.open(f"{self.root}marketplace/")
        page.get_by_label("Search the marketplace").fill(self.name)
        page.get_by_role("link", name=self.name).first.click()
        page.get_by_role("link", name="SKILL.md").first.click()
        expect(page.get_by_role("region", name="Text of skills/notes/SKILL.md")).to_contain_text("group by reader")
        expect(page.get_by_text("has a person decide")).to_be_visible()
        page.locator(".pickagent").first.click()
        page.get_by_role("button", name="Enable it").click()
        expect(page.get_by_text("is enabled. 1 agent has it.")).to_be_visible()
        return page


@pytest.fixture
def story(stack: Stack, people: People) -> Story:
    return Story(stack, people)


def test_a_plugin_is_found_read_enabled_called_and_asks(story: Story) -> None:
    page = story.enabled()
    story.visitor.check(story.page_of)
    story.shop.agent.tool_ids = ["file_write"]
    story.shop.agent.save()
    turns = [
        call("plugin_skill", name=f"{story.name}/notes"),
        call("retell", 2, argument_1="kids"),
        call("file_write", 3, name="a.txt", content="x"),
        {"reply": "Written and told."},
    ]
    story.stack.models.conversation("the tale", *turns)
    run = story.shop.cook(story.shop.recipe("the tale"))
    page.goto(f"{story.stack.url}{story.root}runs/{run.pk}/")
    expect(page.get_by_text("Is the name right?").last).to_be_visible(timeout=PATIENT)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#out")).to_have_text("Written and told.", timeout=PATIENT)
    for word in ("plugin_skill", "retell", f"hook {story.name}", "plugin texts"):
        expect(page.get_by_text(word).first).to_be_visible()
    page.goto(f"{story.stack.url}{story.root}agents/{story.shop.agent.slug}/playground/")
    message = page.get_by_label("Message", exact=True)
    message.press_sequentially("/re")
    expect(page.get_by_role("option", name="/retell")).to_be_visible()
    message.press("Enter")
    expect(message).to_have_value("/retell ")
    assert not story.visitor.console


def test_a_changed_permission_is_declined_and_a_block_ends_its_use(story: Story) -> None:
    page = story.enabled()
    files = {**FILES, "hooks/hooks.json": json.dumps({"hooks": MORE})}
    apart(lambda: approved(story.name, files, f"Tells {story.name}.", "1.1.0"))
    page.goto(f"{story.stack.url}{story.root}")
    page.get_by_role("link", name=story.name).first.click()
    expect(page.get_by_text("hooks.example.org").first).to_be_visible()
    page.get_by_role("button", name="Put off, stay on 1.0.0").click()
    expect(page.get_by_text("The update to 1.1.0 is put off.")).to_be_visible()
    turns = [call("plugin_skill", name=f"{story.name}/notes"), call("retell", 2), {"reply": "Without it."}]
    held = story.stack.models.hold("long work", round=1, times=1, **turns[1])
    story.stack.models.conversation("long work", *turns)
    run = story.shop.cook(story.shop.recipe("long work"))
    wait_for(lambda: any("long work" in one.prompt and one.round == 1 for one in story.stack.models.requests))
    apart(lambda: desk.block(version_id=story.version.pk, moderator=None, reason="It sends secrets away."))
    held.release()
    assert final_output(ended(run)) == "Without it."
    page.goto(f"{story.stack.url}{story.root}runs/{run.pk}/")
    expect(page.get_by_text("was taken away meanwhile").first).to_be_attached(timeout=PATIENT)
    page.goto(f"{story.stack.url}{story.page_of}")
    expect(page.get_by_text("It sends secrets away.").first).to_be_visible()
    page.goto(f"{story.stack.url}{story.root}")
    expect(page.get_by_text("was blocked").first).to_be_visible()
