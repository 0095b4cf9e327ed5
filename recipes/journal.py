"""The journal of calls: an intent is committed before a call is sent, its result under the same key afterwards."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from automatos.errors import AppError
from automatos.llm.types import ModelReply
from recipes.ledger import as_json
from recipes.models import Call
from recipes.sql import Statement, columns


def call_id(step_id: UUID, attempt: int, position: int = 0) -> UUID:
    """The key of a call, the same whenever it is sent again: also the idempotency key the vendor sees."""
    return uuid5(step_id, f"{attempt}.{position}")


def intents_noted(now: datetime, intents: Iterable[tuple[UUID, UUID, UUID, int, str]]) -> Statement:
    """Notes calls about to be sent: (call, workspace, step, attempt, model). One noted before was lost on the way."""
    rows = [(*intent, now) for intent in intents]
    return (
        "INSERT INTO execution_calls (id, workspace_id, step_id, attempt, name, sent_at, position, kind, status, "
        "sends, output, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost) "
        "SELECT v.*, 0, 'model', 'sent', 1, '', 0, 0, 0, 0, 0 "
        "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::timestamptz[]) AS v "
        "ON CONFLICT (step_id, attempt, position) DO UPDATE "
        "SET sends = execution_calls.sends + 1, sent_at = EXCLUDED.sent_at, name = EXCLUDED.name",
        columns(rows),
    )


def results_noted(now: datetime, results: Iterable[tuple[UUID, ModelReply | None, AppError | None]]) -> Statement:
    """Notes what calls came to: a reply or an error each."""
    rows = [_row(key, reply, error, now) for key, reply, error in results]
    return (
        "UPDATE execution_calls c SET status = v.status, output = v.output, error = v.error::jsonb, "
        "input_tokens = v.input_tokens, output_tokens = v.output_tokens, cached_tokens = v.cached_tokens, "
        "reasoning_tokens = v.reasoning_tokens, cost = v.cost, completed_at = v.completed_at "
        "FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::int[], %s::int[], "
        "%s::numeric[], %s::timestamptz[]) AS v(id, status, output, error, input_tokens, output_tokens, cached_tokens, "
        "reasoning_tokens, cost, completed_at) WHERE c.id = v.id AND c.status = 'sent'",
        columns(rows),
    )


def _row(key: UUID, reply: ModelReply | None, error: AppError | None, now: datetime) -> tuple[Any, ...]:
    if reply is None:
        shape = as_json(error_shape(error)) if error else None
        return key, Call.Status.FAILED, "", shape, 0, 0, 0, 0, Decimal(0), now
    usage = reply.usage
    tokens = usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens
    return key, Call.Status.DONE, reply.text, None, *tokens, reply.cost, now


def error_shape(error: AppError) -> dict[str, Any]:
    """How an error is kept on a step, a run and an event."""
    return {"code": error.code, "message": error.message.replace("\x00", "")}
