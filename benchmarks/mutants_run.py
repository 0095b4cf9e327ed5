"""Runs the mutants against the tests of isolation; see benchmarks/mutants.py."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from types import CodeType
from typing import Any, cast

import pytest
from pytest_django import Settings

from automatos.tests import isolation_checks, isolation_sockets
from automatos.tests.isolation_calls import CALLS
from benchmarks.mutants import RELATIONS, SEEN, Mutant, living, mutants
from benchmarks.mutants_other import EQUIVALENT, caught_by_others
from workspaces.credential_types import seed_credential_types
from workspaces.models import Role, Workspace
from workspaces.tests import matrix_filters
from workspaces.tests.matrix import World
from workspaces.tests.matrix_cases import everybody_at, here, strangers_at, unlike_without_policies
from workspaces.tests.matrix_doors import Door, operations, pages


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


def places() -> Iterator[Place]:
    """Everything the tests of isolation try."""
    for call in CALLS:
        alone = partial(isolation_checks.alone, call=call)
        yield Place((Part(call.label, alone),), alone)
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
    unlike_without_policies(world, door, matrix_filters.without_policies)
    if door.role:
        for client in (world.members[Role.VIEWER], world.outsider):
            world.ask(client, door, world.ids, headers=here(world, door))


@pytest.mark.django_db
def test_mutants(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE_LIMIT = 0
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    seed_credential_types()
    relations = {relation.get_accessor_name() for relation in Workspace._meta.related_objects if not relation.hidden}
    assert relations == RELATIONS
    began, world = time.monotonic(), World()
    chosen = list(selected())
    reached = walked(world, chosen)
    caught, equivalent, survivors = 0, [], []
    for mutant in chosen:
        if mutant.name in EQUIVALENT:
            equivalent.append(mutant)
            continue
        by = tried(world, mutant, reached[mutant.module, mutant.function]) or caught_by_others(mutant)
        print(f"caught by {by}:" if by else "SURVIVED", mutant, flush=True)
        caught += bool(by)
        survivors += [] if by else [mutant]
    total = caught + len(survivors)
    print(f"\n{caught} of {total} caught ({100 * caught / max(total, 1):.1f} %), in {time.monotonic() - began:.0f} s")
    print(f"equivalent: {len(equivalent)}", *(f"{one}: {EQUIVALENT[one.name]}" for one in equivalent), sep="\n  ")
    print(f"survivors: {len(survivors)}", *survivors, sep="\n  ")


def selected() -> Iterator[Mutant]:
    """All of them, or those whose module or function MUTANTS names a part of."""
    part = os.environ.get("MUTANTS", "")
    yield from (mutant for mutant in mutants() if part in f"{mutant.module}.{mutant.function}")


def walked(world: World, chosen: list[Mutant]) -> dict[tuple[str, str], list[Place]]:
    """What runs which functions: each function notes that it ran, and everything is glanced at once."""
    whole = {}
    for mutant in chosen:
        if (function := living(mutant)) and function not in whole:
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
    function = living(mutant)
    if function is None or not reached:
        return ""
    whole, function.__code__ = function.__code__, cast(CodeType, mutant.code)
    # First everything's first part, then everything's second.
    parts = [part for column in zip_longest(*(place.parts for place in reached)) for part in column if part]
    try:
        return next((part.label for part in parts if failing(world, part)), "")
    finally:
        function.__code__ = whole


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
