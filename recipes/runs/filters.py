"""What a list of runs is narrowed to: read from an address, told as chips, and put into a query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from recipes.models import (
    COOKING,
    ENDED_BADLY,
    LIVE_STATUSES,
    Approval,
    Execution,
    ExecutionStatus,
    ExecutionStep,
    Trigger,
)
from recipes.models.totals import with_inside
from workspaces.models import User, Workspace

# Saved views: (value in the address, word).
TABS = {"all": "All", "cooking": "Cooking", "needs": "Needs you", "failed": "Failed", "mine": "Mine"}
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "live": ("Cooking or waiting", LIVE_STATUSES),
    "completed": ("Done", (ExecutionStatus.COMPLETED,)),
    "failed": ("Failed or stopped", ENDED_BADLY),
    "cancelled": ("Cancelled", (ExecutionStatus.CANCELLED,)),
    **{status.value: (str(status.label), (status.value,)) for status in ExecutionStatus if status != "completed"},
}
# What the page offers of them; the API takes every status by its own name.
OFFERED_STATES = ("live", "completed", "failed", "cancelled")
SORTS = {"newest": "Newest first", "longest": "Longest first", "dearest": "Dearest first"}
# Of the runs in which the words of a search occur, the newest ones.
MOST_FOUND = 1000
# A cost changes with every turn of a run, so no index may hold it: it is looked for among so many of the newest runs.
MOST_PRICED = 10_000
# What of an address belongs to a saved view; its page, and the run beside the list, do not.
KEPT = (
    "tab", "q", "status", "from", "to", "recipe", "version", "agent", "trigger", "person", "cost", "duration", "error",
    "sort",
)  # fmt: skip
USUAL = {"tab": "all", "sort": "newest"}
LONGEST_SEARCH = 200
LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Empty values narrow nothing. since, until: whole days in `zone`; cost in US dollars, duration in seconds.

    problems: what was asked for and could not be understood, by parameter; it narrows nothing.
    """

    zone: ZoneInfo
    search: str = ""
    tab: str = "all"
    state: str = ""
    since: date | None = None
    until: date | None = None
    recipe: UUID | None = None
    version: int | None = None
    agent: UUID | None = None
    trigger: str = ""
    person: UUID | None = None
    cost: Decimal | None = None
    duration: float | None = None
    error: str = ""
    sort: str = "newest"
    problems: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, Any], zone: ZoneInfo) -> "RunFilter":
        """Read from a query string."""
        ask = _Reader(query)
        return cls(
            zone=zone,
            search=ask.text("q", LONGEST_SEARCH),
            tab=ask.choice("tab", TABS) or "all",
            state=ask.choice("status", STATES),
            since=ask.day("from"),
            until=ask.day("to"),
            recipe=ask.key("recipe"),
            version=ask.whole("version"),
            agent=ask.key("agent"),
            trigger=ask.choice("trigger", Trigger.values),
            person=ask.key("person"),
            cost=ask.number("cost"),
            duration=float(seconds) if (seconds := ask.number("duration")) is not None else None,
            error=ask.text("error", LONGEST_CODE),
            sort=ask.choice("sort", SORTS) or "newest",
            problems=ask.problems,
        )

    @property
    def narrows(self) -> bool:
        """Whether something is left out beside what the tab leaves out."""
        return any(
            value not in (None, "")
            for value in (
                self.search, self.state, self.since, self.until, self.recipe, self.version, self.agent, self.trigger,
                self.person, self.cost, self.duration, self.error,
            )
        )  # fmt: skip


class _Reader:
    """Takes values out of a query, and notes those that make no sense."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.query = query
        self.problems: dict[str, list[str]] = {}

    def text(self, name: str, longest: int) -> str:
        return str(self.query.get(name) or "").replace("\x00", "").strip()[:longest]

    def choice(self, name: str, choices: Any) -> str:
        value = self.text(name, 40)
        if value and value not in choices:
            self._wrong(name, f"Use one of: {', '.join(choices)}.")
            return ""
        return value

    def day(self, name: str) -> date | None:
        try:
            found = date.fromisoformat(value) if (value := self.text(name, 10)) else None
        except ValueError:
            found = date.min
        if found and not 1970 <= found.year < 2200:
            self._wrong(name, "Use a day such as 2026-11-30.")
            return None
        return found

    def key(self, name: str) -> UUID | None:
        try:
            return UUID(value) if (value := self.text(name, 36)) else None
        except ValueError:
            self._wrong(name, "Use an id as the API and addresses show it.")
        return None

    def whole(self, name: str) -> int | None:
        value = self.text(name, 12)
        if value and not (value.isascii() and value.isdigit() and len(value) < 9):
            self._wrong(name, "Use a whole number.")
            return None
        return int(value) if value else None

    def number(self, name: str) -> Decimal | None:
        value = self.text(name, 20)
        try:
            found = Decimal(value) if value else None
        except InvalidOperation:
            found = Decimal(-1)
        if found is not None and not (found.is_finite() and 0 <= found < 10**9):
            self._wrong(name, "Use a number that is not negative, such as 0.25.")
            return None
        # With an exponent of many digits it is no number to the database.
        return None if found is None else round(found, 10)

    def _wrong(self, name: str, cure: str) -> None:
        self.problems[name] = [cure]


def query_of(asked: Mapping[str, Any]) -> str:
    """What an address narrows the list to, always in the same order; empty where it shows all runs."""
    said = {name: str(asked.get(name) or "").replace("\x00", "").strip() for name in KEPT}
    return urlencode({name: value for name, value in said.items() if value and value != USUAL.get(name)})


def narrowed(workspace: Workspace, wanted: RunFilter, user: User | None = None) -> QuerySet[Execution]:
    """The workspace's runs that pass, in the order asked for. user: whose runs "Mine" are."""
    runs = Execution.objects.filter(workspace=workspace, deleted_at=None)
    if not (wanted.tab == "needs" or wanted.search or wanted.trigger):
        # Runs inside of runs, and those of evaluations, are found where somebody looks for them, or is asked by them.
        runs = runs.filter(parent_step=None).exclude(triggered_by=Trigger.EVALUATION)
    runs = of_tab(runs, wanted.tab, user)
    if wanted.state:
        runs = runs.filter(status__in=STATES[wanted.state][1])
    if wanted.since:
        runs = runs.filter(created_at__gte=_midnight(wanted.since, wanted.zone))
    if wanted.until:
        runs = runs.filter(created_at__lt=_midnight(wanted.until + timedelta(days=1), wanted.zone))
    exact = {"recipe_id": wanted.recipe, "recipe_version": wanted.version, "triggered_by": wanted.trigger}
    exact |= {"user_id": wanted.person}
    runs = runs.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
    if wanted.error:
        runs = failed_with(runs, wanted.error)
    if wanted.agent:
        steps = ExecutionStep.objects.filter(agent_id=wanted.agent, execution=OuterRef("pk"), workspace=workspace)
        runs = runs.filter(Exists(steps))
    if wanted.duration is not None:
        runs = _lasting(runs, workspace, timedelta(seconds=wanted.duration))
    if wanted.search:
        runs = runs.filter(_matches(wanted.search))
    if wanted.cost is not None or wanted.sort == "dearest":
        # The oldest of them is asked for first: a condition on a date is one that PostgreSQL checks before any sum.
        oldest = runs.order_by("-created_at").values_list("created_at", flat=True)[MOST_PRICED - 1 : MOST_PRICED]
        if bound := oldest.first():
            runs = runs.filter(created_at__gte=bound)
        below = Execution.objects.filter(root_id=OuterRef("pk")).order_by().values("root_id")
        inside = Coalesce(Subquery(below.annotate(all=Sum("cost")).values("all")), Decimal(0))
        runs = runs.annotate(price=F("cost") + inside).filter(price__gte=wanted.cost or 0)
    return with_inside(_sorted(runs, wanted.sort))


def _lasting(runs: QuerySet[Execution], workspace: Workspace, least: timedelta) -> QuerySet[Execution]:
    """Those that took at least so long; by their ids where they are few.

    Under the policies PostgreSQL finds no run by its length in an index, but it sorts by one.
    """
    took = F("completed_at") - F("started_at")
    all_runs = Execution.objects.filter(workspace=workspace).annotate(took=took)
    longest = list(all_runs.order_by(took.desc(nulls_last=True)).values_list("pk", "took")[: MOST_FOUND + 1])
    found = [key for key, length in longest if length is not None and length >= least]
    if len(found) <= MOST_FOUND:
        return runs.filter(pk__in=found)
    return runs.annotate(took=took).filter(took__gte=least)


def failed_with(runs: QuerySet[Execution], code: str) -> QuerySet[Execution]:
    """Those that ended with this error code."""
    return runs.annotate(code=KeyTextTransform("code", "error")).filter(code=code, error__isnull=False)


def of_tab(runs: QuerySet[Execution], tab: str, user: User | None) -> QuerySet[Execution]:
    """The runs that a saved view shows."""
    if tab == "cooking":
        return runs.filter(status__in=COOKING)
    if tab == "needs":
        at_work = Q(step__status="running", kind=Approval.Kind.QUESTION)
        asked = Approval.objects.filter(Q(step__status="waiting") | at_work, status=Approval.Status.PENDING)
        asked = asked.filter(kind__in=Approval.ASKED, step__execution=OuterRef("pk"))
        return runs.filter(Exists(asked), status__in=LIVE_STATUSES)
    if tab == "failed":
        return runs.filter(status__in=ENDED_BADLY)
    if tab == "mine":
        return runs.filter(user=user) if user else runs.none()
    return runs


def _sorted(runs: QuerySet[Execution], sort: str) -> QuerySet[Execution]:
    if sort == "longest":
        took = F("completed_at") - F("started_at")
        return runs.order_by(took.desc(nulls_last=True), "-created_at", "-id")
    if sort == "dearest":
        return runs.order_by(F("price").desc(), "-created_at", "-id")
    return runs.order_by("-created_at", "-id")


def _matches(text: str) -> Q:
    """Runs with this number or beginning of their id, and those in whose texts all the words occur."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT automatos_find_runs(%s, %s)", [text, MOST_FOUND])
        found = Q(pk__in=[row[0] for row in cursor.fetchall()])
    number = text.removeprefix("#").replace(",", "")
    if number.isascii() and number.isdigit() and len(number) < 10:
        found |= Q(number=int(number))
    digits = text.replace("-", "").lower()
    if 8 <= len(digits) <= 32 and set(digits) <= set("0123456789abcdef"):
        found |= Q(pk__range=(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))))
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
