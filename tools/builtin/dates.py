"""current_time and date_calculate: moments, time zones, differences and working days."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dateutil.relativedelta import relativedelta

from tools.contract import Arguments, Schema, Tool, ToolContext, ToolProblem, ToolResult, object_schema

UNITS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds", "business_days")
MOST_YEARS = 1000
MOST = {"years": MOST_YEARS, "months": 12_000, "business_days": 100_000}
MOMENT: Schema = {
    "type": "string",
    "minLength": 3,
    "maxLength": 40,
    "description": "An ISO 8601 date or moment such as 2026-03-29 or 2026-03-29T14:30+02:00; or now, or today.",
}
ZONE: Schema = {"type": "string", "maxLength": 60, "description": "An IANA time zone such as Europe/Berlin."}


def zone_of(name: str) -> tzinfo:
    """The time zone; ToolProblem with similar names when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wanted = re.sub(r"[^a-z]", "", name.lower().rpartition("/")[2])
        near = [zone for zone in sorted(available_timezones()) if wanted and wanted in zone.lower().replace("_", "")][
            :5
        ]
        meant = f" Did you mean {' or '.join(near)}?" if near else " Use an IANA name such as Europe/Berlin or UTC."
        raise ToolProblem(f"There is no time zone {name[:60]!r}.{meant}") from None


def moment_of(text: str, context: ToolContext, zone: tzinfo) -> datetime | date:
    """A date, or a moment with its zone; one without an offset is in the given zone."""
    word = text.strip()
    if word.lower() in ("now", "today"):
        now = context.now().astimezone(zone)
        return now if word.lower() == "now" else now.date()
    try:
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d", word):
            return date.fromisoformat(word)
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise ToolProblem(
            f"{text[:40]!r} is not a date or moment. Write 2026-03-29 or 2026-03-29T14:30+02:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


async def current_time(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Now, in words that need no further calculation."""
    name = arguments.get("time_zone", context.time_zone)
    now = context.now().astimezone(zone_of(name))
    return ToolResult(
        f"{now.isoformat(timespec='seconds')} ({name}), {now:%A}, week {now.isocalendar().week}, "
        f"day {now.timetuple().tm_yday} of the year; UTC {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    )


async def calculate(arguments: Arguments, context: ToolContext) -> ToolResult:
    """add, difference or convert."""
    zone = zone_of(arguments.get("time_zone", context.time_zone))
    start = moment_of(arguments["start"], context, zone)
    free = _free_days(arguments.get("holidays", []))
    try:
        match arguments["operation"]:
            case "add":
                text = _written(_moved(start, arguments.get("amount", {}), free, zone))
            case "difference":
                if "end" not in arguments:
                    raise ToolProblem("difference needs end as well.")
                text = _difference(start, moment_of(arguments["end"], context, zone), free, zone)
            case _:
                if "to_time_zone" not in arguments:
                    raise ToolProblem("convert needs to_time_zone as well.")
                text = _written(_instant(start, zone).astimezone(zone_of(arguments["to_time_zone"])))
    except (OverflowError, ValueError):
        raise ToolProblem("The result is outside of the years 1 to 9999.") from None
    return ToolResult(text)


def _free_days(days: Sequence[str]) -> set[date]:
    try:
        return {date.fromisoformat(day) for day in days}
    except ValueError as error:
        raise ToolProblem(f"A holiday is not a date such as 2026-12-25: {error}.") from None


def _moved(start: datetime | date, amount: dict[str, int], free: set[date], zone: tzinfo) -> datetime | date:
    """Calendar units keep the clock's reading; hours, minutes and seconds are time that really passes."""
    if not amount:
        raise ToolProblem(f"add needs an amount with one or more of {', '.join(UNITS)}.")
    clock = timedelta(**{unit: amount[unit] for unit in ("hours", "minutes", "seconds") if unit in amount})
    calendar = relativedelta(
        years=amount.get("years", 0),
        months=amount.get("months", 0),
        weeks=amount.get("weeks", 0),
        days=amount.get("days", 0),
    )
    moved: datetime | date = _worked(start + calendar, amount.get("business_days", 0), free)
    if not clock:
        return moved
    moment = _instant(moved, zone)
    return (moment.astimezone(UTC) + clock).astimezone(moment.tzinfo)


def _worked(start: datetime | date, days: int, free: set[date]) -> datetime | date:
    """So many working days on, or back: Monday to Friday without the free days."""
    step = timedelta(days=1 if days > 0 else -1)
    left = abs(days)
    while left:
        start += step
        left -= _is_work(start, free)
    return start


def _is_work(day: datetime | date, free: set[date]) -> bool:
    return day.weekday() < 5 and (day.date() if isinstance(day, datetime) else day) not in free


def _difference(start: datetime | date, end: datetime | date, free: set[date], zone: tzinfo) -> str:
    """All the usual ways to say it; the later date itself is not counted."""
    first, last = _instant(start, zone), _instant(end, zone)
    # In UTC: between two moments of one zone Python would count what clocks show, not the time that passes.
    seconds = (last.astimezone(UTC) - first.astimezone(UTC)).total_seconds()
    whole = not isinstance(start, datetime) and not isinstance(end, datetime)
    from_day, to_day = first.date(), last.astimezone(first.tzinfo).date()
    days = (to_day - from_day).days
    parts = relativedelta(to_day, from_day) if whole else relativedelta(last.astimezone(first.tzinfo), first)
    units = ("years", "months", "days", "hours", "minutes", "seconds")
    words = [f"{getattr(parts, unit)} {unit}" for unit in units if getattr(parts, unit)]
    lines = [f"{days:,} calendar days", f"in parts: {', '.join(words) or '0 days'}"]
    lines.append(
        f"{_business_days(from_day, to_day, free):,} business days (Monday to Friday, end not counted"
        + (f", without the {len(free)} given holidays)" if free else ", holidays not considered)")
    )
    if not whole:
        lines.append(f"{seconds:,.0f} seconds = {seconds / 3600:,.4f} hours of passed time")
    return "; ".join(lines)


def _business_days(start: date, end: date, free: set[date]) -> int:
    if end < start:
        return -_business_days(end + timedelta(days=1), start + timedelta(days=1), free)
    weeks, rest = divmod((end - start).days, 7)
    count = weeks * 5 + sum((start + timedelta(days=day)).weekday() < 5 for day in range(rest))
    return count - sum(start <= day < end and day.weekday() < 5 for day in free)


def _instant(moment: datetime | date, zone: tzinfo) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time(), zone)


def _written(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        name = f" ({moment.tzinfo})" if isinstance(moment.tzinfo, ZoneInfo) else ""
        return f"{moment.isoformat(timespec='seconds')}{name}, {moment:%A}"
    return f"{moment.isoformat()}, {moment:%A}"


CURRENT_TIME = Tool(
    name="current_time",
    title="Current time",
    description="The date and time now, with weekday and week number.",
    schema=object_schema({"time_zone": ZONE}),
    effects="none",
    run=current_time,
    changing=True,
)
DATE_CALCULATE = Tool(
    name="date_calculate",
    title="Date arithmetic",
    description=(
        "Calculate with dates and times. add: start plus an amount (negative goes back). difference: from start to "
        "end in days, parts, business days and hours. convert: start in another time zone."
    ),
    schema=object_schema(
        {
            "operation": {"type": "string", "enum": ["add", "difference", "convert"]},
            "start": MOMENT,
            "end": {**MOMENT, "description": "For difference: the other date or moment."},
            "amount": {
                **object_schema(
                    {
                        unit: {"type": "integer", "minimum": -MOST.get(unit, 10**9), "maximum": MOST.get(unit, 10**9)}
                        for unit in UNITS
                    }
                ),
                "description": "For add.",
            },
            "time_zone": {**ZONE, "description": "Where dates without an offset are meant; an IANA name."},
            "to_time_zone": {**ZONE, "description": "For convert: an IANA time zone such as Asia/Tokyo."},
            "holidays": {
                "type": "array",
                "items": {"type": "string", "maxLength": 10},
                "maxItems": 400,
                "uniqueItems": True,
                "description": "Dates that are no business days, such as 2026-12-25.",
            },
        },
        ["operation", "start"],
    ),
    effects="none",
    run=calculate,
    changing=True,
)
