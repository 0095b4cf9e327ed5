"""Tools and skills of an agent over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from agents.tests.git_kit import GitServer
from agents.tests.skill_kit import Kitchen

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
