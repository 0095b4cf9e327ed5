"""The journal of calls: an intent is committed before a call is sent, its result under the same key afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from automatos.errors import AppError
from automatos.llm.types import ModelReply, Usage
from recipes.engine.ledger import from_json
from recipes.engine.payloads import Shelf, filled, large_in
from recipes.engine.sql import Statement, columns
from recipes.engine.storing import as_json
from recipes.models import Call

FIRST = "0"


@dataclass(frozen=True, slots=True)
class Intent:
    """A call about to be sent. name: the model or the tool; data: a tool's arguments; hashes: see Call.

    most: US dollars a model's call may take; seconds: how long; agent_id: who makes it; unpriced: why it may not be
    made where money is limited.
    """

    id: UUID
    workspace_id: UUID
    step_id: UUID
    attempt: int
    name: str
    path: str = FIRST
    kind: str = "model"
    data: dict[str, Any] | None = None
    request_hash: str = ""
    tool_version_hash: str = ""
    connection_id: UUID | None = None
    most: Decimal = Decimal(0)
    seconds: float = 0.0
    agent_id: UUID | None = None
    unpriced: AppError | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to: a model's reply, a tool's text with its data, or an error. request_hash: of a model's.

    counts: US dollars that it counts for where money is limited; None: what it cost. agent_id: who made it.
    run_id: whose payloads it may refer to; None: everything stands in its row.
    """

    id: UUID
    reply: ModelReply | None = None
    output: str = ""
    data: dict[str, Any] | None = None
    error: AppError | None = None
    request_hash: str = ""
    counts: Decimal | None = None
    agent_id: UUID | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call as the journal has it. status: sent (its result is not known), done, failed or uncertain.

    usage, cost: what a model's call took.
    """

    path: str
    name: str
    status: str
    output: str
    data: dict[str, Any] | None
    error: dict[str, Any] | None
    usage: Usage = field(default_factory=Usage)
    cost: Decimal = Decimal(0)
    kind: str = ""
    request_hash: str = ""


def call_id(step_id: UUID, attempt: int, path: str = FIRST) -> UUID:
    """The key of a call, the same whenever it is sent again: also the idempotency key the vendor sees."""
    return uuid5(step_id, f"{attempt}.{path}")


def intents_noted(now: datetime, intents: Iterable[Intent], shelf: Shelf, run_id: UUID | None = None) -> Statement:
    """Notes calls about to be sent. One noted before was lost on the way. run_id: see Result."""
    rows = []
    for one in intents:
        data, refs = shelf.json(run_id, one.data)
        rows.append(
            (
                one.id, one.workspace_id, one.step_id, one.attempt, one.name, one.path, one.kind, as_json(data), now,
                one.request_hash, one.tool_version_hash, one.connection_id, refs,
            )
        )  # fmt: skip
    return (
        "INSERT INTO execution_calls (id, workspace_id, step_id, attempt, name, path, kind, data, sent_at, status, "
        "sends, output, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost, request_hash, "
        "tool_version_hash, connection_id, data_refs) "
        "SELECT v.id, v.workspace_id, v.step_id, v.attempt, v.name, v.path, v.kind, v.data::jsonb, v.sent_at, 'sent', "
        "1, '', 0, 0, 0, 0, 0, v.request_hash, v.tool_version_hash, v.connection_id, v.data_refs::jsonb "
        "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], "
        "%s::timestamptz[], %s::text[], %s::text[], %s::uuid[], %s::text[]) AS v(id, workspace_id, step_id, attempt, "
        "name, path, kind, data, sent_at, request_hash, tool_version_hash, connection_id, data_refs) "
        "ON CONFLICT (step_id, attempt, path) DO UPDATE "
        "SET sends = execution_calls.sends + 1, sent_at = EXCLUDED.sent_at, name = EXCLUDED.name "
        "WHERE execution_calls.status = 'sent'",
        columns(rows),
    )


def results_noted(now: datetime, results: Iterable[Result], shelf: Shelf) -> Statement:
    """Notes what calls came to; their tokens are added to those of the same call sent by a worker that was given up."""
    rows = [_row(result, now, shelf) for result in results]
    return (
        "UPDATE execution_calls c SET status = v.status, output = v.output, output_refs = v.output_refs::jsonb, "
        "data = COALESCE(v.data::jsonb, c.data), "
        "data_refs = CASE WHEN v.data IS NULL THEN c.data_refs ELSE v.data_refs::jsonb END, "
        "error = v.error::jsonb, input_tokens = c.input_tokens + v.input_tokens, "
        "output_tokens = c.output_tokens + v.output_tokens, cached_tokens = c.cached_tokens + v.cached_tokens, "
        "reasoning_tokens = c.reasoning_tokens + v.reasoning_tokens, cost = c.cost + v.cost, "
        "completed_at = v.completed_at, request_hash = COALESCE(NULLIF(v.request_hash, ''), c.request_hash), "
        "is_estimated = c.is_estimated OR v.is_estimated "
        "FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::int[], "
        "%s::int[], %s::numeric[], %s::timestamptz[], %s::text[], %s::bool[], %s::text[], %s::text[]) AS v(id, status, "
        "output, data, error, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost, completed_at, "
        "request_hash, is_estimated, output_refs, data_refs) "
        "WHERE c.id = v.id AND c.status = 'sent'",
        columns(rows),
    )


def large_texts(result: Result) -> Iterable[str]:
    """The large texts that the call's row would hold."""
    reply = spent(result)
    text = reply.text if reply else result.output
    return [*large_in(text), *large_in(_data(result, reply))]


def _data(result: Result, reply: ModelReply | None) -> dict[str, Any] | None:
    # A reply that is its text alone is kept so; one that goes on, or was thought about, has to be read back whole.
    is_more = reply is not None and result.error is None and (reply.tool_calls or reply.parts or reply.notes)
    return reply.to_json() if reply is not None and is_more else result.data


def _row(result: Result, now: datetime, shelf: Shelf) -> tuple[Any, ...]:
    reply = spent(result)
    failed = result.error is not None
    status = Call.Status.FAILED if failed else Call.Status.DONE
    if reply is None and (result.data or {}).get("uncertain"):
        status = Call.Status.UNCERTAIN
    shape = as_json(error_shape(result.error)) if result.error else None
    text, refs = shelf.text(result.run_id, reply.text if reply else result.output)
    data, data_refs = shelf.json(result.run_id, _data(result, reply))
    usage = reply.usage if reply else Usage()
    tokens = usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens
    cost = reply.cost if reply else Decimal(0)
    end = now, result.request_hash, usage.is_estimated, refs, data_refs
    return result.id, status, text, as_json(data), shape, *tokens, cost, *end


def spent(result: Result) -> ModelReply | None:
    """The reply that has to be paid for, also where it was of no use."""
    return result.reply or getattr(result.error, "reply", None)


def counted(result: Result) -> Decimal:
    """US dollars that a call counts for where money is limited."""
    if result.counts is not None:
        return result.counts
    reply = spent(result)
    return reply.cost if reply is not None else Decimal(0)


JOURNAL = (
    f"SELECT c.step_id, c.path, c.name, c.status, {filled('c', 'output')}, {filled('c', 'data', 'automatos_json')}, "  # noqa: S608
    "c.error, c.input_tokens, c.output_tokens, c.cost, c.kind, c.request_hash "
    "FROM execution_calls c "
    "JOIN unnest(%s::uuid[], %s::int[]) AS v(step_id, attempt) ON v.step_id = c.step_id AND v.attempt = c.attempt"
)


def recorded(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, dict[str, Recorded]]:
    """Rows of JOURNAL by step and path."""
    found: dict[UUID, dict[str, Recorded]] = {}
    for step_id, path, name, status, output, data, error, tokens_in, tokens_out, cost, kind, asked in rows:
        usage = Usage(tokens_in, tokens_out)
        call = Recorded(path, name, status, output, from_json(data), from_json(error), usage, cost, kind, asked)
        found.setdefault(step_id, {})[path] = call
    return found


def error_shape(error: AppError) -> dict[str, Any]:
    """How an error is kept on a step, a run and an event."""
    return {"code": error.code, "message": error.message.replace("\x00", "")}
