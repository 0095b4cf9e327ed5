"""Reads: runs, and what happened in them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from automatos.errors import NotFound
from automatos.events import iso
from recipes.models import Call, Event, Execution, ExecutionStep, Recipe
from recipes.models.totals import with_inside
from workspaces.models import Workspace

# Digits of a step's number that the database takes.
LONGEST_NUMBER = 10


def executions_of(workspace: Workspace) -> QuerySet[Execution]:
    """The workspace's runs of recipes, newest first; neither answers in conversations nor runs inside of runs."""
    runs = Execution.objects.filter(workspace=workspace, conversation=None, parent_step=None, deleted_at=None)
    return with_inside(runs.order_by("-created_at", "-id"))


def execution(*, workspace: Workspace, execution_id: UUID, recipe: Recipe | None = None) -> Execution:
    """One run with its steps and their calls; NotFound when it is unknown, or not of this workspace or recipe."""
    runs = Execution.objects.select_related("parent_step").prefetch_related(Prefetch("steps", _steps()))
    return _found(runs, workspace, execution_id, recipe)


def step_at(run: Execution, place: str) -> ExecutionStep:
    """The run's step with this number, else at this path, with its calls; NotFound when there is none."""
    named = Q(path=place) | Q(path=None, step_id=place)
    if place.isascii() and place.isdecimal() and len(place) < LONGEST_NUMBER and str(int(place)) == place:
        named |= Q(order=int(place))
    found = list(_steps().filter(named, execution=run))
    if not found:
        raise NotFound()
    return min(found, key=lambda step: place != str(step.order))


def _steps() -> QuerySet[ExecutionStep]:
    calls = Prefetch("calls", Call.objects.order_by("attempt", "sent_at", "path"))
    rows = ExecutionStep.objects.defer("opening", "prompt_template", "scope", "state")
    return rows.order_by("order").prefetch_related(calls, "attempts")


def bare_execution(*, workspace: Workspace, execution_id: UUID, recipe: Recipe | None = None) -> Execution:
    """The same without its steps, for whoever changes it."""
    return _found(Execution.objects.all(), workspace, execution_id, recipe)


def _found(runs: QuerySet[Execution], workspace: Workspace, execution_id: UUID, recipe: Recipe | None) -> Execution:
    runs = runs.filter(workspace=workspace, pk=execution_id, deleted_at=None)
    found = (runs if recipe is None else runs.filter(recipe=recipe)).first()
    if found is None:
        raise NotFound()
    return found


def answer_at(*, workspace: Workspace, key: str) -> Execution:
    """An answer of a conversation; NotFound when it is unknown, a recipe's run, or another workspace's."""
    try:
        found = Execution.objects.filter(workspace=workspace, pk=UUID(key), conversation__isnull=False).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found


def event_body(event: Event) -> dict[str, Any]:
    """A durable event as clients receive it; `step` only where the event belongs to one."""
    body: dict[str, Any] = {
        "seq": event.seq,
        "type": event.type,
        "at": iso(event.at),
        "execution_id": str(event.execution_id),
    }
    if event.step is not None:
        body["step"] = event.step
    return {**body, "data": event.data}


def events_after(execution_id: UUID, after: int, *, limit: int = 1000) -> Sequence[dict[str, Any]]:
    """The run's durable events numbered above `after`, in order, at most `limit`."""
    rows = Event.objects.filter(execution_id=execution_id, seq__gt=after).order_by("seq")[:limit]
    return [event_body(event) for event in rows]
