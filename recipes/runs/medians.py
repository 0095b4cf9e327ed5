"""How long runs usually take."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Aggregate, DurationField

from recipes.models import ENDED_BADLY

# How many finished runs of a recipe its usual length is taken from, among so many of its newest.
COMPARED_RUNS = 20
NEWEST_RUNS = 200


class Median(Aggregate):
    """PostgreSQL's median of an expression."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What began on a day, or in all of them. cost in US dollars; median_ms: of what is done, None where nothing is."""

    began: int = 0
    done: int = 0
    failed: int = 0
    cost: Decimal = Decimal(0)
    median_ms: float | None = None


# Days and their whole from one look at the runs. The money is that of all; counted are those that the list shows.
BY_DAY = (
    "SELECT day, count(*) FILTER (WHERE listed), count(*) FILTER (WHERE listed AND status = 'completed'), "
    "count(*) FILTER (WHERE listed AND status = ANY(%s)), sum(cost), "
    "percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE listed AND status = 'completed') "
    "FROM (SELECT (created_at AT TIME ZONE %s)::date AS day, status, cost, "
    "parent_step_id IS NULL AND triggered_by <> 'evaluation' AS listed, "
    "extract(epoch FROM completed_at - started_at) AS took FROM recipe_executions "
    "WHERE workspace_id = %s AND deleted_at IS NULL AND created_at >= %s) runs GROUP BY GROUPING SETS ((day), ())"
)


def by_day(workspace_id: UUID, since: datetime, zone: ZoneInfo) -> dict[date | None, DayFigures]:
    """The workspace's runs since then by the day they began on, in this zone; under None all of them."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, [list(ENDED_BADLY), zone.key, workspace_id, since])
        return {
            day: DayFigures(began, done, failed, cost or Decimal(0), None if median is None else float(median) * 1000)
            for day, began, done, failed, cost, median in cursor.fetchall()
        }


def usual_lengths(recipes: Collection[UUID]) -> dict[UUID | None, float]:
    """The median length of the last finished runs of each recipe, in milliseconds, in one query."""
    if not recipes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM took)) FROM ("
            "SELECT completed_at - started_at AS took FROM (SELECT started_at, completed_at, created_at, status "
            "FROM recipe_executions e WHERE e.recipe_id = r.id ORDER BY created_at DESC LIMIT %s) newest "
            "WHERE status = 'completed' AND started_at IS NOT NULL ORDER BY created_at DESC LIMIT %s) last) "
            "FROM unnest(%s::uuid[]) AS r(id)",
            [NEWEST_RUNS, COMPARED_RUNS, list(recipes)],
        )
        return {key: float(seconds) * 1000 for key, seconds in cursor.fetchall() if seconds is not None}
