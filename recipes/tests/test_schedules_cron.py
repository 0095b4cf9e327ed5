"""When schedules are due: pure, across both changes of the clock in three zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from automatos.local_time import zone_problem
from recipes.triggers import cron
from recipes.triggers.tick_services import MOST_MADE_GOOD, to_start

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
# Zone, cron, the local day before the change, and what is due next, local time with the offset in force.
CHANGES = [
    # Spring: 2:00 becomes 3:00 (in Lord Howe 2:30). What the clock jumps over comes at the jump.
    (BERLIN, "30 2 * * *", "2026-03-28", ["03-28T02:30+01:00", "03-29T03:00+02:00", "03-30T02:30+02:00"]),
    (NEW_YORK, "30 2 * * *", "2026-03-07", ["03-07T02:30-05:00", "03-08T03:00-04:00", "03-09T02:30-04:00"]),
    (LORD_HOWE, "15 2 * * *", "2026-10-03", ["10-03T02:15+10:30", "10-04T02:30+11:00", "10-05T02:15+11:00"]),
    # Autumn: a time that the clock passes twice comes once.
    (BERLIN, "30 2 * * *", "2026-10-24", ["10-24T02:30+02:00", "10-25T02:30+02:00", "10-26T02:30+01:00"]),
    (NEW_YORK, "30 1 * * *", "2026-10-31", ["10-31T01:30-04:00", "11-01T01:30-04:00", "11-02T01:30-05:00"]),
    (LORD_HOWE, "45 1 * * *", "2026-04-04", ["04-04T01:45+11:00", "04-05T01:45+11:00", "04-06T01:45+10:30"]),
    # With a star every real hour counts, the doubled one twice and the missing one never.
    (BERLIN, "0 * * * *", "2026-10-25", [f"10-25T{hour}" for hour in ("00:00+02:00", "01:00+02:00", "02:00+02:00",
                                                                     "02:00+01:00", "03:00+01:00")]),
    (NEW_YORK, "0 * * * *", "2026-03-08", [f"03-08T{hour}" for hour in ("00:00-05:00", "01:00-05:00", "03:00-04:00")]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "expression", "day", "expected"), CHANGES)
def test_both_changes_of_the_clock(zone: str, expression: str, day: str, expected: list[str]) -> None:
    before = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) - timedelta(seconds=1)
    found = cron.next_times(expression, zone, before, len(expected))
    local = [at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")[5:] for at in found]
    assert local == expected
    assert all(at.tzinfo is UTC for at in found)
    # Asked one by one, as the beat does it, the same moments come, none doubled and none lost.
    one_by_one = [before.astimezone(UTC)]
    for _ in expected:
        one_by_one += cron.next_times(expression, zone, one_by_one[-1], 1)
    assert one_by_one[1:] == found
    assert cron.due(expression, zone, found[0], found[-1]) == found


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "five fields"),
        ("* * * *", "This has 4"),
        ("* * * * * *", "This has 6"),
        ("61 * * * *", "minute"),
        ("0 0 31 2 *", "day-of-month"),
        ("*/0 * * * *", "minute"),
        ("a b c d e", "minute"),
        (f"{'9' * 90} * * * *", "minute"),
        ("0 9 * * 1-", "day-of-week"),
        ("L-1 * * * L", ""),
        ("LW/2 * LW-3 * 1#0", ""),
    ],
)
def test_what_is_no_cron_expression_says_why(expression: str, words: str) -> None:
    problem = cron.cron_problem(expression)
    assert problem
    assert words in problem


def test_words_and_zones() -> None:
    assert cron.cron_problem("30 9 * * 1-5") == ""
    assert cron.explained("30 9 * * 1-5") == "At 09:30 on Monday through Friday"
    assert zone_problem("Europe/Berlin") == "" == zone_problem("UTC")
    assert "Europe/Berlin" in zone_problem("Europe/Berlim")
    assert zone_problem("../../etc/passwd")


def test_what_is_missed_is_bounded_and_the_policy_says_what_becomes_of_it() -> None:
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    moments = cron.due("* * * * *", "UTC", now - timedelta(days=400), now)
    assert len(moments) == 7 * 24 * 60
    assert moments[-1] == now
    hourly = cron.due("30 * * * *", "UTC", now - timedelta(hours=23.5), now)
    assert len(hourly) == 24
    assert to_start(hourly, "skip", now) == []
    assert to_start(hourly, "skip", hourly[-1] + timedelta(minutes=4)) == hourly[-1:]
    assert to_start(hourly, "run_once", now) == hourly[-1:]
    assert to_start(hourly, "run_all", now) == hourly
    assert to_start(moments, "run_all", now) == moments[-MOST_MADE_GOOD:]


@pytest.mark.parametrize("expression", ["30 1 * * *", "45 1 * * 0", "*/20 1 * * *", "15 * * * *", "0 1-2 * * *"])
@pytest.mark.parametrize(
    ("zone", "begin"),
    [("America/New_York", "2026-11-01T05:00"), ("Europe/London", "2026-10-25T00:00"), ("UTC", "2026-11-01T05:00")],
)
def test_in_the_hour_that_comes_twice_nothing_is_due_in_the_past(expression: str, zone: str, begin: str) -> None:
    """Whenever in it somebody writes or edits a schedule, or a beat looks after it."""
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    for minutes in range(0, 180, 5):
        now = first + timedelta(minutes=minutes)
        found = cron.next_times(expression, zone, now, 3)
        assert found == sorted({at for at in found if at > now}), now
