"""No address, whatever stands behind its question mark or in the place of a name, makes any door fail."""

import inspect
import os
import re
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator

from automatos.tests import hostile_bodies
from workspaces.models import Role
from workspaces.tests.matrix import World, filled, whole
from workspaces.tests.matrix_doors import Door, operations, pages, pages_outside

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_database"), pytest.mark.timeout(400)]
PARTS = 4
# Each name of a door meets a value, the next door's names the next ones. `make chaos` tries each name with each value.
ALL = pytest.param(
    True,
    marks=[
        pytest.mark.chaos,
        pytest.mark.timeout(3600),
        pytest.mark.skipif(os.environ.get("LOAD") != "full", reason="LOAD=full, as `make chaos` has it, runs it"),
    ],
)
VALUES = [
    "", "%00", "a%00b", "%ff%fe", "%ed%a0%80", "-1", "9" * 400, "1e999", "NaN", "99999999999999999999", "%F0%9F%98%80",
    "%E2%80%AE" * 50, "x" * 4000, "..%2f..%2fetc%2fpasswd", "0001-01-01", "9999-12-31", "2026-02-30", "%28" * 300,
    "00000000-0000-0000-0000-000000000000", "\u0661\u0662", "a&a=b&a", "1%27%22%29;--", "%7B%7B7*7%7D%7D", "[]", "+",
]  # fmt: skip
# What a name in a path may be; a slash would be another address.
IN_PATH = [
    "%00", "a%00b", "%ff", "9" * 400, "x" * 4000, "..", "-", "%E2%80%AE", "%F0%9F%98%80", "\u0661", "%28" * 50, "new",
]  # fmt: skip
READ = re.compile(r"(?:GET|query|asked|given|query_params)(?:\.get|\.getlist|\[)\(?\"(\w+)\"")


@cache
def asked_names() -> dict[str, list[str]]:
    """The names behind the question mark of each operation, as its document says."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {
        operation["operationId"]: [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        for methods in schema["paths"].values()
        for operation in methods.values()
    }


@cache
def names_in_room(file: str) -> list[str]:
    """The names that modules beside this one read from an address."""
    texts = [path.read_text() for path in Path(file).parent.glob("*.py")]
    return sorted({name for text in texts for name in READ.findall(text)} | {"page", "q", "before", "next"})


def names_of(door: Door, path: str) -> list[str]:
    if not door.is_page:
        return asked_names()[door.name]
    try:
        view: Any = inspect.unwrap(resolve(path).func)
    except Resolver404:
        return []
    return names_in_room(inspect.getsourcefile(getattr(view, "view_class", view)) or __file__)


def failed(client: Client, method: str, address: str, **options: Any) -> str:
    """What came of it, if it is a failure; whatever it changed is taken back."""
    with transaction.atomic():
        status = whole(client.generic(method, address, **options)).status_code
        connection.needs_rollback = False
        transaction.set_rollback(True)
    return f"{method} {address[:200]}: {status}" if status >= 500 else ""


def queries(door: Door, names: list[str], values: Iterator[str], every: bool) -> Iterator[str]:
    """What stands behind the question mark. An operation refuses the first thing it does not know, a page goes on."""
    if every or not door.is_page:
        for name in names:
            yield from (f"{name}={value}" for value in (VALUES if every else [next(values)]))
    yield "&".join(f"{name}={next(values)}" for name in names)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("every", [False, ALL])
def test_nothing_behind_the_question_mark_makes_a_door_fail(world: World, part: int, every: bool) -> None:
    doors = [door for door in [*operations(), *pages(), *pages_outside()] if door.method == "GET"]
    found, values, tried = [], cycle(VALUES), 0
    for door in doors[part::PARTS]:
        path, _ = filled(door, world.ids)
        client = (world.members if door.is_page else world.keys)[Role.OWNER]
        for query in queries(door, names_of(door, path), values, every):
            # That no worker is there, it says with 503.
            found.append(failed(client, "GET", f"{path}?{query}") if path != "/ready" else "")
            tried += 1
    assert tried >= len(doors) // PARTS
    assert [text for text in found if text] == []


def with_hostile(door: Door, parameter: str, value: str, world: World) -> str:
    """The door's address with the value in place of one name, and the workspace's own ids in the others."""
    path = door.path.replace(f"{{{parameter}}}", quote(value, safe="%"))
    for other in door.parameters:
        model, column = door.model_of(other)
        path = path.replace(f"{{{other}}}", world.ids[model, column] if model else column)
    return path


@pytest.mark.parametrize("every", [False, ALL])
def test_no_name_in_an_address_makes_a_door_fail(world: World, every: bool) -> None:
    found, values, tried = [], cycle(IN_PATH), 0
    for door in [*operations(), *pages()]:
        client = (world.members if door.is_page else world.keys)[Role.OWNER]
        # The workspace's own name is looked up in one place for all its pages.
        for parameter in [name for name in door.parameters if name != "workspace" or door.name == "dashboard"]:
            for value in IN_PATH if every else [next(values)]:
                found.append(failed(client, door.method, with_hostile(door, parameter, value, world)))
                tried += 1
    assert tried > 400
    assert [text for text in found if text] == []


@pytest.mark.parametrize("every", [False, ALL])
def test_no_hostile_form_makes_a_page_outside_of_workspaces_fail(world: World, every: bool) -> None:
    """Signing in and up, accounts, invitations, the admin site: as a stranger and as somebody signed in."""
    forms = [*hostile_bodies.of_forms()]
    paths = sorted({filled(door, world.ids)[0] for door in pages_outside() if not door.path.startswith("/static")})
    assert len(paths) > 30
    found, values = [], cycle(forms)
    for client in (Client(raise_request_exception=False), world.members[Role.OWNER]):
        for path in paths:
            for name, kind, data in forms if every else [next(values)]:
                if text := failed(client, "POST", path, data=data, content_type=kind):
                    found.append(f"{text} with {name}")
    assert found == []
