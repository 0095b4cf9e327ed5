"""What agents' work came to, added up once a run is over: their pages read it, and know no table of runs."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from recipes.engine.sql import Statement, array

COLUMNS = (
    "workspace_id, agent_id, day, shard, runs, completed, failed, input_tokens, output_tokens, cost, duration_ms, "
    "is_estimated, last_used_at"
)
DAY = "(%s::timestamptz AT TIME ZONE 'UTC')::date"
# Each connection of a worker adds to rows of its own.
SHARD = "pg_backend_pid() %% 16"
ADD = (
    "ON CONFLICT (agent_id, day, shard) DO UPDATE SET runs = u.runs + EXCLUDED.runs, "
    "completed = u.completed + EXCLUDED.completed, failed = u.failed + EXCLUDED.failed, "
    "input_tokens = u.input_tokens + EXCLUDED.input_tokens, output_tokens = u.output_tokens + EXCLUDED.output_tokens, "
    "cost = u.cost + EXCLUDED.cost, duration_ms = u.duration_ms + EXCLUDED.duration_ms, "
    "is_estimated = u.is_estimated OR EXCLUDED.is_estimated, "
    "last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at)"
)
OF_RUNS = (
    f"INSERT INTO agent_usage AS u ({COLUMNS}) SELECT s.workspace_id, s.agent_id, {DAY}, {SHARD}, "  # noqa: S608
    "count(DISTINCT s.execution_id), count(*) FILTER (WHERE s.status = 'completed'), "
    "count(*) FILTER (WHERE s.status = 'failed'), sum(s.input_tokens), sum(s.output_tokens), sum(s.cost), "
    "COALESCE(round(sum(EXTRACT(EPOCH FROM s.completed_at - s.started_at)) FILTER (WHERE s.status = 'completed') "
    "* 1000), 0)::bigint, bool_or(s.is_estimated), max(s.started_at) FROM execution_steps s "
    "WHERE s.execution_id = ANY(%s::uuid[]) AND s.agent_id IS NOT NULL AND s.started_at IS NOT NULL "
    # What was taken over from another run was done, and paid, there.
    f"AND s.taken_from IS NULL GROUP BY s.workspace_id, s.agent_id ORDER BY s.agent_id {ADD}"
)
LATE = (
    f"INSERT INTO agent_usage AS u ({COLUMNS}) SELECT s.workspace_id, s.agent_id, {DAY}, {SHARD}, "  # noqa: S608
    "0, 0, 0, %s, %s, %s, 0, %s, s.started_at FROM execution_steps s JOIN recipe_executions e ON e.id = s.execution_id "
    f"WHERE s.id = %s AND s.agent_id IS NOT NULL AND e.completed_at IS NOT NULL {ADD}"
)


def usage_of_runs(now: datetime, run_ids: Iterable[UUID]) -> Statement:
    """Adds what the steps of these runs came to; once for each run, in the transaction that ends it."""
    return OF_RUNS, [now, array(run_ids)]


def usage_of_late_answer(
    now: datetime, step_id: UUID, tokens: tuple[int, int], cost: Decimal, *, is_estimated: bool
) -> Statement:
    """Adds what an answer took that came when its run was over; of a run under way its end adds everything."""
    return LATE, [now, *tokens, cost, is_estimated, step_id]
