"""The time zone in which a person reads times: the one they chose, else the one their browser told in a cookie."""

from datetime import date
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.utils import timezone

COOKIE = "zone"
UTC = ZoneInfo("UTC")


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The zone the person chose; else the browser's; UTC while it told none, or one nobody knows."""
    chosen = getattr(getattr(request, "user", None), "time_zone", "")
    return ZoneInfo(chosen) if chosen in _names() else browser_zone(request)


def browser_zone(request: HttpRequest) -> ZoneInfo:
    """The zone the browser told; UTC while it told none, or one nobody knows."""
    name = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(name) if name in _names() else UTC


@cache
def _names() -> frozenset[str]:
    """Every zone there is. Asked once: it walks the folders of zones, 8 ms each time, and each page asks."""
    return frozenset(available_timezones())


@cache
def time_zones() -> tuple[str, ...]:
    """The names of the time zones a person can choose, in order."""
    return tuple(sorted(name for name in _names() if "/" in name or name == "UTC"))


def zone_problem(name: str) -> str:
    """Why this is no time zone, with the nearest one there is; empty when it is one."""
    if name in time_zones():
        return ""
    close = get_close_matches(name, time_zones(), 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"There is no such time zone.{hint} Write one like Europe/Berlin, or UTC."


def today(zone: ZoneInfo) -> date:
    """The day it is there."""
    return timezone.now().astimezone(zone).date()
