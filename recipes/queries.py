"""Reads: recipes, their runs, and what happened in them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from automatos.errors import NotFound
from automatos.events import iso
from recipes.models import Call, Event, Execution, ExecutionStep, Recipe, RecipeStep, RecipeVersion
from workspaces.models import Workspace


def recipes_of(workspace: Workspace) -> QuerySet[Recipe]:
    """The workspace's recipes with their steps and the steps' agents, by name."""
    steps = RecipeStep.objects.select_related("agent").order_by("order")
    return (
        Recipe.objects.visible()
        .filter(workspace=workspace)
        .prefetch_related(Prefetch("steps", steps))
        .order_by("name", "id")
    )


def recipe(*, workspace: Workspace, key: str | UUID) -> Recipe:
    """One recipe by its UUID or template_id; NotFound when it is unknown, deleted or another workspace's."""
    found = _by_key(recipes_of(workspace), key)
    if found is None:
        raise NotFound()
    return found


def _by_key(recipes: QuerySet[Recipe], key: str | UUID) -> Recipe | None:
    try:
        return recipes.filter(pk=key if isinstance(key, UUID) else UUID(key)).first()
    except ValueError:
        return recipes.filter(template_id=key).first()


def executions_of(workspace: Workspace) -> QuerySet[Execution]:
    """The workspace's runs of recipes, newest first; answers in conversations are not among them."""
    runs = Execution.objects.filter(workspace=workspace, conversation=None)
    return runs.order_by("-created_at", "-id")


def execution(*, workspace: Workspace, execution_id: UUID, recipe: Recipe | None = None) -> Execution:
    """One run with its steps and their calls; NotFound when it is unknown, or not of this workspace or recipe."""
    calls = Prefetch("calls", Call.objects.order_by("attempt", "sent_at", "path"))
    steps = Prefetch("steps", ExecutionStep.objects.order_by("order").prefetch_related(calls))
    runs = Execution.objects.filter(workspace=workspace, pk=execution_id).prefetch_related(steps)
    if recipe is not None:
        runs = runs.filter(recipe=recipe)
    found = runs.first()
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


def versions_of(recipe: Recipe) -> QuerySet[RecipeVersion]:
    """The recipe's versions with who made them, newest first."""
    return recipe.versions.select_related("created_by").order_by("-version")
