"""No body, whatever it holds and calls itself, makes any door fail: it is taken or refused, in words."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from automatos.tests import hostile_bodies
from workspaces.models import Role
from workspaces.tests.matrix import World, filled, whole
from workspaces.tests.matrix_doors import Door, operations, pages

FULL = os.environ.get("LOAD") == "full"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("quiet_database"),
    pytest.mark.chaos,
    pytest.mark.timeout(3600 if FULL else 400),
]
PARTS = 4
# Each door meets every sixth body, the next door the next ones; with LOAD=full, as `make chaos` has it, each every one.
STEP = 1 if FULL else 6


def taking(doors: list[Door]) -> list[Door]:
    """Those that take a body."""
    return [door for door in doors if door.method in ("POST", "PUT", "PATCH")]


@cache
def fields() -> dict[str, list[hostile_bodies.Place]]:
    """Where values stand in the body of each operation, as the OpenAPI document says."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found = {}
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            if hostile_bodies.JSON in content:
                schema = content[hostile_bodies.JSON]["schema"]
                found[operation["operationId"]] = list(places(document["components"]["schemas"], schema))
    return found


def places(known: Any, schema: Any, under: hostile_bodies.Place = ()) -> Iterator[hostile_bodies.Place]:
    """The places within what the schema describes, two names deep. known: schemas by name."""
    if parts := schema.get("allOf") or schema.get("oneOf"):
        schema = parts[0]
    if name := schema.get("$ref"):
        schema = known[name.rpartition("/")[2]]
    if "items" in schema:
        yield from places(known, schema["items"], (*under, 0))
    for field, inner in schema.get("properties", {}).items():
        yield (*under, field)
        if not any(isinstance(part, str) for part in under):
            yield from places(known, inner, (*under, field))


def broken(world: World, client: Client, place: int, door: Door) -> list[str]:
    """The bodies at which the door failed. place: its number among all."""
    _, body = filled(door, world.ids)
    as_json = [] if door.is_page else hostile_bodies.of_json(body)
    return failing(world, client, door, [*as_json, *hostile_bodies.of_forms()][place % STEP :: STEP])


def failing(world: World, client: Client, door: Door, bodies: Iterable[tuple[str, str, bytes]]) -> list[str]:
    """Those of the bodies at which the door fails."""
    path, _ = filled(door, world.ids)
    found = []
    for name, kind, data in bodies:
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


@pytest.mark.parametrize("part", range(PARTS))
def test_no_number_that_no_float_holds_makes_an_operation_fail_in_any_field(world: World, part: int) -> None:
    client = world.keys[Role.OWNER]
    client.raise_request_exception = False
    names = [*hostile_bodies.VALUES] if STEP == 1 else ["many digits as text"]
    found = []
    for door in taking(operations())[part::PARTS]:
        _, body = filled(door, world.ids)
        for place in fields().get(door.name, ()):
            found += failing(world, client, door, hostile_bodies.of_place(body, place, names))
    assert found == []
