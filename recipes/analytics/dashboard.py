"""The dashboard's numbers: what cooks now, the last days, what it cost. Real figures only, in five queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from agents.models import Agent
from automatos import words
from recipes.models import COOKING, LIVE_STATUSES, Execution, ExecutionStatus, Recipe
from recipes.runs.medians import Median
from recipes.runs.sums import kept_sums
from workspaces.models import Workspace

DAYS = 14
WEEK = 7
MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Day:
    """One day's runs. failed includes runs stopped by a limit; started counts those still cooking or cancelled too."""

    label: str
    started: int = 0
    done: int = 0
    failed: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the strip."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The whole page. days: the last 14, oldest first."""

    live: Sequence[Execution]
    recent: Sequence[Execution]
    figures: Sequence[Figure]
    days: Sequence[Day]
    spend: Decimal
    spend_note: str
    has_runs: bool
    has_recipes: bool
    has_agents: bool

    @property
    def columns(self) -> list[tuple[str, int, int]]:
        """The days as the chart takes them."""
        return [(day.label, day.done, day.failed) for day in self.days]

    @property
    def costs(self) -> list[float]:
        """Dollars a day."""
        return [float(day.cost) for day in self.days]

    @property
    def costs_title(self) -> str:
        """The line in words."""
        return (
            f"Daily model spend over {DAYS} days, from {words.money(min(self.costs))} to {words.money(max(self.costs))}"
        )

    @property
    def headline(self) -> str:
        """What cooks now, in a sentence."""
        if not self.live:
            return "Nothing is cooking right now."
        more = len(self.live) >= MOST_LISTED
        if len(self.live) == 1:
            return "One run is cooking."
        return f"{'At least ' if more else ''}{len(self.live)} runs are cooking."


def dashboard(workspace: Workspace) -> Dashboard:
    """The workspace's dashboard as of now, by days of the time zone that is active."""
    today = timezone.localdate()
    days, median = kept_sums(
        f"dashboard:{workspace.pk}:{today}:{timezone.get_current_timezone_name()}",
        lambda: (_days(workspace, today), _median(workspace, today)),
        lambda made: sum(day.started for day in made[0]),
    )
    recent, earlier = days[-DAYS:], days[:-DAYS]
    spend, before = sum((d.cost for d in recent), Decimal(0)), sum((d.cost for d in earlier), Decimal(0))
    newest = _rows(workspace).order_by("-created_at")
    exists = _existing(workspace)
    return Dashboard(
        live=list(newest.filter(status__in=COOKING)[:MOST_LISTED]),
        recent=list(newest.exclude(status__in=LIVE_STATUSES)[:MOST_LISTED]),
        figures=_figures(days, median),
        days=recent,
        spend=spend,
        spend_note=f"{words.money(spend / DAYS)} a day{_compared(spend, before, 'the two weeks before', ', ')}",
        has_runs=exists["has_runs"],
        has_recipes=exists["has_recipes"],
        has_agents=exists["has_agents"],
    )


def _rows(workspace: Workspace) -> QuerySet[Execution]:
    return Execution.objects.filter(workspace=workspace).defer("input_data", "output_data", "error", "learning")


def _since(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _days(workspace: Workspace, today: date) -> list[Day]:
    """The last 28 days, oldest first, those without a run included."""
    first = today - timedelta(days=2 * DAYS - 1)
    rows = (
        Execution.objects.filter(workspace=workspace, created_at__gte=_since(first))
        .annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(
            started=Count("id"),
            done=Count("id", filter=Q(status=ExecutionStatus.COMPLETED)),
            failed=Count("id", filter=Q(status__in=(ExecutionStatus.FAILED, ExecutionStatus.STOPPED))),
            all_tokens=Sum(F("input_tokens") + F("output_tokens")),
            spent=Sum("cost"),
        )
    )
    by_day = {row["day"]: row for row in rows.order_by()}
    return [_day(first + timedelta(days=index), by_day) for index in range(2 * DAYS)]


def _day(day: date, by_day: Mapping[date, Mapping[str, Any]]) -> Day:
    label, row = f"{day.day} {day:%b}", by_day.get(day)
    if row is None:
        return Day(label)
    return Day(label, row["started"], row["done"], row["failed"], row["all_tokens"], row["spent"])


def _median(workspace: Workspace, today: date) -> float | None:
    """The median length of the last 7 days' finished runs in milliseconds; None when there are none."""
    finished = Execution.objects.filter(
        workspace=workspace,
        status=ExecutionStatus.COMPLETED,
        started_at__isnull=False,
        created_at__gte=_since(today - timedelta(days=WEEK - 1)),
    )
    length = finished.aggregate(length=Median(F("completed_at") - F("started_at")))["length"]
    return length.total_seconds() * 1000 if length is not None else None


def _existing(workspace: Workspace) -> Mapping[str, Any]:
    """Whether the workspace has any run, any recipe and any agent."""
    runs = Execution.objects.filter(workspace=workspace)
    recipes = Recipe.objects.visible().filter(workspace=workspace)
    agents = Agent.objects.visible().filter(workspace=workspace)
    exist = {"has_runs": Exists(runs), "has_recipes": Exists(recipes), "has_agents": Exists(agents)}
    found: Mapping[str, Any] = Workspace.objects.filter(pk=workspace.pk).annotate(**exist).values(*exist).get()
    return found


def _figures(days: Sequence[Day], median: float | None) -> list[Figure]:
    week, before = days[-WEEK:], days[-2 * WEEK : -WEEK]
    started, done, failed = (sum(getattr(day, name) for day in week) for name in ("started", "done", "failed"))
    over = done + failed
    was = sum(day.started for day in before)
    return [
        Figure("Runs, last 7 days", f"{started:,}", _compared(Decimal(started), Decimal(was), "", "")),
        Figure("Finished", f"{100 * done / over:.1f}%" if over else "None yet", f"{failed:,} failed" if over else ""),
        Figure("Median run", words.duration(median) or "None yet"),
        Figure("Tokens", words.compact(sum(day.tokens for day in week))),
        Figure("Spend", words.money(sum((day.cost for day in week), Decimal(0)))),
    ]


def _compared(now: Decimal, before: Decimal, what: str, lead: str) -> str:
    """ "12% more" or "8% less than the two weeks before"; nothing when there is nothing to compare with."""
    if not before:
        return ""
    change = round(100 * (now - before) / before)
    than = f" than {what}" if what else ""
    if not change:
        return f"{lead}about the same"
    return f"{lead}{abs(change)}% {'more' if change > 0 else 'less'}{than}"
