"""current_time and date_calculate: time zones, clock changes, month ends and working days."""

from typing import Any

import pytest

from tools.tests.kit import context, refused, said


async def test_now_is_told_in_the_zone_asked_for() -> None:
    text = await said("current_time", time_zone="Asia/Tokyo")
    assert text.startswith("2026-11-24T21:00:00+09:00 (Asia/Tokyo), Tuesday, week 48, day 328")
    assert "UTC 2026-11-24T12:00:00Z" in text
    assert "(Europe/Berlin)" in await said("current_time", context(time_zone="Europe/Berlin"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"start": "2026-01-31", "amount": {"months": 1}}, "2026-02-28, Saturday"),
        ({"start": "2024-02-29", "amount": {"years": 1}}, "2025-02-28, Friday"),
        ({"start": "today", "amount": {"days": -24}}, "2026-10-31, Saturday"),
        ({"start": "2026-11-27", "amount": {"business_days": 1}}, "2026-11-30, Monday"),
        ({"start": "2026-11-30", "amount": {"business_days": -1}}, "2026-11-27, Friday"),
        (
            {"start": "2026-12-23", "amount": {"business_days": 2}, "holidays": ["2026-12-24", "2026-12-25"]},
            "2026-12-29, Tuesday",
        ),
        # Clocks go forward on 29 March: four hours later it is half past four, a day later the same time.
        (
            {"start": "2026-03-28T23:30", "amount": {"hours": 4}, "time_zone": "Europe/Berlin"},
            "2026-03-29T04:30:00+02:00",
        ),
        (
            {"start": "2026-03-28T12:00", "amount": {"days": 1}, "time_zone": "Europe/Berlin"},
            "2026-03-29T12:00:00+02:00",
        ),
    ],
)
async def test_adding(arguments: dict[str, Any], text: str) -> None:
    assert (await said("date_calculate", operation="add", **arguments)).startswith(text)


async def test_differences() -> None:
    text = await said("date_calculate", operation="difference", start="2026-01-15", end="2026-03-01")
    assert text.startswith("45 calendar days; in parts: 1 months, 14 days; 32 business days")
    text = await said("date_calculate", operation="difference", start="2026-03-01", end="2026-01-15")
    assert text.startswith("-45 calendar days")
    night: dict[str, Any] = {"start": "2026-03-28T12:00", "end": "2026-03-29T12:00", "time_zone": "Europe/Berlin"}
    assert "23.0000 hours" in await said("date_calculate", operation="difference", **night)


async def test_converting() -> None:
    text = await said(
        "date_calculate",
        operation="convert",
        start="2026-07-01T09:00",
        time_zone="America/New_York",
        to_time_zone="UTC",
    )
    assert text.startswith("2026-07-01T13:00:00+00:00")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"operation": "add", "start": "soon", "amount": {"days": 1}}, "'soon' is not a date"),
        ({"operation": "add", "start": "2026-02-30", "amount": {"days": 1}}, "not a date"),
        ({"operation": "add", "start": "2026-01-01"}, "needs an amount"),
        ({"operation": "add", "start": "2026-01-01", "amount": {"fortnights": 1}}, "There are: years, months"),
        ({"operation": "add", "start": "9999-12-31", "amount": {"days": 1}}, "years 1 to 9999"),
        ({"operation": "add", "start": "2026-01-01", "amount": {"days": 10**10}}, "amount.days is 10000000000"),
        ({"operation": "add", "start": "2026-01-01", "amount": {"business_days": 1}, "holidays": ["xmas"]}, "holiday"),
        ({"operation": "difference", "start": "2026-01-01"}, "needs end"),
        ({"operation": "convert", "start": "2026-01-01"}, "needs to_time_zone"),
        ({"operation": "add", "start": "now", "time_zone": "Berlin"}, "Did you mean Europe/Berlin"),
        ({"operation": "add", "start": "now", "time_zone": "../../etc/passwd"}, "There is no time zone"),
        ({"operation": "divide", "start": "now"}, "allowed are add, difference, convert"),
    ],
)
async def test_what_is_no_date_is_told_with_its_cure(arguments: dict[str, Any], text: str) -> None:
    assert text in await refused("date_calculate", **arguments)
