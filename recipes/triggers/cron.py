"""When a schedule is due: cron of five fields in an IANA time zone, with daylight saving. No database, no clock.

As cron of Debian has it: a time that the clock jumps over comes at the jump, a time that the clock passes twice comes
once; where minute or hour begin with a star, every real hour counts.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

# Ticks older than this are not looked for: they count as skipped.
FARTHEST = timedelta(days=7)
FIELDS = "minute, hour, day of the month, month, day of the week"


def cron_problem(cron: str) -> str:
    """Why this cron expression cannot be used; empty when it can."""
    fields = cron.split()
    if len(fields) != 5:
        return f"Write five fields: {FIELDS}. This has {len(fields)}."
    try:
        found = next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        return f"{error}. The fields are {FIELDS}; 30 9 * * 1-5 means 9:30 on weekdays."
    except (ValueError, OverflowError, RecursionError, TypeError, AssertionError):
        return f"This cannot be read. The fields are {FIELDS}; 30 9 * * 1-5 means 9:30 on weekdays."
    return "" if found else "No day fits this; it would never be due."


def explained(cron: str) -> str:
    """The expression in words; it is a good one."""
    return CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()


def times(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Every due moment after this one, in UTC."""
    for local in CronSim(cron, after.astimezone(ZoneInfo(zone))):
        moment = local.astimezone(UTC)
        # In the hour that comes twice, what is named is the first pass, which may be over.
        if moment > after:
            yield moment


def next_times(cron: str, zone: str, after: datetime, number: int = 5) -> list[datetime]:
    """The next due moments, in UTC; fewer where there are no more."""
    return list(islice(times(cron, zone, after), number))


def due(cron: str, zone: str, first: datetime, now: datetime) -> list[datetime]:
    """The due moments from `first`, itself one, until now; of a time long ago only those of the last seven days."""
    start = max(first, now - FARTHEST)
    found = [first] if start == first and first <= now else []
    for moment in times(cron, zone, start):
        if moment > now:
            break
        found.append(moment)
    return found


def local(moments: Sequence[datetime], zone: str) -> list[datetime]:
    """The moments by the clocks of the zone."""
    return [moment.astimezone(ZoneInfo(zone)) for moment in moments]
