"""The run list as a page: its tabs with counts, its fortnight, its chips, and one page of lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from uuid import UUID

from django.db.models import IntegerField, Subquery
from django.http import QueryDict

from agents.models import Agent
from automatos import words
from automatos.local_time import today
from recipes.kitchen.run_rows import TRIGGERS, Row, rows_of
from recipes.models import Recipe
from recipes.runs.filters import OFFERED_STATES, SORTS, STATES, TABS, RunFilter, narrowed, query_of
from recipes.runs.medians import DayFigures, by_day
from recipes.runs.saved_view_services import saved_views
from recipes.runs.sums import kept_sums
from workspaces.models import User, Workspace

PAGE = 50
# Beyond so many pages one narrows the list instead of leafing.
LAST_PAGE = 200
DAYS = 14
# Tabs say how many they hold up to here.
MOST_COUNTED = 1000
MOST_CHOICES = 200
# In pixels: the columns' floor, and how high they get.
BASE, BAR_HEIGHT = 58, 44


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view; key: of one that the person saved."""

    value: str
    word: str
    count: str
    address: str
    current: bool
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: its name, its value in words, and the address without it."""

    name: str
    field: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the fortnight; x, width in percent, heights in pixels."""

    day: date
    label: str
    address: str
    current: bool
    x: float
    done: int
    failed: int

    @property
    def left(self) -> float:
        """Where its column begins."""
        return round(self.x + 30 / DAYS, 2)

    @property
    def done_y(self) -> int:
        """The upper edge of what is done."""
        return BASE - self.done

    @property
    def failed_y(self) -> int:
        """The upper edge of what failed, which stands on what is done."""
        return BASE - self.done - self.failed - (2 if self.done else 0)

    @property
    def middle(self) -> float:
        """Where the day's number stands."""
        return round(self.x + 50 / DAYS, 2)


@dataclass(frozen=True, slots=True)
class Fortnight:
    """Fourteen days of a workspace."""

    bars: Sequence[Bar]
    runs: int
    failed: int
    median_ms: float | None
    cost: Decimal

    @property
    def failed_share(self) -> str:
        """Of the runs, e.g. "4.5 %"; empty for none."""
        return f"{100 * self.failed / self.runs:.1f} %" if self.failed else ""


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of lines, under the names of their days (none where they are sorted otherwise). number counts from 1."""

    days: Sequence[tuple[str, Sequence[Row]]]
    number: int
    has_next: bool

    @property
    def rows(self) -> list[Row]:
        """All lines."""
        return [row for _, rows in self.days for row in rows]

    @property
    def is_live(self) -> bool:
        """Whether a line may still change."""
        return any(row.run.is_live for row in self.rows)


def page_of_runs(workspace: Workspace, wanted: RunFilter, user: User, query: QueryDict) -> RunPage:
    """The lines of the page that `?page=` asks for."""
    asked = query.get("page", "")
    number = min(LAST_PAGE, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    runs = narrowed(workspace, wanted, user).select_related("user").defer("output_data", "learning", "quality", "pins")
    start = PAGE * (number - 1)
    found = list(runs[start : start + PAGE + 1])
    rows = rows_of(found[:PAGE])
    if wanted.sort == "newest":
        now = today(wanted.zone)
        days = [(_day_name(day, now), list(some)) for day, some in groupby(rows, lambda row: row.day)]
    else:
        days = [("", rows)] if rows else []
    return RunPage(days, number, len(found) > PAGE and number < LAST_PAGE)


def _day_name(day: date, now: date) -> str:
    """ "Today, Friday 27 November"; with its year when it is not this one."""
    near = {now: "Today, ", now - timedelta(days=1): "Yesterday, "}.get(day, "")
    return f"{near}{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != now.year else "")


def tabs(workspace: Workspace, wanted: RunFilter, user: User, query: QueryDict) -> list[Tab]:
    """The saved views, each with how many runs it holds, and behind them those of the person."""
    own = own_tabs(workspace, user, query)
    counted = [value for value in TABS if value != "all"]
    # Ids alone: what runs took together with those inside of them is not summed up to be counted.
    runs = [narrowed(workspace, RunFilter(zone=wanted.zone, tab=value), user).order_by() for value in counted]
    held = [_Number(some.values("pk")[: MOST_COUNTED + 1]) for some in runs]
    numbers = dict(zip(counted, Workspace.objects.filter(pk=workspace.pk).values_list(*held).get(), strict=True))
    found = []
    for value, word in TABS.items():
        number = numbers.get(value, -1)
        address = _address(query, tab=None if value == "all" else value, status=None)
        count = "" if number < 0 else f"{MOST_COUNTED:,}+" if number > MOST_COUNTED else f"{number:,}"
        found.append(Tab(value, word, count, address, value == wanted.tab and not any(tab.current for tab in own)))
    return found + own


def own_tabs(workspace: Workspace, user: User, query: QueryDict) -> list[Tab]:
    """The person's own views as tabs."""
    shown = query_of(query)
    return [
        Tab("own", view.name, "", f"?{view.query}", view.query == shown, view.pk)
        for view in saved_views(workspace, user)
    ]


class _Number(Subquery):
    """How many rows a query has, within another statement."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def fortnight(workspace: Workspace, wanted: RunFilter, query: QueryDict) -> Fortnight:
    """The last fourteen days in the filter's zone, each a link that narrows the list to it."""
    last = today(wanted.zone)
    first = last - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), wanted.zone)
    figures = kept_sums(
        f"fortnight:{workspace.pk}:{first}:{wanted.zone.key}",
        partial(by_day, workspace.pk, since, wanted.zone),
        lambda found: found[None].began if None in found else 0,
    )
    whole = figures.pop(None, DayFigures())
    most = max((day.done + day.failed for day in figures.values()), default=0) or 1
    days = [first + timedelta(days=index) for index in range(DAYS)]
    bars = [
        _bar(index, day, figures.get(day, DayFigures()), most, _day_address(day, wanted, query))
        for index, day in enumerate(days)
    ]
    return Fortnight(bars=bars, runs=whole.began, failed=whole.failed, median_ms=whole.median_ms, cost=whole.cost)


def _day_address(day: date, wanted: RunFilter, query: QueryDict) -> tuple[str, bool]:
    """The list narrowed to the day, or to no day where it is narrowed to this one already; and whether it is."""
    current = wanted.since == wanted.until == day
    text = None if current else day.isoformat()
    return _address(query, **{"from": text, "to": text}), current


def _bar(index: int, day: date, row: DayFigures, most: int, link: tuple[str, bool]) -> Bar:
    def height(number: int) -> int:
        return max(3, round(BAR_HEIGHT * number / most)) if number else 0

    return Bar(
        day=day,
        label=f"{day:%a} {day.day} {day:%b}: {row.done:,} done, {row.failed:,} failed",
        address=link[0],
        current=link[1],
        x=round(index * 100 / DAYS, 2),
        done=height(row.done),
        failed=height(row.failed),
    )


def chips(wanted: RunFilter, query: QueryDict, names: Callable[[str, UUID], str]) -> list[Chip]:
    """The filters that are set. names: (field, id) -> what people call it."""
    days = ""
    if wanted.since or wanted.until:
        ends = [f"{day.day} {day:%b}" if day else "" for day in (wanted.since, wanted.until)]
        days = ends[0] if ends[0] == ends[1] else f"{ends[0] or 'the beginning'} to {ends[1] or 'today'}"
    shown = [
        ("Started", ("from", "to"), days),
        ("State", ("status",), STATES[wanted.state][0] if wanted.state else ""),
        ("Recipe", ("recipe",), names("recipe", wanted.recipe) if wanted.recipe else ""),
        ("Version", ("version",), str(wanted.version) if wanted.version is not None else ""),
        ("Agent", ("agent",), names("agent", wanted.agent) if wanted.agent else ""),
        ("Started by", ("trigger",), TRIGGERS[wanted.trigger][1] if wanted.trigger else ""),
        ("Person", ("person",), names("person", wanted.person) if wanted.person else ""),
        ("Cost from", ("cost",), words.money(wanted.cost) if wanted.cost is not None else ""),
        ("Took at least", ("duration",), words.duration(1000 * wanted.duration) if wanted.duration is not None else ""),
        ("Error", ("error",), wanted.error),
    ]
    return [
        Chip(name, fields[0], value, _address(query, **dict.fromkeys(fields))) for name, fields, value in shown if value
    ]


def choices(workspace: Workspace) -> dict[str, Sequence[tuple[str, str]]]:
    """What one may filter by: for each field (value, word)."""
    recipes = Recipe.objects.visible().filter(workspace=workspace).order_by("name").values_list("id", "name")
    agents = Agent.objects.visible().filter(workspace=workspace).order_by("name").values_list("id", "name")
    people = User.objects.filter(memberships__workspace=workspace).order_by("name", "email").only("name", "email")
    return {
        "status": [(value, STATES[value][0]) for value in OFFERED_STATES],
        "recipe": [(str(key), name) for key, name in recipes[:MOST_CHOICES]],
        "agent": [(str(key), name) for key, name in agents[:MOST_CHOICES]],
        "trigger": [(str(value), word) for value, (_, word) in TRIGGERS.items()],
        "person": [(str(person.pk), person.display_name) for person in people[:MOST_CHOICES]],
        "sort": list(SORTS.items()),
    }


def _address(query: QueryDict, **changes: str | None) -> str:
    """The list's address with these values changed, or left out where None; from its first page."""
    changed = query.copy()
    for name in ("page", "run"):
        changed.pop(name, None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return f"?{changed.urlencode()}"
