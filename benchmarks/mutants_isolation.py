"""Runs the mutants against the tests of isolation; see benchmarks/mutants.py."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from types import CodeType
from typing import Any, cast

import pytest
from pytest_django import Settings

from automatos.tests import isolation_checks, isolation_sockets
from automatos.tests.isolation_calls import CALLS
from benchmarks.mutants import EQUIVALENT, SEEN, Mutant, applied, chosen, living, mutants
from benchmarks.mutants_equivalent import EQUIVALENTS
from workspaces.credentials.types import seed_credential_types
from workspaces.models import Role
from workspaces.tests import matrix_filters
from workspaces.tests.matrix import World
from workspaces.tests.matrix_cases import everybody_at, here, strangers_at, unlike_without_policies
from workspaces.tests.matrix_doors import Door, operations, pages

FEW = 4
# Parts that were seen to find nothing wrong in the whole product.
SOUND: set["Part"] = set()


@dataclass(frozen=True)
class Part:
    """A part of a test of isolation: `run` notes in the world what is wrong. off: of a test without policies."""

    label: str
    run: Callable[[World], Any]
    off: bool = False


@dataclass(frozen=True)
class Place:
    """Something that is tried, in parts: the cheap and telling ones first. glance: enough to see what it runs."""

    parts: tuple[Part, ...]
    glance: Callable[[World], Any]


def background() -> Iterator[Place]:
    """Workers, tools, commands, sign-in."""
    for call in CALLS:
        alone = partial(isolation_checks.alone, call=call)
        yield Place((Part(call.label, alone),), alone)


def places() -> Iterator[Place]:
    """Everything the tests of isolation try."""
    yield from background()
    for socket in isolation_sockets.SOCKETS:
        everybody = partial(isolation_sockets.everybody_at, socket=socket)
        yield Place(tuple(Part(socket.label, everybody, off) for off in (True, False)), everybody)
    for door in [*operations(), *pages()]:
        unlike = partial(unlike_without_policies, door=door, without=matrix_filters.without_policies)
        yield Place(
            (
                Part(f"{door.label}, unlike without policies", unlike),
                Part(
                    f"{door.label}, strangers without policies", partial(strangers_at, door=door, ways=False), off=True
                ),
                Part(f"{door.label}, everybody", partial(everybody_at, door=door)),
            ),
            partial(glance, door=door),
        )


def glance(world: World, door: Door) -> None:
    """A few who ask there."""
    way_in = here(world, door) if door.role else {}
    clients = [world.members[Role.OWNER] if door.is_page else world.keys[Role.OWNER], world.outsider]
    if door.is_page and door.method == "GET":
        clients.append(world.members[Role.VIEWER])
    for client in clients:
        world.ask(client, door, world.ids, headers=way_in)


@pytest.mark.django_db
def test_mutants(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE_LIMIT = 0
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    seed_credential_types()
    world, all_of_them = World(), chosen()
    known = {mutant.name for mutant in mutants()}
    assert known >= set(EQUIVALENTS), f"There are no such mutants: {set(EQUIVALENTS) - known}"
    reached = walked(world, all_of_them)
    found: dict[str, str] = {}
    for mutant in all_of_them:
        if mutant.name in EQUIVALENTS:
            found[mutant.name] = EQUIVALENT
            print(f"equivalent, {EQUIVALENTS[mutant.name]}:", mutant)
            continue
        # Which functions use a constant is not known, but background work is cheap.
        through = reached[mutant.module, mutant.function] if mutant.code else list(background())
        by = found[mutant.name] = tried(world, mutant, through)
        print(f"caught by {by}:" if by else "not caught yet:", mutant, flush=True)
    Path(os.environ["MUTANTS_TOLD"]).write_text(json.dumps(found))


def walked(world: World, all_of_them: list[Mutant]) -> dict[tuple[str, str], list[Place]]:
    """What runs which functions: each function notes that it ran, and everything is glanced at once."""
    whole = {}
    for mutant in all_of_them:
        for function in living(mutant):
            if function not in whole:
                whole[function], function.__code__ = function.__code__, cast(CodeType, mutant.noting)
    found: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places():
        SEEN.clear()
        if wrong := failing(world, Part("", place.glance)):
            raise AssertionError(f"{place.parts[0].label} is wrong without a mutant: {wrong[:500]}")
        for name in SEEN:
            found[name].append(place)
    for function, code in whole.items():
        function.__code__ = code
    return found


def tried(world: World, mutant: Mutant, reached: list[Place]) -> str:
    """The first part that gives the mutant away; empty when none does."""
    with applied(mutant):
        found = next((part for part in in_order(reached) if failing(world, part)), None)
    if found and found not in SOUND:
        if wrong := failing(world, found):
            raise AssertionError(f"{found.label} is wrong without a mutant: {wrong[:500]}")
        SOUND.add(found)
    return found.label if found else ""


def in_order(reached: list[Place]) -> Iterator[Part]:
    """A few places whole, then everything's first part, then everything's second, and so on."""
    whole = reached[:FEW]
    for places_now in (whole, reached[FEW:]):
        for column in zip_longest(*(place.parts for place in places_now)):
            yield from filter(None, column)


def failing(world: World, part: Part) -> str:
    """What is wrong when this part is run; empty when nothing is."""
    with pytest.MonkeyPatch.context() as patch:
        if part.off:
            matrix_filters.drop_policies(patch)
        try:
            part.run(world)
        except Exception as error:
            return repr(error)
        finally:
            wrong = [*world.wrong, *world.leaks]
            world.wrong.clear()
            world.leaks.clear()
    return wrong[0] if wrong else ""
