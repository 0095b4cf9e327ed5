"""Changes of different fields at the same moment: each is kept."""

import threading
from typing import Any

import pytest
from django.db import connection

from automatos.testing import Stack
from recipes.tests.chat_kit import Room
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
