"""Reads: what agents have done, counted from the steps of real runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, Max, Model, Q, QuerySet, Sum

from agents.models import Agent

STEPS = "execution_steps"
COMPLETED = Q(execution_steps__status="completed")
FAILED = Q(execution_steps__status="failed")


@dataclass(frozen=True, slots=True)
class Figures:
    """One agent's work so far. cost: US dollars; typical: the mean time of a completed step."""

    runs: int = 0
    completed: int = 0
    failed: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)
    typical: timedelta | None = None
    last_used_at: datetime | None = None

    @property
    def success(self) -> int | None:
        """Percent of its finished steps that were completed; None before the first."""
        finished = self.completed + self.failed
        return round(100 * self.completed / finished) if finished else None

    @property
    def typical_ms(self) -> float | None:
        """Milliseconds a completed step takes on average."""
        return self.typical.total_seconds() * 1000 if self.typical else None


def figures_of(agents: Sequence[Agent]) -> dict[UUID, Figures]:
    """What each of the agents has done, in one query."""
    took = F("execution_steps__completed_at") - F("execution_steps__started_at")
    rows = Agent.objects.filter(pk__in=[agent.pk for agent in agents]).order_by()
    counted = rows.annotate(
        n_runs=Count("execution_steps__execution", filter=Q(execution_steps__started_at__isnull=False), distinct=True),
        n_completed=Count(STEPS, filter=COMPLETED),
        n_failed=Count(STEPS, filter=FAILED),
        n_tokens=Sum(F("execution_steps__input_tokens") + F("execution_steps__output_tokens"), default=0),
        n_cost=Sum("execution_steps__cost", default=Decimal(0)),
        mean=Avg(took, filter=COMPLETED),
        latest=Max("execution_steps__started_at"),
    ).values_list("pk", "n_runs", "n_completed", "n_failed", "n_tokens", "n_cost", "mean", "latest")
    return {pk: Figures(*values) for pk, *values in counted}


def recipes_naming(agent: Agent) -> QuerySet[Any]:
    """The steps of undeleted recipes that this agent does, with their recipes, by recipe name and order."""
    steps = agent.recipe_steps.filter(recipe__deleted_at=None).select_related("recipe")
    return steps.order_by("recipe__name", "recipe_id", "order")


def recent_steps(agent: Agent, limit: int = 8) -> Sequence[Model]:
    """The last steps this agent worked on, with their runs, newest first."""
    steps = agent.execution_steps.filter(started_at__isnull=False).select_related("execution")
    return list(steps.order_by(F("started_at").desc(nulls_last=True))[:limit])


def cooking_now(agent: Agent) -> int:
    """How many steps this agent is working on at this moment."""
    return agent.execution_steps.filter(status="running").count()
