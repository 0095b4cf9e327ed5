"""No body, whatever it holds and calls itself, makes any door fail: it is taken or refused, in words."""

import os

import pytest
from django.db import connection, transaction
from django.test import Client

from automatos.tests import hostile_bodies
from workspaces.models import Role
from workspaces.tests.matrix import World, filled, whole
from workspaces.tests.matrix_doors import Door, operations, pages

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]
PARTS = 4
# Each door meets every sixth body, the next door the next ones; with HOSTILE_BODIES=all each meets every one.
STEP = 1 if os.environ.get("HOSTILE_BODIES") == "all" else 6


def taking(doors: list[Door]) -> list[Door]:
    """Those that take a body."""
    return [door for door in doors if door.method in ("POST", "PUT", "PATCH")]


def broken(world: World, client: Client, place: int, door: Door) -> list[str]:
    """The bodies at which the door failed. place: its number among all."""
    path, body = filled(door, world.ids)
    found = []
    as_json = [] if door.is_page else hostile_bodies.of_json(body)
    for name, kind, data in [*as_json, *hostile_bodies.of_forms()][place % STEP :: STEP]:
        with transaction.atomic():
            world.prepare(door)
            response = whole(client.generic(door.method, path, data, content_type=kind))
            if response.status_code >= 500:
                found.append(f"{door.label}: {name}: {response.status_code}")
            connection.needs_rollback = False
            transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_no_hostile_body_makes_an_operation_fail(world: World, part: int) -> None:
    client = world.keys[Role.OWNER]
    client.raise_request_exception = False
    doors = taking(operations())[part::PARTS]
    assert [text for place, door in enumerate(doors) for text in broken(world, client, place, door)] == []


@pytest.mark.parametrize("part", range(PARTS))
def test_no_hostile_body_makes_a_page_fail(world: World, part: int) -> None:
    client = world.members[Role.OWNER]
    client.raise_request_exception = False
    doors = taking(pages())[part::PARTS]
    assert [text for place, door in enumerate(doors) for text in broken(world, client, place, door)] == []
