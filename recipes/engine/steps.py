"""Steps under lock, the jobs they become, and what those come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from psycopg import Cursor

from agents.work.loop import Task
from automatos.errors import AppError
from automatos.events import Notice
from automatos.llm.parts import ToolCall
from automatos.llm.registry import Credentials
from automatos.llm.types import ModelReply
from recipes.engine.journal import FIRST, Recorded
from recipes.engine.ledger import RUN_COLUMN_COUNT, RUN_COLUMNS, Ledger, Run, from_json
from recipes.engine.new_steps import Round
from recipes.engine.payloads import filled
from recipes.engine.sql import array, columns
from recipes.engine.stages import StageInput
from recipes.engine.templating import Output, names, root_of
from recipes.models import Mode

STEP_COLUMNS = (
    's.id, s."order", s.name, s.step_id, s.agent_id, s.prompt_template, s.error_handling, s.max_retries, s.timeout, '
    "s.depends_on, s.fence, s.attempt, s.status, s.started_at, s.owner, s.max_iterations, s.input_tokens, "
    "s.output_tokens, s.cost, s.tool_calls, s.hand_ons, s.kind, s.leads_to, s.config, s.path, s.scope, s.grown, "
    "s.state, s.execution_id"
)


class Poison(AppError):
    """A step that nobody can work on: it cannot be prepared or stored, or its workers die of it."""

    code = "poison"
    http_status = 409


@dataclass(slots=True)
class Step:
    """The columns of a locked step."""

    id: UUID
    order: int
    name: str
    step_id: str
    agent_id: UUID | None
    prompt_template: str
    error_handling: str
    max_retries: int
    timeout: float
    depends_on: list[int]
    fence: int
    attempt: int
    status: str
    started_at: datetime | None
    owner: UUID | None
    max_iterations: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    tool_calls: int
    hand_ons: int
    kind: str
    leads_to: list[int] | None
    config: dict[str, Any] | None
    path: str | None
    scope: dict[str, Any] | None
    grown: int
    state: Any
    execution_id: UUID
    is_estimated: bool = False

    @property
    def place(self) -> str:
        """Its path for people and programs."""
        return self.path or self.step_id

    @property
    def tags(self) -> dict[str, Any]:
        """What its events say of it besides: of a workflow's steps the stage, and the subtask."""
        return {name: value for name in ("stage", "subtask") if (value := (self.config or {}).get(name))}

    @property
    def is_subtask(self) -> bool:
        """Whether it is a part of a goal: it is told the results it waited for, and nothing else of its run."""
        return "subtask" in (self.config or {})

    @property
    def has_begun(self) -> bool:
        """Whether somebody had it at work before: a worker that is gone, a person, or the steps it grew by."""
        return self.owner is not None or self.grown > 0

    @property
    def local(self) -> dict[str, Any]:
        """Values of its round that it may name: item, loop."""
        found: dict[str, Any] = (self.scope or {}).get("local") or {}
        return found

    @property
    def local_origins(self) -> list[str]:
        """Where untrusted text in those values came from."""
        found: list[str] = (self.scope or {}).get("origins") or []
        return found

    def without_local(self, template: str) -> tuple[list[str], dict[str, Any]]:
        """Of a text that names such values: where untrusted text in them came from, and the values without it."""
        if not self.local_origins or not any(root_of(name)[0] == "item" for name in names(template)):
            return [], self.local
        return self.local_origins, {**self.local, "item": ""}

    def may_name(self, order: int, mode: str) -> bool:
        """Whether it may name the output of the step with this number: one before it, at once one it waited for."""
        if self.scope is None:
            return order in self.depends_on if mode == Mode.PARALLEL else order < self.order
        if order in self.scope["sees"]:
            return True
        only = self.scope["only"]
        return order < self.scope["before"] and (only is None or order in only)

    def __post_init__(self) -> None:
        self.config, self.scope, self.state = from_json(self.config), from_json(self.scope), from_json(self.state)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said about a call. status: approved or rejected; subject_hash: of the tool and its arguments.

    changed: the arguments with which it was allowed, where they are others than those that were asked for.
    """

    status: str
    subject_hash: str
    changed: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed step whose first intent is committed: the call may be sent. fence: what a write about it must carry.

    journal: what earlier workers did of this attempt, by path. approvals: what people decided, by the call's id.
    earlier: effects of earlier attempts, by tool and arguments.
    policy: when a person is asked before a side effect: after_untrusted, always or never. origins: where untrusted
    text stands in what it is told already. heard: what it is told, without words of its own or of agents that had read
    untrusted text.
    credentials: the workspace's own keys; they live in memory alone.
    call: of a step that is one tool call: the call, with no model asked. is_short: no money is held back for its first
    call yet, since calls under way hold it. stage: of one whose work is code's. has_memory: whether its agents may
    recall and keep what goes beyond this run.
    above: the runs it stands inside of, the nearest first; their files are read, too. model_of_all: in place of that of
    agents whom its agent asks.
    """

    step_id: UUID
    execution_id: UUID
    workspace_id: UUID
    order: int
    attempt: int
    fence: int
    has_fallback: bool
    task: Task
    journal: dict[str, Recorded] = field(default_factory=dict)
    approvals: dict[UUID, Decision] = field(default_factory=dict)
    earlier: Mapping[str, Recorded] = field(default_factory=dict)
    policy: str = "after_untrusted"
    origins: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    credentials: Credentials = field(default_factory=dict, repr=False)
    call: ToolCall | None = None
    is_short: bool = False
    stage: StageInput | None = None
    has_memory: bool = True
    above: tuple[UUID, ...] = ()
    model_of_all: str = ""

    @property
    def asks_first(self) -> bool:
        """Whether a call of a model comes before anything else."""
        return self.call is None and self.stage is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job came to: a reply or an error, of the call at `path`. origins: of what its agent had read by then.

    request_hash: of what was asked in that call. is_paid: what it came to was written down, and paid, before.
    """

    step_id: UUID
    fence: int
    has_fallback: bool = False
    reply: ModelReply | None = None
    error: AppError | None = None
    path: str = FIRST
    origins: tuple[str, ...] = ()
    attempt: int = 0
    # Of a condition: the branch that is taken. Of a wait: what it leaves.
    branch: str = ""
    request_hash: str = ""
    output: str | None = None
    # US dollars that the call counts for where money is limited; None: what it cost.
    counts: Decimal | None = None
    is_paid: bool = False
    # Of a stage: steps by which it grows its run before it is over, and what the run tells with its end.
    rounds: Sequence[Round] = ()
    events: Sequence[tuple[str, dict[str, Any]]] = ()

    @property
    def is_without_call(self) -> bool:
        """Whether the step ended well without a model: a condition, a wait."""
        return bool(self.branch) or self.output is not None


@dataclass(slots=True)
class Turn:
    """What a turn leaves to do: calls to send, events to publish, runs to drop, and whether more work waits."""

    jobs: list[Job] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)
    more: bool = False

    def add(self, other: "Turn") -> None:
        """What another turn leaves as well."""
        self.jobs += other.jobs
        self.notices += other.notices
        self.dropped += other.dropped
        self.more = self.more or other.more


def lock_steps(ledger: Ledger, step_ids: list[UUID]) -> dict[UUID, tuple[Run, Step]]:
    """Lock steps with their executions: (run, step) by the step's id."""
    wanted = array(step_ids)
    # Executions first, as everybody does; the steps are read after that, as they are by then.
    runs = ledger.sql.send(
        f"SELECT {RUN_COLUMNS} FROM recipe_executions e WHERE e.id IN "  # noqa: S608
        "(SELECT execution_id FROM execution_steps WHERE id = ANY(%s::uuid[])) ORDER BY e.id FOR NO KEY UPDATE OF e",
        [wanted],
    )
    steps = ledger.sql.rows(
        f"SELECT s.execution_id, {STEP_COLUMNS} FROM execution_steps s "  # noqa: S608
        "WHERE s.id = ANY(%s::uuid[]) ORDER BY s.id FOR NO KEY UPDATE OF s",
        [wanted],
    )
    locked = {row[0]: ledger.run(row) for row in runs.fetchall()}
    return {row[1]: (locked[row[0]], Step(*row[1:])) for row in steps if row[0] in locked}


OUTPUTS = (
    f'SELECT s.execution_id, s."order", s.output_key, {filled("s", "output")}, '  # noqa: S608
    "COALESCE(NULLIF(s.name, ''), s.output_key), s.status = 'completed', s.origins, "
    "s.status = 'skipped' AND s.error IS NULL, s.output_refs FROM {} "
    "JOIN execution_steps s ON s.execution_id = v.execution_id AND {} "
    "WHERE s.status IN ('completed', 'skipped') AND s.kind <> 'condition' "
    "AND NOT (s.kind = 'wait' AND s.config ->> 'for' = 'time')"
)
AT_THE_TOP = OUTPUTS.format("unnest(%s::uuid[], %s::int[]) AS v(execution_id, below)", 's."order" < v.below')
AT_THE_TOP += ' AND s.path IS NULL ORDER BY s."order"'
IN_ROUNDS = OUTPUTS.format('unnest(%s::uuid[], %s::int[]) AS v(execution_id, "order")', 's."order" = v."order"')
IN_ROUNDS += ' AND s.path IS NOT NULL ORDER BY s."order"'
PAST_ALL = 2**31 - 1


def ask_outputs(ledger: Ledger, execution_ids: Iterable[UUID]) -> list[Cursor[Any]]:
    """Ask what the finished steps of runs left, those at the top; read it later."""
    below = [(execution_id, PAST_ALL) for execution_id in execution_ids]
    return [ledger.sql.send(AT_THE_TOP, columns(below))] if below else []


def ask_named(ledger: Ledger, steps: Iterable[Step]) -> list[Cursor[Any]]:
    """Ask what these steps may name; the cost is that of what they see, however long their runs are."""
    below: dict[UUID, int] = {}
    inside: set[tuple[UUID, int]] = set()
    for step in steps:
        first = step.order if step.scope is None else step.scope["before"]
        if first > 1:
            below[step.execution_id] = max(below.get(step.execution_id, 0), first)
        inside |= {(step.execution_id, order) for order in (step.scope or {}).get("sees", ())}
    asked = [ledger.sql.send(AT_THE_TOP, columns(list(below.items())))] if below else []
    return [*asked, ledger.sql.send(IN_ROUNDS, columns(sorted(inside)))] if inside else asked


def read_outputs(ledger: Ledger, asked: Iterable[Cursor[Any]]) -> dict[UUID, list[Output]]:
    """The outputs asked for, by execution, in order."""
    found: dict[UUID, list[Output]] = {}
    for execution_id, order, key, text, name, completed, origins, passed_by, refs in chain.from_iterable(
        cursor.fetchall() for cursor in asked
    ):
        ledger.shelf.note(execution_id, ledger.runs[execution_id].workspace_id, text, from_json(refs))
        output = Output(order, key, text, name, completed, tuple(from_json(origins) or ()), passed_by)
        found.setdefault(execution_id, []).append(output)
    return found


def picked(ledger: Ledger, rows: Iterable[tuple[object, ...]]) -> list[tuple[Run, Step]]:
    """Rows of RUN_COLUMNS and STEP_COLUMNS, as runs the ledger holds and their steps."""
    return [(ledger.run(row[:RUN_COLUMN_COUNT]), Step(*row[RUN_COLUMN_COUNT:])) for row in rows]  # type: ignore[arg-type]
