"""Agents that come with a plugin: made as drafts, asked by others once active, tainting, stopped by a block."""

from uuid import uuid4

import pytest

from agents.models import Agent
from automatos.testing import Stack
from marketplace.moderation import services as desk
from marketplace.tests.desk_kit import signed_in
from recipes.tests.kit import ended, final_output
from recipes.tests.test_plugins_at_work import Shop, call, slug, waits
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.slow
REVIEWER = (
    "---\nname: code-reviewer\ndescription: Reads code.\nmodel: sonnet\n"
    "tools: Read, Grep, Write, Bash(git:*), WebSearch, mcp__jira__find, Teleport\n---\nYou review with care."
)


FILES = {"agents/code-reviewer.md": REVIEWER, "agents/deep/any.md": "---\nname: any\n---\nAny."}


class Room(Shop):
    """A workspace with one plugin that brings agents."""

    def __init__(self) -> None:
        super().__init__()
        self.name = slug()
        self.version = self.plugin(self.name, FILES)
        self.api = Caller(key_of(self.workspace, self.owner, "owner"))
        self.path = f"/api/workspaces/{self.workspace.pk}/plugins/{self.version.plugin_id}/agents"


def test_an_agent_of_a_plugin_is_made_as_a_draft(stack: Stack) -> None:
    room = Room()
    status, listed = room.api.get(room.path)
    assert (status, [row["name"] for row in listed["items"]]) == (200, ["code-reviewer", "any"])
    mapped = listed["items"][0]["mapped"]
    assert mapped["tools"] == ["file_read", "file_list", "file_write"]
    told = " ".join(mapped["notes"])
    assert all(word in told for word in ("Bash starts programs", "mcp__jira__find", "WebSearch", "Teleport", "sonnet"))
    assert listed["items"][1]["mapped"]["tools"] == ["file_list", "file_read", "web_fetch"]
    assert room.api.post(room.path, {"name": "nobody"})[0] == 404
    viewer = Caller(key_of(room.workspace, room.owner, "viewer"))
    assert viewer.post(room.path, {"name": "any"})[0] == 403
    page, root = signed_in(room.owner), f"/w/{room.workspace.slug}/"
    answer = page.post(f"{root}marketplace/plugins/{room.name}/agents/install/", {"name": "code-reviewer"})
    assert (answer.status_code, answer["Location"]) == (302, f"{root}agents/code-reviewer/")
    made = Agent.objects.get(workspace=room.workspace, slug="code-reviewer")
    assert (made.status, made.persona.system_prompt if made.persona else "") == ("draft", "You review with care.")
    assert b"Made from it" in page.get(f"{root}marketplace/plugins/{room.name}/").content


def test_an_agent_of_a_plugin_is_asked_taints_and_is_stopped(stack: Stack) -> None:
    stack.models.clear()
    room = Room()
    status, made = room.api.post(room.path, {"name": "code-reviewer"})
    assert status == 201, made
    agent = f"/api/agents/{made['agent_id']}"
    for word in ("inactive", "active"):
        assert room.api.post(f"{agent}/status", {"status": word})[0] == 200
    # Its words are the author's, also where it has no plugin any more.
    model = {"provider": "openai", "model_id": "test-model"}
    assert room.api.patch(agent, {"plugin_ids": [], "agent_model_config": model})[0] == 200
    room.equip(tools=("ask_agent",))
    work = f"the code {uuid4().hex[:6]}"
    turns = [call("ask_agent", agent="code-reviewer", task="Look at x."), {"reply": "It was read."}]
    stack.models.conversation(work, *turns)
    stack.models.conversation("Look at x.", call("file_write", 2, name="a.txt", content="x"), {"reply": "Fine."})
    run = room.cook(room.recipe(work))
    asked = waits(run)
    assert (asked.tool, asked.origins) == ("file_write", [f"plugin {room.name} 1.0.0"])
    assert room.api.post(f"/api/approvals/{asked.pk}/approve")[0] == 200
    assert final_output(ended(run)) == "It was read."
    assert "You review with care." in next(one.system for one in stack.models.requests if "Look at x." in one.prompt)
    desk.block(version_id=room.version.pk, moderator=None, reason="It reads what it should not.")
    room.agent = Agent.objects.get(pk=made["agent_id"])
    over = ended(room.cook(room.recipe("more code")))
    assert over.status == "failed"
    assert f"made from the plugin {room.name} 1.0.0, which was blocked" in str(over.error)
    assert room.api.post(room.path, {"name": "any"})[0] == 404
