"""What a workspace holds of its plan, and what its last 30 days came to, in eight queries whatever it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from agents.models import Agent
from automatos import words
from recipes.models import LIVE_STATUSES, Execution, ExecutionStatus, ExecutionStep, Recipe
from recipes.runs.sums import kept_sums
from workspaces.budgets.queries import UsageOfKind, usage_outside_runs
from workspaces.limits import plans
from workspaces.models import ModelUsage, Workspace

DAYS = 30
MOST_LISTED = 20
LABELS: dict[plans.Counted, str] = {
    "agents": "Agents",
    "recipes": "Recipes",
    "concurrent_runs": "Runs at once",
    "storage_bytes": "Storage",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of something is used. limit: None where the plan has none."""

    name: plans.Counted
    used: int
    limit: int | None

    @property
    def label(self) -> str:
        """Its name on the page."""
        return LABELS[self.name]

    @property
    def percent(self) -> float:
        """Of the limit, 0 to 100."""
        return min(100.0, 100 * self.used / self.limit) if self.limit else 0.0

    @property
    def text(self) -> str:
        """The figures in words."""
        shown = plans.size if self.name == "storage_bytes" else words.compact
        return (
            f"{shown(self.used)} of {shown(self.limit)}" if self.limit is not None else f"{shown(self.used)}, no limit"
        )


@dataclass(frozen=True, slots=True)
class Day:
    """The runs started on one day (UTC). cost: US dollars; is_estimated: some calls are counted by estimate."""

    day: date
    runs: int = 0
    completed: int = 0
    failed: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)
    is_estimated: bool = False

    @property
    def label(self) -> str:
        """As the chart writes it: "3 Mar"."""
        return f"{self.day.day} {self.day:%b}"


@dataclass(frozen=True, slots=True)
class Share:
    """What the steps of one agent, or on one model, came to. id: the agent's; empty for a model."""

    id: str
    name: str
    steps: int
    tokens: int
    cost: Decimal
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """The whole report. days: oldest first; agents and models: at most 20 each, the dearest first.

    others: calls of models outside of runs, by what they were for.
    """

    plan: str
    limits: Sequence[Amount]
    days: Sequence[Day]
    agents: Sequence[Share]
    models: Sequence[Share]
    others: Sequence[UsageOfKind]

    @property
    def runs(self) -> int:
        """How many runs began."""
        return sum(day.runs for day in self.days)

    @property
    def tokens(self) -> int:
        """What models read and wrote."""
        return sum(day.tokens for day in self.days) + sum(one.tokens for one in self.others)

    @property
    def cost(self) -> Decimal:
        """US dollars."""
        return sum((day.cost for day in self.days), Decimal(0)) + sum((one.cost for one in self.others), Decimal(0))

    @property
    def is_estimated(self) -> bool:
        """Whether some calls are counted by estimate."""
        return any(day.is_estimated for day in self.days) or any(one.is_estimated for one in self.others)

    @property
    def columns(self) -> list[tuple[str, int, int]]:
        """The days as the chart takes them."""
        return [(day.label, day.completed, day.failed) for day in self.days]


def usage(workspace: Workspace) -> Usage:
    """The workspace's report as of now."""
    first = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS - 1)
    days, agents, models = kept_sums(
        f"usage:{workspace.pk}:{first}",
        lambda: (_days(workspace, first), *_of_steps(workspace, first)),
        lambda made: sum(day.runs for day in made[0]),
    )
    return Usage(
        plan=workspace.plan,
        limits=_limits(workspace),
        days=days,
        agents=agents,
        models=models,
        others=usage_outside_runs(ModelUsage.objects.filter(workspace=workspace, day__gte=first)),
    )


def _of_steps(workspace: Workspace, first: date) -> tuple[list[Share], list[Share]]:
    """What the agents and the models of the last 30 days came to."""
    steps = ExecutionStep.objects.filter(workspace=workspace, started_at__gte=_since(first)).order_by()
    return (
        _shares(steps.filter(agent__isnull=False).values(key=F("agent_id"), label=F("agent__name"))),
        _shares(steps.exclude(model="").values(key=F("model"), label=F("model")), named=False),
    )


def _limits(workspace: Workspace) -> list[Amount]:
    live = Execution.objects.filter(workspace=workspace, status__in=LIVE_STATUSES)
    stored = Workspace.objects.filter(pk=workspace.pk).values_list("storage_bytes", flat=True).first()
    used: dict[plans.Counted, int] = {
        "agents": Agent.objects.visible().filter(workspace=workspace).count(),
        "recipes": Recipe.objects.visible().filter(workspace=workspace).count(),
        "concurrent_runs": live.count(),
        "storage_bytes": stored or 0,
    }
    return [Amount(name, number, plans.limit_of(workspace.plan, name)) for name, number in used.items()]


def _days(workspace: Workspace, first: date) -> list[Day]:
    """The last 30 days, those without a run included."""
    rows = Execution.objects.filter(workspace=workspace, created_at__gte=_since(first)).order_by()
    counted = (
        rows.annotate(day=TruncDate("created_at", tzinfo=UTC))
        .values("day")
        .annotate(
            runs=Count("id"),
            completed=Count("id", filter=Q(status=ExecutionStatus.COMPLETED)),
            failed=Count("id", filter=Q(status__in=(ExecutionStatus.FAILED, ExecutionStatus.STOPPED))),
            all_tokens=Sum(F("input_tokens") + F("output_tokens")),
            spent=Sum("cost"),
            about=BoolOr("is_estimated"),
        )
    )
    by_day = {row["day"]: _day(row) for row in counted}
    days = [first + timedelta(days=index) for index in range(DAYS)]
    return [by_day.get(day) or Day(day) for day in days]


def _day(row: Mapping[str, Any]) -> Day:
    return Day(row["day"], row["runs"], row["completed"], row["failed"], row["all_tokens"], row["spent"], row["about"])


def _shares(groups: QuerySet[Any, Any], *, named: bool = True) -> list[Share]:
    rows = groups.annotate(
        steps=Count("id"),
        tokens=Sum(F("input_tokens") + F("output_tokens")),
        spent=Sum("cost"),
        about=BoolOr("is_estimated"),
    ).order_by("-spent", "-tokens", "label")
    return [
        Share(str(row["key"]) if named else "", row["label"], row["steps"], row["tokens"], row["spent"], row["about"])
        for row in rows[:MOST_LISTED]
    ]


def _since(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
