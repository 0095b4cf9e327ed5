"""Executions under lock: what one transaction decides about them, written back at its end in two statements.

Whoever changes a run first locks its execution row, in order of id, and keeps it until the commit. So everything about
one run happens in one order, its events are numbered without gap, and two transactions can never wait for each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from automatos.events import Notice, iso
from recipes.models import LIVE_STATUSES, ExecutionStatus, StepStatus
from recipes.sql import Statements, array, columns

RUN_COLUMNS = (
    "e.id, e.workspace_id, e.status, e.last_seq, e.unfinished_steps, e.total_steps, e.current_step, e.mode, "
    "e.input_data, e.retry_delay, e.backoff, e.started_at, e.deadline_at, e.conversation_id"
)
RUN_COLUMN_COUNT = len(RUN_COLUMNS.split(","))


@dataclass(slots=True)
class Run:
    """One locked execution and what this transaction adds to it."""

    id: UUID
    workspace_id: UUID
    status: str
    last_seq: int
    unfinished_steps: int
    total_steps: int
    current_step: int
    mode: str
    input_data: dict[str, Any]
    retry_delay: float
    backoff: float
    started_at: datetime | None
    deadline_at: datetime
    conversation_id: UUID | None = None
    completed_at: datetime | None = None
    output_data: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    tool_calls: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if isinstance(self.input_data, str):  # a raw cursor gives JSON as text
            self.input_data = orjson.loads(self.input_data)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES

    def emit(self, kind: str, at: datetime, step: int | None = None, **data: Any) -> None:
        """Add a durable event, numbered right after the last one."""
        self.last_seq += 1
        event = {"seq": self.last_seq, "type": kind, "at": iso(at), "execution_id": str(self.id)}
        if step is not None:
            event["step"] = step
        self.events.append({**event, "data": data})

    def end(self, status: ExecutionStatus, at: datetime, *, error: dict[str, Any] | None = None, **data: Any) -> None:
        """The run is over: no later decision may change it."""
        self.status, self.completed_at, self.error = status, at, error
        if error:
            data["error"] = error
        self.emit(f"execution.{status.value}", at, **data)


class Ledger:
    """The executions one transaction holds."""

    def __init__(self, sql: Statements, now: datetime) -> None:
        self.sql, self.now = sql, now
        self.runs: dict[UUID, Run] = {}

    def run(self, columns: Iterable[Any]) -> Run:
        """The run read from RUN_COLUMNS of a row just locked; one already held keeps its state."""
        columns = tuple(columns)
        return self.runs.setdefault(columns[0], Run(*columns)) if columns[0] not in self.runs else self.runs[columns[0]]

    def lock(self, execution_ids: Iterable[UUID]) -> list[Run]:
        """Lock executions by id."""
        rows = self.sql.rows(
            f"SELECT {RUN_COLUMNS} FROM recipe_executions e "  # noqa: S608
            "WHERE e.id = ANY(%s::uuid[]) ORDER BY e.id FOR NO KEY UPDATE",
            [array(execution_ids)],
        )
        return [self.run(row) for row in rows]

    def cancel_steps(self, runs: Iterable[Run]) -> None:
        """Whatever is not over in these runs is cancelled; the raised fence refuses late results."""
        self.sql.send(
            "UPDATE execution_steps SET status = %s, fence = fence + 1, owner = NULL, runnable_at = NULL, "
            "completed_at = %s WHERE execution_id = ANY(%s::uuid[]) AND status IN ('pending', 'running', 'waiting')",
            [StepStatus.CANCELLED, self.now, array(run.id for run in runs)],
        )

    def write(self) -> list[Notice]:
        """Write runs and events back; what to publish after the commit."""
        touched = [run for run in self.runs.values() if run.events]
        if touched:
            self._write_runs(touched)
            self._write_events(touched)
        return [Notice(run.workspace_id, run.id, run.events) for run in touched]

    def _write_runs(self, runs: list[Run]) -> None:
        rows = [
            (
                run.id, run.status, run.last_seq, run.unfinished_steps, run.current_step, run.started_at,
                run.completed_at, as_json(run.output_data), as_json(run.error),
                run.input_tokens, run.output_tokens, run.cost, run.tool_calls,
            )
            for run in runs
        ]  # fmt: skip
        self.sql.put_off(
            (
                "UPDATE recipe_executions e SET status = v.status, last_seq = v.last_seq, "
                "unfinished_steps = v.unfinished_steps, current_step = v.current_step, started_at = v.started_at, "
                "completed_at = v.completed_at, output_data = v.output_data::jsonb, error = v.error::jsonb, "
                "input_tokens = e.input_tokens + v.input_tokens, output_tokens = e.output_tokens + v.output_tokens, "
                "cost = e.cost + v.cost, tool_calls = e.tool_calls + v.tool_calls "
                "FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::int[], %s::int[], %s::timestamptz[], "
                "%s::timestamptz[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[], %s::int[]) "
                "AS v(id, status, last_seq, unfinished_steps, current_step, started_at, completed_at, output_data, "
                "error, input_tokens, output_tokens, cost, tool_calls) WHERE e.id = v.id",
                columns(rows),
            )
        )

    def _write_events(self, runs: list[Run]) -> None:
        rows = [
            (run.workspace_id, run.id, event["seq"], event["type"], event.get("step"), as_json(event["data"]), self.now)
            for run in runs
            for event in run.events
        ]
        self.sql.put_off(
            (
                "INSERT INTO execution_events (workspace_id, execution_id, seq, type, step, data, at) "
                "SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::int[], %s::jsonb[], "
                "%s::timestamptz[])",
                columns(rows),
            )
        )


def as_json(value: Any) -> str | None:
    """JSON text that PostgreSQL can hold: without NUL characters; None stays None."""
    if value is None:
        return None
    return orjson.dumps(value, default=str).decode().replace("\\u0000", "")


def from_json(value: Any) -> Any:
    """What a JSON column holds; a raw cursor gives it as text."""
    return orjson.loads(value) if isinstance(value, str) else value
