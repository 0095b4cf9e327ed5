"""What one agent's last 30 days came to, from the steps it worked on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from agents.models import Agent
from recipes.models import ExecutionStep

DAYS = 30
# One read of the index steps_by_agent: the agent's steps by the time they started.
BY_DAY = (
    "SELECT CASE WHEN GROUPING((s.started_at AT TIME ZONE 'UTC')::date) = 1 THEN NULL "
    "ELSE (s.started_at AT TIME ZONE 'UTC')::date END AS day, count(DISTINCT s.execution_id), "
    "count(*) FILTER (WHERE s.status = 'completed'), count(*) FILTER (WHERE s.status = 'failed'), "
    "coalesce(sum(s.input_tokens), 0), coalesce(sum(s.output_tokens), 0), coalesce(sum(s.cost), 0), "
    "coalesce(bool_or(s.is_estimated), false), "
    "percentile_cont(0.5) WITHIN GROUP (ORDER BY {took}) FILTER (WHERE s.status = 'completed'), "
    "percentile_cont(0.95) WITHIN GROUP (ORDER BY {took}) FILTER (WHERE s.status = 'completed') "
    "FROM execution_steps s WHERE s.agent_id = %s AND s.started_at >= %s "
    "GROUP BY GROUPING SETS (((s.started_at AT TIME ZONE 'UTC')::date), ())"
).replace("{took}", "EXTRACT(EPOCH FROM s.completed_at - s.started_at) * 1000")


@dataclass(frozen=True, slots=True)
class Spell:
    """One day's work (UTC), or all of it where day is None. cost: US dollars; p50, p95: ms of a completed step.

    is_estimated: some of its calls are counted by estimate.
    """

    day: date | None
    runs: int = 0
    completed: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    is_estimated: bool = False
    p50: float | None = None
    p95: float | None = None

    @property
    def label(self) -> str:
        """As the chart writes it: "3 Mar"."""
        return f"{self.day.day} {self.day:%b}" if self.day else "30 days"

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.input_tokens + self.output_tokens

    @property
    def success(self) -> int | None:
        """Percent of its finished steps that were completed; None where none was finished."""
        finished = self.completed + self.failed
        return round(100 * self.completed / finished) if finished else None


@dataclass(frozen=True, slots=True)
class AgentUsage:
    """The report. days: oldest first, those without work included."""

    whole: Spell
    days: Sequence[Spell]

    @property
    def columns(self) -> list[tuple[str, int, int]]:
        """Steps a day, as the chart of bars takes them."""
        return [(day.label, day.completed, day.failed) for day in self.days]

    @property
    def labels(self) -> list[str]:
        """The days in words."""
        return [day.label for day in self.days]

    @property
    def tokens(self) -> list[float]:
        """Tokens a day."""
        return [float(day.tokens) for day in self.days]

    @property
    def costs(self) -> list[float]:
        """US dollars a day."""
        return [float(day.cost) for day in self.days]

    @property
    def success(self) -> list[float | None]:
        """Percent of success a day."""
        return [day.success for day in self.days]

    @property
    def medians(self) -> list[float | None]:
        """The typical step a day, in ms."""
        return [day.p50 for day in self.days]

    @property
    def slow(self) -> list[float | None]:
        """What 95 of 100 steps a day stayed under, in ms."""
        return [day.p95 for day in self.days]


def usage_of(agent: Agent) -> AgentUsage:
    """The agent's report as of now, in one query."""
    first = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS - 1)
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, [agent.pk, datetime(first.year, first.month, first.day, tzinfo=UTC)])
        spells = [_spell(row) for row in cursor.fetchall()]
    by_day = {spell.day: spell for spell in spells}
    days = [first + timedelta(days=index) for index in range(DAYS)]
    return AgentUsage(by_day.get(None, Spell(None)), [by_day.get(day) or Spell(day) for day in days])


def _spell(row: tuple[Any, ...]) -> Spell:
    *counts, p50, p95 = row
    return Spell(*counts, *(None if value is None else float(value) for value in (p50, p95)))


def work_of(agent: Agent) -> QuerySet[ExecutionStep]:
    """The steps this agent began, with their runs, newest first."""
    steps = ExecutionStep.objects.filter(agent=agent, started_at__isnull=False).select_related("execution__user")
    heavy = ["prompt", "output", "prompt_template", "opening", "state", "scope"]
    heavy += [f"execution__{name}" for name in ("input_data", "output_data", "learning", "quality", "pins")]
    steps = steps.annotate(tokens=F("input_tokens") + F("output_tokens"))
    return steps.defer(*heavy).order_by(F("started_at").desc(nulls_last=True), "-id")
