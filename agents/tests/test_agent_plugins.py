"""Agents have plugins that their workspace enabled: at the API, on their page, in the wizard, and in their copies."""

from typing import Any
from uuid import uuid4

import pytest

from marketplace.models import AssignedPlugin
from marketplace.tests.desk_kit import Desk, package, signed_in
from workspaces.models import Role

pytestmark = pytest.mark.django_db
Json = dict[str, Any]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def enabled(desk: Desk, name: str) -> str:
    """The id of a plugin that was enabled."""
    body = desk.approved(package(f"{name}-{uuid4().hex[:6]}"))
    path = f"/api/workspaces/{desk.workspace.pk}/plugins"
    assert desk.admin.post(path, {"plugin_id": body["plugin_id"]})[0] == 201
    return str(body["plugin_id"])


def test_put_replaces_all_and_names_what_is_not_enabled(desk: Desk) -> None:
    first, second = enabled(desk, "first"), enabled(desk, "second")
    path = f"/api/agents/{desk.agent()['id']}/plugins"
    status, found = desk.editor.put(path, {"plugin_ids": [second, first, second]})
    assert (status, [row["plugin_id"] for row in found["items"]]) == (200, [second, first])
    row = found["items"][0]
    assert (row["version"], row["status"], row["contents"]["skills"], row["is_signed"]) == (
        "1.0.0",
        "approved",
        1,
        False,
    )
    assert desk.viewer.get(path) == (200, found)
    strangers = [str(uuid4()), str(desk.approved(package())["plugin_id"])]
    status, refused = desk.editor.put(path, {"plugin_ids": [first, *strangers]})
    assert status == 400
    assert all(any(one in text for text in refused["error"]["fields"]["plugin_ids"]) for one in strangers)
    assert desk.viewer.get(path)[1]["total"] == 2
    assert desk.viewer.put(path, {"plugin_ids": []})[0] == 403
    assert desk.outsider.put(path, {"plugin_ids": []})[0] == 404
    assert desk.editor.put(path, {"plugin_ids": []}) == (200, {"items": [], "total": 0})


def test_an_agent_is_made_changed_and_listed_with_plugins(desk: Desk) -> None:
    plugin = enabled(desk, "made")
    agent = desk.agent(plugin_ids=[plugin])
    assert agent["plugin_ids"] == [plugin]
    path = f"/api/agents/{agent['id']}"
    assert desk.editor.patch(path, {"description": "Other."})[1]["plugin_ids"] == [plugin]
    rows = desk.viewer.get("/api/agents")[1]["items"]
    assert next(row for row in rows if row["id"] == agent["id"])["plugin_ids"] == [plugin]
    assert desk.editor.patch(path, {"plugin_ids": []})[1]["plugin_ids"] == []
    status, refused = desk.editor.post("/api/agents", {"name": "New", "plugin_ids": [str(uuid4())]})
    assert (status, list(refused["error"]["fields"])) == (400, ["plugin_ids"])
    assert not AssignedPlugin.objects.filter(workspace=desk.workspace).exists()


def test_copies_and_exports_carry_plugins_and_say_which_are_missing(desk: Desk) -> None:
    plugin = enabled(desk, "carried")
    agent = desk.agent(plugin_ids=[plugin])
    status, copy = desk.editor.post(f"/api/agents/{agent['id']}/duplicate")
    assert (status, copy["plugin_ids"]) == (201, [plugin])
    status, document = desk.viewer.get(f"/api/agents/{agent['id']}/export")
    assert status == 200
    assert document["plugins"][0]["id"] == plugin
    other = Desk()
    status, refused = other.editor.post("/api/agents/import", {"document": document})
    assert status == 400
    assert "plugins" in refused["error"]["fields"]
    status, made = other.editor.post("/api/agents/import", {"document": document, "leave_out_missing": True})
    assert (status, made["plugin_ids"]) == (201, [])


def test_the_agents_page_adds_moves_and_removes(desk: Desk) -> None:
    first, second = enabled(desk, "upper"), enabled(desk, "lower")
    agent = desk.agent()
    editor = signed_in(desk.people[Role.EDITOR])
    page = f"/w/{desk.workspace.slug}/agents/{agent['slug']}/plugins/"
    for order in (f"add:{first}", f"add:{second}", f"up:{second}"):
        version = desk.viewer.get(f"/api/agents/{agent['id']}")[1]["version"]
        assert editor.post(page, {"do": order, "version": version}).status_code == 302
    ids = desk.viewer.get(f"/api/agents/{agent['id']}")[1]["plugin_ids"]
    assert ids == [second, first]
    html = editor.get(page).content.decode()
    assert "Version 1.0.0, not signed, 1 skills" in html
    assert signed_in(desk.people[Role.VIEWER]).post(page, {"do": f"remove:{first}"}).status_code == 403


def test_the_wizard_gives_plugins(desk: Desk) -> None:
    plugin = enabled(desk, "wizard")
    editor = signed_in(desk.people[Role.EDITOR])
    root = f"/w/{desk.workspace.slug}/agents/"
    started = editor.post(f"{root}new/")
    assert started.status_code == 302, started.content[:300]
    base = started.headers["Location"].removesuffix("/config/")
    assert editor.post(f"{base}/config/", {"name": "Nora", "category": "general", "do": "next"}).status_code == 303
    assert "wizard-" in editor.get(f"{base}/skills/").content.decode().lower()
    made = editor.post(f"{base}/skills/", {"plugins": [plugin, str(uuid4())], "do": "create"})
    assert made.status_code in (302, 303), made.content[:300]
    agent = next(row for row in desk.viewer.get("/api/agents")[1]["items"] if row["name"] == "Nora")
    assert agent["plugin_ids"] == [plugin]
