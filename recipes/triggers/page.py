"""What the pages of schedules and triggers show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from recipes.models import Recipe, Schedule, ScheduleTick
from recipes.triggers import cron, queries

TICKS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule as the page shows it. times: the next five, local ones of its zone."""

    schedule: Schedule
    words: str
    times: Sequence[datetime]
    ticks: Sequence[ScheduleTick]


def schedule_rows(recipe: Recipe) -> list[ScheduleRow]:
    """The recipe's schedules with their last ticks."""
    last = ScheduleTick.objects.select_related("execution").order_by("-due_at")[:TICKS_SHOWN]
    rows = queries.schedules_of(recipe).prefetch_related(Prefetch("ticks", last, to_attr="last_ticks"))
    return [
        ScheduleRow(
            schedule=one,
            words=cron.explained(one.cron),
            times=cron.local(queries.times_of(one), one.time_zone),
            ticks=one.last_ticks,
        )
        for one in rows
    ]
