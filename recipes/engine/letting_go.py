"""Statements about steps that wait for something outside of their own run's graph."""

from datetime import datetime

from recipes.engine.sql import Statement

# Steps that could begin and were held back have neither anything to wait for nor a time.
LET_GO = (
    "UPDATE execution_steps s SET runnable_at = next.at FROM (SELECT held.id, v.at FROM "
    "(SELECT a.execution_id, a.room, %s::timestamptz AS at "
    "FROM unnest(%s::uuid[], %s::int[]) AS a(execution_id, room)) v "
    "CROSS JOIN LATERAL (SELECT h.id FROM execution_steps h WHERE h.execution_id = v.execution_id "
    "AND h.status = 'pending' AND h.waiting_on = 0 AND h.runnable_at IS NULL ORDER BY h.\"order\" LIMIT v.room) held"
    ") next WHERE s.id = next.id RETURNING s.execution_id"
)
# The step that cooked a run which is over looks at what it came to.
GO_ON_ABOVE = (
    "UPDATE execution_steps SET status = 'pending', runnable_at = %s, waiting_on = 0 "
    "WHERE id IN (SELECT id FROM execution_steps WHERE id = ANY(%s::uuid[]) AND status = 'running' AND owner IS NULL "
    "ORDER BY id FOR NO KEY UPDATE)"
)
HOLD_ABOVE = "SELECT id FROM execution_steps WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
# Of runs, those of which a step is at work or could be, and whether one is at work.
ACTIVE = (
    "SELECT execution_id, bool_or(status = 'running') FROM execution_steps "
    "WHERE execution_id = ANY(%s::uuid[]) AND ((status = 'running' AND owner IS NOT NULL) "
    "OR (status = 'pending' AND runnable_at IS NOT NULL)) GROUP BY execution_id"
)
# When the last wait of each run ends by itself; without those that never do.
WAITS_DUE = (
    "SELECT s.execution_id, max(a.due_at) FROM approvals a JOIN execution_steps s ON s.id = a.step_id "
    "WHERE s.execution_id = ANY(%s::uuid[]) AND a.status = 'pending' AND a.due_at IS NOT NULL "
    "GROUP BY s.execution_id"
)


def waits_closed(steps: str, ids: str, now: datetime) -> Statement:
    """Nobody is asked any more about these steps. steps: a condition on `s` with one parameter, ids."""
    return (
        "UPDATE approvals a SET status = 'expired', decided_at = %s FROM execution_steps s "  # noqa: S608 (our own words)
        f"WHERE s.id = a.step_id AND a.status = 'pending' AND {steps}",
        [now, ids],
    )
