"""Runs the mutants against the doors of the product; see benchmarks/mutants.py."""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from pytest_django import Settings

from benchmarks.mutants import APPS, Mutant, living, mutants
from workspaces.credential_types import seed_credential_types
from workspaces.models import Role
from workspaces.tests import matrix_filters
from workspaces.tests.matrix import World, settled
from workspaces.tests.matrix_cases import here, strangers_at
from workspaces.tests.matrix_doors import Door, operations, pages

Answers = dict[str, tuple[int, bytes]]
Reached = dict[tuple[str, str], list[Door]]


@pytest.mark.django_db
def test_mutants(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE_LIMIT = 0
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    seed_credential_types()
    world = World()
    doors = [*operations(), *pages()]
    matrix_filters.drop_policies(monkeypatch)
    reached = walked(world, doors)
    answers = {door.label: owners_answer(world, door) for door in doors}
    world.wrong.clear()
    world.leaks.clear()
    caught, survivors, unreached = 0, [], []
    for mutant in chosen():
        through = reached.get((mutant.module, mutant.function), [])
        if living(mutant) is None or not through:
            unreached.append(mutant)
            continue
        found = tried(world, mutant, through, answers, monkeypatch)
        caught += found
        if not found:
            survivors.append(mutant)
        print("caught  " if found else "SURVIVED", mutant, f"({len(through)} doors)", flush=True)
    total = caught + len(survivors)
    print(f"\n{caught} of {total} caught ({100 * caught / max(total, 1):.1f} %)")
    print(f"{len(unreached)} in functions that no door of the matrix runs:", *unreached, sep="\n  ")
    print("Survivors:", *survivors, sep="\n  ")


def owners_answer(world: World, door: Door) -> tuple[int, bytes]:
    """What an owner is told there."""
    client = world.members[Role.OWNER] if door.is_page else world.keys[Role.OWNER]
    return settled(world.ask(client, door, world.ids, headers=here(world, door)))


def chosen() -> Iterator[Mutant]:
    """All of them, or those whose module or function MUTANTS names a part of."""
    part = os.environ.get("MUTANTS", "")
    yield from (mutant for mutant in mutants() if part in f"{mutant.module}.{mutant.function}")


def walked(world: World, doors: list[Door]) -> Reached:
    """Which doors run which functions of ours, found by trying each once."""
    found: Reached = defaultdict(list)
    for door in doors:
        seen: set[tuple[str, str]] = set()
        with noting(seen):
            strangers_at(world, door)
        if world.wrong or world.leaks:
            print("left out, as it is wrong without a mutant:", door.label, (world.wrong + world.leaks)[0][:300])
            world.wrong.clear()
            world.leaks.clear()
            continue
        for key in seen:
            found[key].append(door)
    return found


@contextmanager
def noting(seen: set[tuple[str, str]]) -> Iterator[None]:
    """Collects (module, function) of every call of ours."""

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.partition(".")[0] in APPS:
            seen.add((name, frame.f_code.co_qualname))

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


def tried(
    world: World,
    mutant: Mutant,
    doors: list[Door],
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> bool:
    """Whether any of the doors gives the mutant away."""
    function: Any = living(mutant)
    whole = function.__code__
    function.__code__ = mutant.code
    with monkeypatch.context() as patch:
        if mutant.kind == "scope":
            matrix_filters.with_policies(patch)
        try:
            return any(gives_away(world, door, answers) for door in sorted(doors, key=lambda door: door.is_page))
        finally:
            function.__code__ = whole


def gives_away(world: World, door: Door, answers: Answers) -> bool:
    """Whether something is wrong at this door, or its owner's answer is another one."""
    try:
        if owners_answer(world, door) != answers[door.label]:
            return True
        strangers_at(world, door)
    except Exception:
        return True
    finally:
        wrong = [*world.wrong, *world.leaks]
        world.wrong.clear()
        world.leaks.clear()
    return bool(wrong)
