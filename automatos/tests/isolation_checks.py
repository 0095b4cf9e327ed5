"""Calls each piece of background work with anybody's ids, and sees what it tells and what it changes."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction

from automatos.errors import AppError
from automatos.tests.app_role import app_role
from automatos.tests.isolation_calls import Call
from tools.contract import ToolProblem
from workspaces.tests.matrix import NEW_EACH_TIME, Ids, World, mixed
from workspaces.tests.matrix_filters import without_policies
from workspaces.tests.matrix_rows import Company
from workspaces.tests.matrix_state import state_of

# What a refusal may look like.
REFUSALS = (AppError, ToolProblem, ObjectDoesNotExist, DatabaseError)
ROW_NUMBER = re.compile(r'(?<="id": )\d+')
Outcome = tuple[str, list[str]]


def alone(world: World, call: Call) -> None:
    """Our own rows are worked on, the same way with and without policies; theirs are as good as none."""
    outcomes = [outcome(world, call, world.ids, wall) for wall in (nullcontext, without_policies)]
    if outcomes[0] != outcomes[1]:
        world.wrong.append(f"{call.label} is not the same without policies: {apart(*outcomes)}")
    for name in call.names:
        for wall in (nullcontext, without_policies):
            theirs, none = (
                outcome(world, call, mixed(world.ids, other, [(name, column) for column in columns(other, name)]), wall)
                for other in (world.foreign, world.unknown)
            )
            if theirs != none:
                world.wrong.append(f"{call.label} with their {name}: {apart(theirs, none)}")


def columns(ids: Ids, name: str) -> Iterator[str]:
    """The columns by which a row of this model is named."""
    yield from (column for model, column in ids if model == name)


def outcome(world: World, call: Call, ids: Ids, wall: Callable[[], AbstractContextManager[None]]) -> Outcome:
    """What it told and what the rows are after it, without what is new each time; everything is taken back."""
    world.requests += 1
    with transaction.atomic():
        for company in (world.ours, world.theirs):
            prepare(company, call)
        before = state_of([world.theirs.workspace])
        with wall():
            told = answer(world, call, ids)
        if not call.everywhere and before != state_of([world.theirs.workspace]):
            world.leaks.append(f"{call.label} changed rows of another workspace")
        after = state_of([world.ours.workspace, world.theirs.workspace])
        transaction.set_rollback(True)
    if world.theirs.marker.lower() in told.lower():
        world.leaks.append(f"{call.label} tells of another workspace: {told[:200]}")
    return without_new(told), sorted(without_new(row) for _, row in after)


def without_new(text: str) -> str:
    """The text without ids, times and numbers of rows."""
    return ROW_NUMBER.sub("", NEW_EACH_TIME.sub(b"<new>", text.encode()).decode())


def prepare(company: Company, call: Call) -> None:
    """Set what the work looks for."""
    for name, values in call.rows.items():
        row = company.rows[name]
        type(row)._base_manager.filter(pk=row.pk).update(**values)


def answer(world: World, call: Call, ids: Ids) -> str:
    """What it returns, or how it refuses. The ids asked for are left out."""
    try:
        with transaction.atomic(), app_role():
            told: Any = call.run(world, ids)
    except REFUSALS as refusal:
        told = refusal
    finally:
        connection.needs_rollback = False
    text = repr(told)
    for known in sorted(set(ids.values()), key=len, reverse=True):
        text = text.replace(known, "<id>")
    return text


def apart(first: Outcome, second: Outcome) -> str:
    """Where two outcomes part."""
    if first[0] != second[0]:
        return f"{first[0][:300]} / {second[0][:300]}"
    one, two = set(first[1]), set(second[1])
    return f"{sorted(one - two)[:1]!s:.400} / {sorted(two - one)[:1]!s:.400}"
