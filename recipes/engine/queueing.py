"""Runs of a recipe that waits its turn: only so many of it cook at once, and the next one begins when one ends.

Who counts holds the recipe's lock (an advisory one) until the commit, so none is counted twice. Runs that wait for a
person do not count as cooking.
"""

from collections.abc import Iterable
from uuid import UUID

from recipes.engine.sql import Statements, array, statements
from workspaces.scope.tenancy import Purpose

# Days that a run waits for its turn.
PATIENCE = 7
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"
COOKING = (
    "SELECT count(*) FROM recipe_executions WHERE slot_of = %s AND NOT is_queued AND status IN ('pending', 'running')"
)
TAKE = """
UPDATE recipe_executions SET slot_of = %s, is_queued = %s,
deadline_at = CASE WHEN %s THEN statement_timestamp() + %s * interval '1 day' ELSE deadline_at END,
seconds_left = CASE WHEN %s THEN %s::float8 END WHERE id = %s"""
HOLD = "UPDATE execution_steps SET runnable_at = NULL WHERE execution_id = %s AND runnable_at IS NOT NULL"
# The recipe as it is now says how many; those of higher priority go first, then the oldest.
NEXT = """
SELECT q.id FROM recipe_executions q JOIN recipes r ON r.id = q.slot_of
WHERE q.slot_of = %s AND q.is_queued AND q.status = 'pending'
ORDER BY q.priority DESC, q.created_at, q.id
LIMIT CASE COALESCE((SELECT (execution_config ->> 'max_concurrent_runs')::int FROM recipes WHERE id = %s), 0)
    WHEN 0 THEN 1000
    ELSE GREATEST(0, (SELECT (execution_config ->> 'max_concurrent_runs')::int FROM recipes WHERE id = %s) - %s)
END FOR NO KEY UPDATE OF q SKIP LOCKED"""
# Its time counts from now on.
BEGIN = """
UPDATE recipe_executions SET is_queued = false, deadline_at = statement_timestamp() + seconds_left * interval '1 s',
seconds_left = NULL WHERE id = ANY(%s::uuid[])"""
FREE = """
UPDATE execution_steps s SET runnable_at = GREATEST(statement_timestamp(), e.not_before) FROM recipe_executions e
WHERE e.id = s.execution_id AND e.id = ANY(%s::uuid[]) AND s.status = 'pending' AND s.waiting_on = 0
AND s.runnable_at IS NULL"""


def take_slot(sql: Statements, execution_id: UUID, recipe_id: UUID, limit: int, seconds: float) -> bool:
    """Give a run that was just inserted its place: it cooks, or where as many of its recipe do as may, it waits.

    seconds: the time it may take, which counts once it begins. Whether it waits.
    """
    sql.send(LOCK, [str(recipe_id)])
    must_wait = bool(sql.rows(COOKING, [recipe_id])[0][0] >= limit)
    sql.send(TAKE, [recipe_id, must_wait, must_wait, PATIENCE, must_wait, float(seconds), execution_id])
    if must_wait:
        sql.send(HOLD, [execution_id])
    return must_wait


def begin_next(sql: Statements, recipe_ids: Iterable[UUID]) -> int:
    """Let the next runs of these recipes begin, as far as there is room; how many."""
    begun = 0
    for recipe_id in sorted(set(recipe_ids), key=str):
        sql.send(LOCK, [str(recipe_id)])
        cooking = sql.rows(COOKING, [recipe_id])[0][0]
        ids = [row[0] for row in sql.rows(NEXT, [recipe_id, recipe_id, recipe_id, cooking])]
        if ids:
            sql.send(BEGIN, [array(ids)])
            sql.send(FREE, [array(ids)])
            begun += len(ids)
    return begun


def begin_waiting() -> int:
    """Let queued runs begin that nobody woke: the one before them waits for a person, or the limit was raised."""
    with statements(Purpose.ENGINE) as sql:
        queued = sql.rows(
            "SELECT DISTINCT slot_of FROM recipe_executions WHERE slot_of IS NOT NULL AND is_queued "
            "AND status = 'pending'",
            [],
        )
        return begin_next(sql, (row[0] for row in queued))
