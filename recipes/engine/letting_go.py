"""Statements that let steps go on which waited for something outside of their own run's graph."""

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
    "WHERE id = ANY(%s::uuid[]) AND status = 'running' AND owner IS NULL"
)
