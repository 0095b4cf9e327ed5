"""Executions under lock: what one transaction decides about them, written back at its end in two statements.

Whoever changes a run first locks its execution row, in order of id, and keeps it until the commit. So everything about
one run happens in one order, its events are numbered without gap, and two transactions can never wait for each other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson

from automatos.errors import AppError
from automatos.events import Notice, iso
from recipes.engine.agent_usage import usage_of_runs
from recipes.engine.graph import Placed
from recipes.engine.letting_go import ACTIVE, GO_ON_ABOVE, LET_GO, WAITS_DUE, waits_closed
from recipes.engine.payloads import SEARCHED, Shelf, filled
from recipes.engine.queueing import begin_next
from recipes.engine.sql import Statements, array, columns
from recipes.engine.storing import as_json, as_stored
from recipes.models import LIVE_STATUSES, ExecutionStatus, StepStatus
from workspaces.budgets.reserving import Payer, Settled, Wish, move_money, release_of_runs

INPUTS = filled("e", "input_data", "automatos_json")
RUN_COLUMNS = (
    "e.id, e.workspace_id, e.status, e.last_seq, e.unfinished_steps, e.total_steps, e.current_step, e.mode, "  # noqa: S608
    f"{INPUTS}, e.retry_delay, e.backoff, e.started_at, e.deadline_at, e.conversation_id, e.waiting_steps, "
    "e.seconds_left, e.pins, e.untrusted_inputs, e.recipe_id, "
    "e.slot_of, EXISTS (SELECT 1 FROM budgets b WHERE b.workspace_id = e.workspace_id), "
    "e.parallel_limit, e.held_steps, e.paused_at, e.memory_isolation, e.parent_step_id, e.root_id, e.depth, "
    "(SELECT r.recipe_id FROM recipe_executions r WHERE r.id = e.root_id), e.above, e.input_data_refs"
)
# How long a run waits for a person before it fails as overdue.
PATIENCE = timedelta(days=7)
RUN_COLUMN_COUNT = len(RUN_COLUMNS.replace(INPUTS, "").split(","))


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
    waiting_steps: int = 0
    seconds_left: float | None = None
    # By agent, how this run keeps it (pins.py).
    pins: dict[str, str] = field(default_factory=dict)
    # Inputs that somebody outside wrote, each with where it came from.
    untrusted_inputs: dict[str, list[str]] = field(default_factory=dict)
    recipe_id: UUID | None = None
    # The recipe, where only so many of its runs may cook at once.
    slot_of: UUID | None = None
    # Whether money is limited anywhere in its workspace; where it is not, nothing is held back or counted.
    has_budgets: bool = False
    parallel_limit: int | None = None
    held_steps: int = 0
    paused_at: datetime | None = None
    memory_isolation: bool = False
    # The step of another run that cooks it, the run at the top, how many stand above it, and the recipe at the top.
    parent_step_id: UUID | None = None
    root_id: UUID | None = None
    depth: int = 0
    root_recipe_id: UUID | None = None
    # The runs it stands inside of, from the top down, as [run, recipe]; the recipe is null where a run has none.
    above: list[list[str | None]] = field(default_factory=list)
    # Which of its inputs are payloads.
    input_refs: Any = None
    has_new_pins: bool = False
    # Set where it changed without an event; room: how many steps fewer are at work than when it was locked.
    is_changed: bool = False
    room: int = 0
    is_estimated: bool = False
    completed_at: datetime | None = None
    output_data: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    tool_calls: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    is_over: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.input_data, str):  # a raw cursor gives JSON as text
            self.input_data = orjson.loads(self.input_data)
        self.pins = from_json(self.pins) or {}
        self.untrusted_inputs = from_json(self.untrusted_inputs) or {}
        self.input_refs = from_json(self.input_refs)
        self.above = from_json(self.above) or []
        self.is_over = not self.is_live

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES

    def payer(self, step_id: UUID, agent_id: UUID | None) -> Payer:
        """Whose budgets a call of this run counts for."""
        # A release before this one wrote "None" for it.
        runs = {UUID(recipe): UUID(run) for run, recipe in self.above if run and recipe and recipe != "None"}
        runs |= {self.root_recipe_id: self.root_id} if self.root_recipe_id and self.root_id else {}
        runs |= {self.recipe_id: self.id} if self.recipe_id else {}
        return Payer(
            workspace_id=self.workspace_id, recipes=runs, agent_id=agent_id, run_id=self.root_id or self.id,
            step_id=step_id,
        )  # fmt: skip

    def left_at(self, moment: datetime) -> float:
        """Seconds that it may still take, whether or not its clock stands."""
        return (self.deadline_at - moment).total_seconds() if self.seconds_left is None else self.seconds_left

    def leave(self, seconds: float, moment: datetime) -> None:
        """Give it back time: at least so many seconds are left from this moment on."""
        if self.seconds_left is None:
            self.deadline_at = max(self.deadline_at, moment + timedelta(seconds=seconds))
        else:
            self.seconds_left = max(self.seconds_left, seconds)

    @property
    def may_stand(self) -> bool:
        """Whether its clock stands, or may have to."""
        return bool(self.waiting_steps or self.paused_at) or self.seconds_left is not None

    @property
    def can_go_on(self) -> bool:
        """Whether steps may begin."""
        return self.is_live and self.paused_at is None

    def pin(self, agent_id: UUID, key: UUID) -> bool:
        """Keep an agent so for this run; False where it keeps it already."""
        if str(agent_id) in self.pins:
            return False
        self.pins[str(agent_id)], self.has_new_pins = str(key), True
        return True

    def emit(self, kind: str, at: datetime, step: Placed | None = None, **data: Any) -> None:
        """Add a durable event, numbered right after the last one. After the end of a run there are none.

        step: whose event it is: its number and, in the data, its path.
        """
        if self.is_over:
            return
        self.last_seq += 1
        event = {"seq": self.last_seq, "type": kind, "at": iso(at), "execution_id": str(self.id)}
        if step is not None:
            event["step"] = step.order
            data |= {"path": step.place, **step.tags}
        # As it will be stored, since it is published too.
        self.events.append({**event, "data": as_stored(data)})

    def end(self, status: ExecutionStatus, at: datetime, *, error: dict[str, Any] | None = None, **data: Any) -> None:
        """The run is over: no later decision may change it."""
        if not self.is_live:
            return
        self.status, self.completed_at, self.error, self.seconds_left = status, at, error, None
        if error:
            data["error"] = error
        self.emit(f"execution.{status.value}", at, **data)
        self.is_over = True

    def stop_clock(self, at: datetime, due_at: datetime | None = None) -> None:
        """All that could go on waits: the time that is left stands still, for as long as that may take.

        due_at: when the last of its waits ends by itself.
        """
        until = at + PATIENCE if due_at is None else max(at, due_at) + PATIENCE
        if self.seconds_left is None:
            self.seconds_left = max(1.0, self.left_at(at))
            self.status, self.deadline_at = ExecutionStatus.WAITING, until
            self.emit("execution.waiting", at)
        elif due_at is not None:
            self.deadline_at = max(self.deadline_at, until)

    def start_clock(self, at: datetime) -> None:
        """Something goes on, with the time that was left."""
        if self.seconds_left is not None:
            self.deadline_at, self.seconds_left = at + timedelta(seconds=self.seconds_left), None
            if self.status == ExecutionStatus.WAITING:
                self.status = ExecutionStatus.RUNNING if self.started_at else ExecutionStatus.PENDING


class Ledger:
    """The executions one transaction holds."""

    def __init__(self, sql: Statements) -> None:
        self.sql = sql
        self.runs: dict[UUID, Run] = {}
        self.shelf = Shelf()
        # Calls that came to their end in runs whose workspace has budgets.
        self.settled: list[Settled] = []
        # Whether runs that waited for their turn may begin now.
        self.has_begun = False
        self.above_told: set[UUID] = set()

    @property
    def now(self) -> datetime:
        """By the database's clock. Free of charge once anything was read."""
        return self.sql.now

    def run(self, columns: Iterable[Any]) -> Run:
        """The run read from RUN_COLUMNS of a row just locked; one already held keeps its state."""
        columns = tuple(columns)
        if columns[0] not in self.runs:
            run = self.runs[columns[0]] = Run(*columns)
            self.shelf.note_json(run.id, run.workspace_id, run.input_data, run.input_refs)
        return self.runs[columns[0]]

    def lock(self, execution_ids: Iterable[UUID]) -> list[Run]:
        """Lock executions by id."""
        rows = self.sql.rows(
            f"SELECT {RUN_COLUMNS} FROM recipe_executions e "  # noqa: S608
            "WHERE e.id = ANY(%s::uuid[]) ORDER BY e.id FOR NO KEY UPDATE",
            [array(execution_ids)],
        )
        return [self.run(row) for row in rows]

    def count_cost(self, call_id: UUID, payer: Payer, cost: Decimal, *, ends_step: bool = False) -> None:
        """A call came to its end: what was held back for it is settled with its cost."""
        self.settled.append(Settled(call_id, payer, cost, ends_step))

    def count_late_cost(self, payer: Payer, cost: Decimal) -> None:
        """What an answer cost that came too late: whoever makes the same call now holds back money of its own."""
        self.settled.append(Settled(uuid4(), payer, cost))

    def move_money(self, wishes: Sequence[Wish] = ()) -> dict[UUID, AppError]:
        """Settle what came to its end, and hold money back; why not, by the id of each call that finds no room."""
        settled, self.settled = self.settled, []
        return move_money(self.sql, self.now, settled, wishes)

    def cancel_steps(self, runs: Iterable[Run]) -> None:
        """Whatever is not over in these runs is cancelled; the raised fence refuses late results."""
        self.sql.send(
            "UPDATE execution_steps SET status = %s, fence = fence + 1, owner = NULL, runnable_at = NULL, "
            "completed_at = %s WHERE execution_id = ANY(%s::uuid[]) AND status IN ('pending', 'running', 'waiting')",
            [StepStatus.CANCELLED, self.now, array(run.id for run in runs)],
        )

    def write(self) -> list[Notice]:
        """Write runs and events back; what to publish after the commit."""
        touched = [run for run in self.runs.values() if run.events or run.is_changed]
        told = [run for run in touched if run.events]
        if touched:
            self.let_go()
            self._settle_waits(touched)
            self._write_runs(touched)
        if told:
            self._write_events(told)
        self.go_on_above()
        self.move_money()
        ended = [run for run in touched if run.completed_at is not None]
        if limited := [run.id for run in ended if run.has_budgets]:
            release_of_runs(self.sql, self.now, limited)
        if ended:
            self.sql.flush()
            self.sql.send(*usage_of_runs(self.now, (run.id for run in ended)))
            self.has_begun = begin_next(self.sql, (run.slot_of for run in ended if run.slot_of)) > 0
        return [Notice(run.workspace_id, run.id, run.events) for run in told]

    def go_on_above(self) -> None:
        """Let the steps look that cooked runs which ended here; before rows that count money are locked."""
        above = {run.parent_step_id for run in self.runs.values() if run.parent_step_id and run.completed_at}
        if new := above - self.above_told:
            self.sql.flush()
            self.sql.send(GO_ON_ABOVE, [self.now, array(new)])
            self.above_told |= new

    def let_go(self) -> None:
        """Of steps that were held back, as many as there is room for by now; each claim looks again."""
        rows = [(run.id, run.room) for run in self.runs.values() if run.held_steps and run.room > 0 and run.can_go_on]
        if not rows:
            return
        self.sql.flush()
        freed = Counter(row[0] for row in self.sql.rows(LET_GO, [self.now, *columns(rows)]))
        for run_id, room in rows:
            run = self.runs[run_id]
            run.held_steps = max(0, run.held_steps - freed[run_id]) if freed[run_id] == room else 0
            run.room, run.is_changed = 0, True

    def _settle_waits(self, runs: list[Run]) -> None:
        """A run waits while some of its steps do and no other can go on; nobody is asked about one that ended."""
        over = [run for run in runs if run.waiting_steps and not run.is_live]
        if over:
            self.sql.put_off(waits_closed("s.execution_id = ANY(%s::uuid[])", array(run.id for run in over), self.now))
        live = [run for run in runs if run.is_live and run.may_stand]
        active = self._active(live) if live else set()
        due = self._due([run for run in live if run.waiting_steps and run.id not in active])
        for run in live:
            if (run.waiting_steps or run.paused_at) and run.id not in active:
                run.stop_clock(self.now, due.get(run.id))
            else:
                run.start_clock(self.now)
        for run in over:
            run.waiting_steps = 0

    def _active(self, runs: list[Run]) -> set[UUID]:
        """Those of which a step is at work, or will be without a person."""
        self.sql.flush()
        rows = self.sql.rows(ACTIVE, [array(run.id for run in runs)])
        return {key for key, is_running in rows if is_running or self.runs[key].can_go_on}

    def _due(self, runs: list[Run]) -> dict[UUID, datetime]:
        """When the last wait of each run ends by itself; without those that never do."""
        if not runs:
            return {}
        rows = self.sql.rows(WAITS_DUE, [array(run.id for run in runs)])
        return dict(rows)

    def _write_runs(self, runs: list[Run]) -> None:
        whole = ("final_output",)
        made = {run.id: self.shelf.json(run.id, run.output_data, searched=SEARCHED, whole=whole) for run in runs}
        rows = [
            (
                run.id, run.status, run.last_seq, run.unfinished_steps, run.total_steps, run.current_step,
                run.started_at, run.completed_at, as_json(made[run.id][0]), as_json(run.error),
                run.input_tokens, run.output_tokens, run.cost, run.tool_calls, run.deadline_at, run.waiting_steps,
                run.seconds_left, as_json(run.pins) if run.has_new_pins else None, run.is_estimated, run.held_steps,
                run.paused_at, made[run.id][1],
            )
            for run in runs
        ]  # fmt: skip
        self.sql.put_off(
            (
                "UPDATE recipe_executions e SET status = v.status, last_seq = v.last_seq, "
                "total_steps = v.total_steps, unfinished_steps = v.unfinished_steps, current_step = v.current_step, "
                "started_at = v.started_at, "
                "completed_at = v.completed_at, output_data = v.output_data::jsonb, "
                "output_data_refs = v.output_data_refs::jsonb, error = v.error::jsonb, "
                "input_tokens = e.input_tokens + v.input_tokens, output_tokens = e.output_tokens + v.output_tokens, "
                "cost = e.cost + v.cost, tool_calls = e.tool_calls + v.tool_calls, deadline_at = v.deadline_at, "
                "waiting_steps = v.waiting_steps, seconds_left = v.seconds_left, "
                "pins = COALESCE(v.pins::jsonb, e.pins), held_steps = v.held_steps, paused_at = v.paused_at, "
                "is_estimated = e.is_estimated OR v.is_estimated "
                "FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::int[], %s::int[], %s::int[], %s::timestamptz[], "
                "%s::timestamptz[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[], %s::int[], "
                "%s::timestamptz[], %s::int[], %s::float8[], %s::text[], %s::bool[], %s::int[], %s::timestamptz[], "
                "%s::text[]) AS v(id, status, last_seq, unfinished_steps, total_steps, current_step, started_at, "
                "completed_at, output_data, error, input_tokens, output_tokens, cost, tool_calls, deadline_at, "
                "waiting_steps, seconds_left, pins, is_estimated, held_steps, paused_at, output_data_refs) "
                "WHERE e.id = v.id",
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


def from_json(value: Any) -> Any:
    """What a JSON column holds; a raw cursor gives it as text."""
    return orjson.loads(value) if isinstance(value, str) else value
