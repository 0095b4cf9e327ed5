"""Reads: what agents have done, from the sums that the engine keeps, and where they are at work, which recipes know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.apps import apps
from django.db.models import F, Max, Sum
from django.utils.module_loading import import_string

from agents.models import Agent, AgentUsage


@dataclass(frozen=True, slots=True)
class Figures:
    """One agent's work in runs that are over. cost: US dollars; typical: the mean time of a completed step."""

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


class AgentWork(Protocol):
    """What other apps know of agents at work. The app's config names it in `agent_work`."""

    def recipes_naming(self, agent: Agent) -> Sequence[Any]:
        """The steps of undeleted recipes that this agent does, with their recipes, by recipe name and order."""
        ...

    def recent_steps(self, agent: Agent, limit: int) -> Sequence[Any]:
        """The last steps this agent worked on, with their runs, newest first."""
        ...

    def cooking_now(self, agent: Agent) -> int:
        """How many steps this agent is working on at this moment."""
        ...


@cache
def agent_work() -> AgentWork:
    """Where agents work."""
    path = next(path for config in apps.get_app_configs() if (path := getattr(config, "agent_work", "")))
    work: AgentWork = import_string(path)()
    return work


def figures_of(agents: Sequence[Agent]) -> dict[UUID, Figures]:
    """What each of the agents has done, in one query."""
    rows = AgentUsage.objects.filter(agent__in=[agent.pk for agent in agents]).order_by().values_list("agent_id")
    sums = rows.annotate(
        n_runs=Sum("runs"),
        n_completed=Sum("completed"),
        n_failed=Sum("failed"),
        n_tokens=Sum(F("input_tokens") + F("output_tokens")),
        n_cost=Sum("cost"),
        took=Sum("duration_ms"),
        latest=Max("last_used_at"),
    )
    found = {
        key: Figures(runs, completed, failed, tokens, cost, _mean(took, completed), latest)
        for key, runs, completed, failed, tokens, cost, took, latest in sums
    }
    return {agent.pk: found.get(agent.pk) or Figures() for agent in agents}


def _mean(took: int, completed: int) -> timedelta | None:
    return timedelta(milliseconds=took / completed) if completed else None


def recipes_naming(agent: Agent) -> Sequence[Any]:
    """The steps of undeleted recipes that this agent does, with their recipes, by recipe name and order."""
    return agent_work().recipes_naming(agent)


def recent_steps(agent: Agent, limit: int = 8) -> Sequence[Any]:
    """The last steps this agent worked on, with their runs, newest first."""
    return agent_work().recent_steps(agent, limit)


def cooking_now(agent: Agent) -> int:
    """How many steps this agent is working on at this moment."""
    return agent_work().cooking_now(agent)
