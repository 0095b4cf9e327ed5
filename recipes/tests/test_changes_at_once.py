"""Changes of different fields at the same moment: each is kept. Additions at the same moment: no limit is passed."""

import threading
from functools import partial
from typing import Any

import pytest
from django.db import connection

from automatos.testing import Stack
from automatos.tests.threads import together
from recipes.tests.chat_kit import Room
from recipes.tests.test_dashboard import browser_of
from workspaces.models import AuditEntry
from workspaces.tests.matrix_bodies import SMALL_API
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.slow


def both(room: Room, path: str, *bodies: dict[str, Any]) -> dict[str, Any]:
    """What stands there after these changes, sent at the same moment."""
    gate, answers = threading.Barrier(len(bodies)), list[int]()

    def change(body: dict[str, Any]) -> None:
        gate.wait()
        answers.append(Caller(room.key).patch(path, body)[0])
        connection.close()

    threads = [threading.Thread(target=change, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * len(bodies)
    found: dict[str, Any] = Caller(room.key).get(path)[1]
    return found


def test_two_fields_of_a_recipe_changed_at_once_are_both_kept(stack: Stack) -> None:
    room = Room(stack)
    path = f"/api/workflow-recipes/{room.cast.recipe('Cook').pk}"
    for number in range(8):
        name, description = f"Name {number}", f"About {number}"
        found = both(room, path, {"name": name}, {"description": description}, {"tags": [f"t{number}"]})
        assert (found["name"], found["description"], found["tags"]) == (name, description, [f"t{number}"])


def test_two_fields_of_an_agent_changed_at_once_are_both_kept(stack: Stack) -> None:
    room = Room(stack)
    path = f"/api/agents/{room.cast.agent.pk}"
    for number in range(8):
        name, description = f"Name {number}", f"About {number}"
        found = both(room, path, {"name": name}, {"description": description}, {"tags": [f"t{number}"]})
        assert (found["name"], found["description"], found["tags"]) == (name, description, [f"t{number}"])


def test_two_fields_of_what_belongs_to_a_recipe_changed_at_once_are_both_kept(stack: Stack) -> None:
    room = Room(stack)
    root = f"/api/workflow-recipes/{room.cast.recipe('Cook').pk}"
    pairs: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
        ("evaluation-sets", {"name": "Prices"}, {"name": "Tides"}, {"is_required": True}),
        ("triggers", {"name": "Shop"}, {"name": "Bank"}, {"is_paused": True}),
        ("schedules", {"cron": "0 9 * * *"}, {"name": "Daily"}, {"is_paused": True}),
    ]
    for under, body, first, second in pairs:
        for _ in range(8):
            made = Caller(room.key).post(f"{root}/{under}", body)[1]
            path = f"{root}/{under}/{made['id']}"
            found = both(room, path, first, second)
            assert {name: found[name] for name in (*first, *second)} == {**first, **second}
            Caller(room.key).delete(path)


def test_two_fields_of_what_belongs_to_a_workspace_changed_at_once_are_both_kept(stack: Stack) -> None:
    room = Room(stack)
    talk = {"agent_id": str(room.cast.agent.pk), "title": "Soup"}
    persona = {"name": "Kind", "category": "general", "system_prompt": "You are kind."}
    pairs: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
        ("/api/conversations", talk, {"title": "Stew"}, {"is_kept": False}),
        ("/api/personas", persona, {"name": "Brief"}, {"system_prompt": "You are brief."}),
        ("/api/openapi-tools", {"name": "shop", "document": SMALL_API}, {"name": "bank"}, {"is_enabled": False}),
        (
            "/api/mcp-servers",
            {"name": "shop", "url": "https://example.org/mcp"},
            {"name": "bank"},
            {"is_enabled": False},
        ),
    ]
    for root, body, first, second in pairs:
        for _ in range(8):
            made = Caller(room.key).post(root, body)[1]
            found = both(room, f"{root}/{made['id']}", first, second)
            assert {name: found[name] for name in (*first, *second)} == {**first, **second}
            Caller(room.key).delete(f"{root}/{made['id']}")


def test_of_two_who_delete_a_conversation_at_once_one_is_told_that_it_is_gone(stack: Stack) -> None:
    room = Room(stack)
    for number in range(1, 9):
        talk = {"agent_id": str(room.cast.agent.pk), "title": "Soup"}
        path = f"/api/conversations/{Caller(room.key).post('/api/conversations', talk)[1]['id']}"
        answers = together(*[partial(Caller(room.key).delete, path)] * 2)
        assert sorted(status for status, _ in answers) == [204, 404]
        assert (
            AuditEntry.objects.filter(workspace_id=room.cast.workspace.pk, action="conversation.deleted").count()
            == number
        )


LIMITS = {
    "evaluation-sets": ("recipes.evaluations.set_services.MOST", {"name": "Prices"}, "evaluation-sets"),
    "triggers": ("recipes.triggers.trigger_services.MOST", {"name": "Shop"}, "triggers"),
    "schedules": ("recipes.triggers.schedule_services.MOST", {"cron": "0 9 * * *"}, "schedules"),
    "lessons": ("recipes.lessons.services.MOST", {"text": "Write briefly."}, "lessons"),
    "workflows": ("recipes.workflows.services.MOST_WORKFLOWS", {"goal": "Tell it."}, "/api/workflows"),
    "APIs": ("tools.openapi.services.MOST_SERVICES", {"document": SMALL_API}, "/api/openapi-tools"),
    "servers": ("tools.mcp.services.MOST_SERVICES", {"url": "https://example.org/mcp"}, "/api/mcp-servers"),
    "invitations": ("workspaces.members.invitation_services.MOST_OPEN", {"role": "viewer"}, "invitations"),
}


@pytest.mark.parametrize("what", LIMITS)
def test_many_added_at_once_do_not_pass_a_limit(stack: Stack, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    room, (limit, body, under) = Room(stack), LIMITS[what]
    monkeypatch.setattr(limit, 3)
    root = f"/api/workflow-recipes/{room.cast.recipe('Cook').pk}/{under}"
    if what == "invitations":
        root = f"/api/workspaces/{room.cast.workspace.pk}/invitations"
    elif under.startswith("/"):
        root = under
    gate, answers = threading.Barrier(8), list[int]()

    def add(number: int) -> None:
        named = {"APIs": "name", "servers": "name", "invitations": "email"}.get(what)
        own = {} if named is None else {named: f"n{number}@example.org" if named == "email" else f"n{number}"}
        gate.wait()
        answers.append(Caller(room.key).post(root, {**body, **own})[0])
        connection.close()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[:3] == [201] * 3
    assert set(sorted(answers)[3:]) <= {400, 409}, answers


def test_what_is_brought_back_finds_room_or_stays_away(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(stack)
    caller, browser = Caller(room.key), browser_of(room.cast.owner)
    own = f"/w/{room.cast.workspace.slug}"
    for what, root, back in (
        ("lessons", f"/api/workflow-recipes/{room.cast.recipe('Cook').pk}/lessons", ""),
        ("workflows", "/api/workflows", f"{own}/workflows"),
    ):
        limit, body, _ = LIMITS[what]
        monkeypatch.setattr(limit, 1)
        first = caller.post(root, body)[1]["id"]
        assert caller.delete(f"{root}/{first}")[0] == 204
        second = caller.post(root, body)[1]["id"]

        def restored(first: str = first, root: str = root, back: str = back) -> int:
            if back:
                return browser.post(f"{back}/{first}/restore/").status_code
            return caller.post(f"{root}/{first}/restore")[0]

        assert restored() in {400, 409}
        assert caller.delete(f"{root}/{second}")[0] == 204
        assert restored() in {200, 302}
