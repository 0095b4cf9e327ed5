"""Attempts that are followed by another one are kept as they ended; the step's own row goes on with the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from recipes.engine.sql import Statement, columns
from recipes.engine.storing import as_json


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that failed. The sums are those of the step, all attempts so far together."""

    step_id: UUID
    output: str
    output_refs: str | None
    error: dict[str, Any] | None
    input_tokens: int
    output_tokens: int
    cost: Decimal
    tool_calls: int


def kept(now: datetime, ended: Sequence[Ended]) -> Statement:
    """Writes attempts down, each with its own share of the sums; reads the rows as they are before this statement."""
    rows = [
        (
            one.step_id, one.output, as_json(one.error or {}), one.input_tokens, one.output_tokens, one.cost,
            one.tool_calls, one.output_refs,
        )
        for one in ended
    ]  # fmt: skip
    return (
        "INSERT INTO step_attempts (workspace_id, step_id, n, model, prompt, prompt_refs, output, output_refs, error, "
        "input_tokens, output_tokens, cost, tool_calls, started_at, completed_at) "
        "SELECT s.workspace_id, s.id, s.attempt, s.model, s.prompt, s.prompt_refs, v.output, v.output_refs::jsonb, "
        "v.error::jsonb, "
        "v.input_tokens - COALESCE(p.input_tokens, 0), v.output_tokens - COALESCE(p.output_tokens, 0), "
        "v.cost - COALESCE(p.cost, 0), v.tool_calls - COALESCE(p.tool_calls, 0), "
        "COALESCE((SELECT min(c.sent_at) FROM execution_calls c WHERE c.step_id = s.id AND c.attempt = s.attempt), "
        "s.started_at), %s FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[], "
        "%s::int[], %s::text[]) AS v(id, output, error, input_tokens, output_tokens, cost, tool_calls, output_refs) "
        "JOIN execution_steps s ON s.id = v.id LEFT JOIN LATERAL (SELECT sum(a.input_tokens) AS input_tokens, "
        "sum(a.output_tokens) AS output_tokens, sum(a.cost) AS cost, sum(a.tool_calls) AS tool_calls "
        "FROM step_attempts a WHERE a.step_id = s.id) p ON true ON CONFLICT (step_id, n) DO NOTHING",
        [now, *columns(rows)],
    )
