"""The time zone a person's browser told in a cookie: pages show times in it."""

from datetime import date
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.utils import timezone

COOKIE = "zone"
UTC = ZoneInfo("UTC")


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The browser's zone; UTC while it told none, or one nobody knows."""
    name = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(name) if name in _names() else UTC


@cache
def _names() -> frozenset[str]:
    """Every zone there is. Asked once: it walks the folders of zones, 8 ms each time, and each page asks."""
    return frozenset(available_timezones())


def today(zone: ZoneInfo) -> date:
    """The day it is there."""
    return timezone.now().astimezone(zone).date()
