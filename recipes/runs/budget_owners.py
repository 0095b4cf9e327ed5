"""What budgets limit: what it is called, and what it took so far by its runs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from agents.models import Agent
from recipes.models import Execution, ExecutionStep, Recipe
from workspaces.models import ModelUsage, Workspace


class WorkspaceOwner:
    """The workspace as a whole, its calls outside of runs included."""

    def names(self, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Its name."""
        if workspace_id not in ids:
            return {}
        return dict(Workspace.objects.filter(pk=workspace_id).values_list("pk", "name"))

    def all(self, workspace_id: UUID, most: int) -> Sequence[tuple[UUID, str]]:
        """There is the one."""
        return []

    def spent(self, workspace_id: UUID, key: UUID, since: datetime | None) -> Decimal:
        """What its runs took that began since then, and its other calls."""
        others = ModelUsage.objects.filter(workspace_id=workspace_id)
        others = others.filter(day__gte=since.date()) if since else others
        return _cost(_since(Execution.objects.filter(workspace_id=workspace_id), "created_at", since)) + _cost(others)


class RecipeOwner:
    """One recipe."""

    def names(self, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Names of recipes that are not deleted."""
        rows = Recipe.objects.visible().filter(workspace_id=workspace_id, pk__in=ids)
        return dict(rows.values_list("pk", "name"))

    def all(self, workspace_id: UUID, most: int) -> Sequence[tuple[UUID, str]]:
        """By name."""
        rows = Recipe.objects.visible().filter(workspace_id=workspace_id)
        return list(rows.order_by("name", "pk").values_list("pk", "name")[:most])

    def spent(self, workspace_id: UUID, key: UUID, since: datetime | None) -> Decimal:
        """What its runs took that began since then."""
        rows = Execution.objects.filter(workspace_id=workspace_id, recipe_id=key)
        return _cost(_since(rows, "created_at", since))


class AgentOwner:
    """One agent."""

    def names(self, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Names of agents that are not deleted."""
        rows = Agent.objects.visible().filter(workspace_id=workspace_id, pk__in=ids)
        return dict(rows.values_list("pk", "name"))

    def all(self, workspace_id: UUID, most: int) -> Sequence[tuple[UUID, str]]:
        """By name."""
        rows = Agent.objects.visible().filter(workspace_id=workspace_id)
        return list(rows.order_by("name", "pk").values_list("pk", "name")[:most])

    def spent(self, workspace_id: UUID, key: UUID, since: datetime | None) -> Decimal:
        """What the steps took that it began since then."""
        rows = ExecutionStep.objects.filter(workspace_id=workspace_id, agent_id=key)
        return _cost(_since(rows, "started_at", since))


class RunOwner:
    """One run."""

    def names(self, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The recipe's name and the run's short one."""
        rows = Execution.objects.filter(workspace_id=workspace_id, pk__in=ids).only("recipe_name")
        return {row.pk: str(row) for row in rows}

    def all(self, workspace_id: UUID, most: int) -> Sequence[tuple[UUID, str]]:
        """A run gets its budget over the API."""
        return []

    def spent(self, workspace_id: UUID, key: UUID, since: datetime | None) -> Decimal:
        """What it took."""
        return _cost(Execution.objects.filter(Q(pk=key) | Q(root_id=key), workspace_id=workspace_id))


def _since(rows: QuerySet[Any], column: str, since: datetime | None) -> QuerySet[Any]:
    return rows.filter(**{f"{column}__gte": since}) if since else rows


def _cost(rows: QuerySet[Any]) -> Decimal:
    found: Decimal | None = rows.order_by().aggregate(cost=Sum("cost"))["cost"]
    return found or Decimal(0)
