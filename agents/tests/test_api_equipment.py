"""Tools and skills of an agent over HTTP."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.tests.git_kit import GitServer
from agents.tests.skill_kit import Kitchen
from tools import sources
from tools.builtin import BUILTIN
from tools.contract import Tool
from tools.sources import Found, ToolSource

pytestmark = pytest.mark.django_db


@pytest.fixture
def kitchen(server: GitServer, settings: Any) -> Kitchen:
    return Kitchen(server, settings)


def test_skills_keep_their_order_and_only_enabled_ones_are_taken(kitchen: Kitchen) -> None:
    pdf, letters = kitchen.choose(kitchen.add()["id"], "pdf", "letters")
    agent, editor = kitchen.company.agent(skill_ids=[pdf]), kitchen.company.editor
    path = f"/api/agents/{agent['id']}/skills"
    assert [row["slug"] for row in editor.put(path, {"skill_ids": [letters, pdf]})[1]["items"]] == ["letters", "pdf"]
    editor.patch(f"/api/skills/{pdf}", {"is_enabled": False})
    assert [row["slug"] for row in editor.get(path)[1]["items"]] == ["letters"]
    for wrong in (pdf, str(uuid4())):
        status, body = editor.put(path, {"skill_ids": [wrong]})
        assert status == 400
        assert str(wrong) in body["error"]["fields"]["skill_ids"][0]
    assert kitchen.company.viewer.put(path, {"skill_ids": []})[0] == 403


def test_an_unknown_tool_names_the_nearest(kitchen: Kitchen) -> None:
    editor = kitchen.company.editor
    status, body = editor.post("/api/agents", {"name": "A", "tool_ids": ["calculater"]})
    assert (status, "Did you mean calculator?" in body["error"]["fields"]["tool_ids"][0]) == (400, True)
    agent = kitchen.company.agent(tool_ids=["calculator"])
    path = f"/api/agents/{agent['id']}/tools"
    assert editor.put(path, {"tool_ids": ["file_read", "calculator"]})[1]["tool_ids"] == ["file_read", "calculator"]
    assert editor.get(f"/api/agents/{agent['id']}")[1]["tool_ids"] == ["file_read", "calculator"]


class Asked(ToolSource):
    """One tool, named by a table."""

    name = "asked"
    kept = "json_build_array(a.slug)"
    live = "(SELECT json_build_array(w.slug, '100%%') FROM workspaces w WHERE w.id = a.workspace_id)"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        calculator = BUILTIN["calculator"]
        return [replace(calculator, name=name, description="|".join(found.live)) for name in found.kept]


def test_tools_of_another_source_ride_in_the_same_statement(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = kitchen.company.agent(name="Ada", tool_ids=["calculator"])
    path = f"/api/agents/{agent['id']}"
    assert kitchen.company.viewer.get(f"{path}/tools")[1]["all_tools"] == ["calculator"]
    registry = {**sources.registry(), "asked": Asked()}
    with CaptureQueriesContext(connection) as before:
        kitchen.company.viewer.get(f"{path}/tools")
    monkeypatch.setattr(sources, "registry", lambda: registry)
    with CaptureQueriesContext(connection) as after:
        assert kitchen.company.viewer.get(f"{path}/tools")[1]["all_tools"] == ["calculator", "ada"]
    assert len(after) == len(before)
    told = kitchen.company.viewer.get(f"{path}/assembled-context")[1]["tools"]
    assert told[1]["description"] == f"{kitchen.company.workspace.slug}|100%"
