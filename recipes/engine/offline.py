"""A finished run gone through again from its record alone: no call leaves the machine, and nothing is written.

Every step is prepared from what stood before it and worked on as after a crash, with each call answered by the journal.
A call that the record does not have stops the step. What comes out is compared with what the run kept, byte for byte.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import transaction

from agents.work.spec import load_specs
from automatos.errors import AppError
from automatos.llm.deltas import Delta
from automatos.llm.registry import Models
from recipes.engine import claiming, looping
from recipes.engine.branching import asked_of, decide
from recipes.engine.earlier import earlier_attempts, with_earlier
from recipes.engine.journal import error_shape
from recipes.engine.ledger import RUN_COLUMN_COUNT, RUN_COLUMNS, Ledger, Run, from_json
from recipes.engine.notebook import GivenUp
from recipes.engine.payloads import filled
from recipes.engine.pins import Pins
from recipes.engine.progress import Kept, Progress
from recipes.engine.replay import Stopped
from recipes.engine.settling import result_of
from recipes.engine.sql import statements
from recipes.engine.steps import STEP_COLUMNS, Job, Outcome, Step, ask_named, ask_outputs, picked, read_outputs
from recipes.engine.sub_runs import child_id, left_of
from recipes.engine.tool_context import Doors, cook_for
from recipes.models import StepKind, StepStatus

# Seconds a step may take to be gone through again; its own limit was for the calls, which are not made.
LONG_ENOUGH = 3600.0
RECORD = f"{filled('s', 'output')}, {filled('s', 'prompt')}, s.error, s.taken_from"
MADE = filled("e", "output_data", "automatos_json")
# Why a step's own work is not done again.
FROM_RECORD = {
    "taken": "taken over from another run",
    "wait": "what a person, a message or the clock brought",
    "stage": "code that writes",
    "unused": "never came to its turn",
    "gone": "its agent is gone for good",
    "cut": "broken off from outside",
}
PROMPT, OUTPUT, ERROR, RESULT, CALLS = "prompt", "output", "error", "result", "calls"


class NotRecorded(AppError):
    """Something would have to be done that the run did not do, or that it did not keep."""

    code = "not_recorded"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the run does not come out the same. step: its path, empty for the run's own result; what: see below.

    what: prompt, calls, output, error or result. recorded, came: both as far as they differ, from the first byte on
    that does; at: which byte that is.
    """

    run: UUID
    step: str
    what: str
    recorded: str
    came: str
    at: int = 0


@dataclass(slots=True)
class Replayed:
    """What came of it. again: steps that were gone through; kept: others, with why by their paths. runs: inside too."""

    again: int = 0
    runs: int = 0
    calls: int = 0
    bytes: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """What of a run is compared."""

    run: UUID
    step: str
    what: str


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A step as it ended, and what it comes to without a worker, or the job that finds out."""

    step: Step
    output: str
    prompt: str
    error: dict[str, Any] | None
    job: Job | None = None
    came: str | None = None
    why: str = ""
    problem: AppError | None = None


@dataclass(slots=True)
class _Prepared:
    run: Run
    steps: list[_Recorded]
    output_data: dict[str, Any] | None
    result: dict[str, Any] | None
    inside: list[UUID]


def replayed(execution_id: UUID, check: Callable[[], None] = lambda: None) -> Replayed:
    """The run, which is over and in the scope of the transaction, and those inside of it, gone through again.

    check: asked before each step; raises where it takes too long.
    """
    found, waiting = Replayed(), [execution_id]
    while waiting:
        prepared = _prepared(waiting.pop(0))
        found.runs += 1
        waiting += prepared.inside
        for one in prepared.steps:
            check()
            _compare(found, prepared.run, one)
        _differ(found, _Place(prepared.run.id, "", RESULT), _text(prepared.output_data), _text(prepared.result))
    return found


def _prepared(execution_id: UUID) -> _Prepared:
    """Everything that is needed of the database, read where nothing can be written."""
    with transaction.atomic():
        with statements() as sql:
            sql.send("SET LOCAL transaction_read_only = on", [])
            ledger = Ledger(sql)
            rows = sql.rows(
                f"SELECT {RUN_COLUMNS}, {STEP_COLUMNS}, {RECORD}, {MADE} FROM recipe_executions e "  # noqa: S608
                'JOIN execution_steps s ON s.execution_id = e.id WHERE e.id = %s ORDER BY s."order"',
                [execution_id],
            )
            prepared = _read(ledger, rows)
        # Whatever was put together on the way goes, and with it that the transaction reads only.
        transaction.set_rollback(True)
    return prepared


def _read(ledger: Ledger, rows: Sequence[tuple[Any, ...]]) -> _Prepared:
    if not rows:
        raise NotRecorded("Nothing of this run was kept.")
    end = RUN_COLUMN_COUNT + len(STEP_COLUMNS.split(","))
    found = picked(ledger, [row[:end] for row in rows])
    run, steps = found[0][0], [step for _, step in found]
    prepare = _Preparer(ledger, run, steps).prepare
    read: list[_Recorded] = []
    for step, row in zip(steps, rows, strict=True):
        output, prompt, error, taken = row[end : end + 4]
        known = _Recorded(step, output, prompt, from_json(error))
        if taken is not None:
            read.append(replace(known, why=FROM_RECORD["taken"]))
        elif step.status not in (StepStatus.COMPLETED, StepStatus.SKIPPED, StepStatus.FAILED) or not step.fence:
            why = "cut" if step.status == StepStatus.CANCELLED and step.fence else "unused"
            read.append(replace(known, why=FROM_RECORD[why]))
        else:
            read.append(prepare(known))
    left = read_outputs(ledger, ask_outputs(ledger, [run.id])).get(run.id, [])
    inside = [child_id(step) for step in steps if step.kind == StepKind.RECIPE]
    there = ledger.sql.rows("SELECT id FROM recipe_executions WHERE id = ANY(%s::uuid[])", [_ids(inside)])
    output_data = from_json(rows[0][-1])
    return _Prepared(run, read, output_data, result_of(left) if output_data else None, [key for (key,) in there])


def _ids(keys: Sequence[UUID]) -> str:
    return "{" + ",".join(map(str, keys)) + "}"


class _Preparer:
    """Prepares the steps of a run as their claims did."""

    def __init__(self, ledger: Ledger, run: Run, steps: Sequence[Step]) -> None:
        self.ledger, self.run = ledger, run
        self.outputs = read_outputs(ledger, ask_named(ledger, steps)).get(run.id, [])
        wanted = [(run, step.agent_id) for step in steps if step.agent_id and str(step.agent_id) in run.pins]
        self.specs = Pins(load_specs({key for _, key in wanted}, ledger.sql.rows)).read(ledger.sql, wanted)
        self.journals = claiming.journals_of(ledger, list(steps))
        self.decided = claiming.decisions_of(ledger, list(steps))
        self.earlier = earlier_attempts(ledger, steps)
        self.before = claiming.talks_of(ledger, [(run, step) for step in steps])

    def prepare(self, known: _Recorded) -> _Recorded:
        """The step with what it comes to, with its job, or with why it is left as it is recorded."""
        if known.step.kind == StepKind.WAIT:
            return replace(known, why=FROM_RECORD["wait"])
        try:
            if known.step.kind in claiming.HERE:
                return replace(known, came=self._came(known.step))
            job = self._job(known.step)
        except AppError as error:
            return replace(known, problem=error)
        if job is None:
            return replace(known, why=FROM_RECORD["stage" if known.step.kind == StepKind.STAGE else "gone"])
        job = replace(job, journal=self.journals.get(known.step.id, {}), approvals=self.decided)
        job = with_earlier(job, self.earlier[known.step.id]) if known.step.id in self.earlier else job
        return replace(known, job=replace(job, task=replace(job.task, timeout=LONG_ENOUGH)))

    def _came(self, step: Step) -> str:
        """What a step without a worker leaves."""
        visible = claiming.visible_to(self.run, step, self.outputs)
        if step.kind == StepKind.CONDITION:
            return decide(self.run, step, visible).branch
        if step.kind == StepKind.RECIPE:
            return left_of(self.ledger, step)
        items = looping.items_of(step.config or {}, self.run.input_data, visible, step.local)
        return looping.result(self.ledger, step, len(items)).output or ""

    def _job(self, step: Step) -> Job | None:
        """None where it is code, or where nobody knows the agent any more."""
        spec = self.specs.get((self.run.id, step.agent_id)) if step.agent_id else None
        if step.kind == StepKind.STAGE:
            job = claiming.stage_job(self.ledger, self.run, step, spec, self.outputs)
            return None if job.stage is not None else job
        if spec is None:
            return None
        if self.run.conversation_id is not None:
            return claiming.answer_job(self.ledger, self.run, step, spec, self.before[self.run.id])
        return claiming.work_of(self.ledger, self.run, step, spec, self.outputs)


# --- what comes out ---------------------------------------------------------------------------------------------------


def _compare(found: Replayed, run: Run, one: _Recorded) -> None:
    place = one.step.place
    if one.why:
        found.kept[place if not run.parent_step_id else f"{run.id}/{place}"] = one.why
        return
    found.again += 1
    came, error, prompt = one.came, one.problem, asked_of(one.step)
    if one.job is not None:
        found.calls += len(one.job.journal)
        outcome = async_to_sync(_worked)(one.job)
        came, error = outcome.reply.text if outcome.reply else outcome.output, outcome.error
        prompt = one.job.task.messages[-1].content if one.job.asks_first else prompt
    if one.step.kind != StepKind.RECIPE:
        _differ(found, _Place(run.id, place, PROMPT), one.prompt, prompt)
    if one.step.status == StepStatus.COMPLETED:
        if error is not None:
            found.differences.append(Difference(run.id, place, CALLS, "", error.message))
        else:
            _differ(found, _Place(run.id, place, OUTPUT), one.output, came or "")
    elif error is None:
        found.differences.append(Difference(run.id, place, ERROR, _text(one.error), came or ""))
    elif not isinstance(error, NotRecorded):  # what was never kept, such as a time-out, cannot come again
        _differ(found, _Place(run.id, place, ERROR), _text(one.error), _text(error_shape(error)))


def _text(value: dict[str, Any] | None) -> str:
    """As it is kept, whatever the order of its names."""
    parts = {name: part if isinstance(part, str) else _sorted(part) for name, part in (value or {}).items()}
    return "\n".join(f"{name}: {parts[name]}" for name in sorted(parts))


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _differ(found: Replayed, place: _Place, recorded: str, now: str) -> None:
    one, other = recorded.encode(), now.encode()
    found.bytes += len(one)
    if one != other:
        at = next(_unequal(one, other))
        was, came = (part[at : at + 200].decode(errors="replace") for part in (one, other))
        found.differences.append(Difference(place.run, place.step, place.what, was, came, at))


def _unequal(one: bytes, other: bytes) -> Iterator[int]:
    yield from (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    yield min(len(one), len(other))


class _Silence:
    """Nobody follows what is written."""

    def write(self, text: str) -> None:
        """A piece of it."""

    def hear(self, delta: Delta) -> None:
        """A piece of anything."""

    def restart(self) -> None:
        """What follows takes the place of what was written."""


class _NoModels(Models):
    """Models that are not asked."""

    def __init__(self) -> None:
        """Nothing is connected."""

    async def complete(self, request: Any, *_: Any, **__: Any) -> NoReturn:
        """Raises Stopped."""
        _stop(f"the model {request.model} would be asked")


def _stop(what: str) -> NoReturn:
    raise Stopped(NotRecorded(f"{what[0].upper()}{what[1:]}, and the record has no such call."))


async def _worked(job: Job) -> Outcome:
    """What the job comes to with the journal alone."""

    async def keep(progress: Progress) -> Kept | None:
        names = [one.name for one in progress.intents] or ["something"]
        _stop(f"{', '.join(names)} would be called")

    async def refuse(*_: object) -> Any:
        _stop("something outside of the record would be looked up")

    doors = Doors(_NoModels(), keep, refuse, refuse)
    try:
        return await cook_for(job, doors, _Silence()).outcome()
    except GivenUp:
        error = NotRecorded("A person would be asked, and the record has no such question.")
        return Outcome(job.step_id, job.fence, error=error, attempt=job.attempt)
    except Stopped as stopped:
        return Outcome(job.step_id, job.fence, error=stopped.error, attempt=job.attempt)
