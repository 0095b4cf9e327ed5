"""Runnable steps taken by a worker: prompt rendered, intent noted, ready to be sent after the commit."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from agents.work.loop import Task
from agents.work.spec import AgentSpec, AgentUnusable, load_specs
from agents.work.toolbox import toolbox_of
from automatos.errors import AppError
from automatos.llm.types import Message, ToolSpec
from recipes.engine.branching import asked_of, decide
from recipes.engine.earlier import earlier_attempts, with_earlier
from recipes.engine.history import Said, question_of, said_before
from recipes.engine.holding import held_back
from recipes.engine.journal import JOURNAL, Intent, Recorded, call_id, intents_noted, recorded
from recipes.engine.ledger import RUN_COLUMNS, Ledger, Run, from_json
from recipes.engine.lessons_told import context_of, is_trusted, lessons_of, origins_of, with_context, with_lessons
from recipes.engine.looping import go_round
from recipes.engine.one_model import instead, one_for_all
from recipes.engine.outside_inputs import origins_in, shown, shown_local
from recipes.engine.parking import Parked, park, write_parked
from recipes.engine.payloads import PIECE, bodies_of
from recipes.engine.pins import Pins, stored
from recipes.engine.sql import array, columns
from recipes.engine.stage_steps import asked_job, code_job, input_of, model_question, needed
from recipes.engine.steps import (
    STEP_COLUMNS,
    Decision,
    Job,
    Outcome,
    Poison,
    Step,
    Turn,
    ask_named,
    picked,
    read_outputs,
)
from recipes.engine.storing import as_json
from recipes.engine.sub_runs import cook_inside
from recipes.engine.templating import Output, render, used
from recipes.engine.tool_steps import with_call
from recipes.models import ErrorHandling, ExecutionStatus, StepKind, StepStatus

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which steps a worker takes. only: no other one.

    share: how many of one workspace it has at work at most; busy: how many it has, by workspace.
    """

    only: UUID | None = None
    share: int = 1_000_000
    busy: Mapping[UUID, int] = field(default_factory=dict)


ANY_STEP = Wanted()
# How many more steps than wanted are looked at, since other workers may hold some of them.
SPARE = 4
# The workspaces in turn: of each its first step (by priority, then the oldest), then of each its second, and so on.
# The first part goes through the index from one workspace to the next, so its cost is that of the workspaces that have
# work, not of their backlogs.
DUE = """
WITH RECURSIVE due(workspace_id) AS (
    (SELECT workspace_id FROM execution_steps WHERE status = 'pending' AND runnable_at IS NOT NULL
     ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (SELECT s.workspace_id FROM execution_steps s
            WHERE s.status = 'pending' AND s.runnable_at IS NOT NULL AND s.workspace_id > due.workspace_id
            ORDER BY s.workspace_id LIMIT 1)
    FROM due WHERE due.workspace_id IS NOT NULL
), next AS MATERIALIZED (
    SELECT f.id, f.runnable_at, f.place FROM due
    LEFT JOIN unnest(%s::uuid[], %s::int[]) AS busy(workspace_id, steps) ON busy.workspace_id = due.workspace_id
    CROSS JOIN LATERAL (
        SELECT s.id, s.runnable_at, row_number() OVER (ORDER BY s.priority DESC, s.runnable_at, s."order") AS place
        FROM execution_steps s
        WHERE s.workspace_id = due.workspace_id AND s.status = 'pending' AND s.runnable_at <= statement_timestamp()
        ORDER BY s.priority DESC, s.runnable_at, s."order" LIMIT GREATEST(0, LEAST(%s, %s - COALESCE(busy.steps, 0)))
    ) f
    ORDER BY f.place, f.runnable_at LIMIT %s
)"""
# The agents to keep as they are now: all of the run's when its first step is claimed.
CREW = (
    "CASE WHEN e.pins IS NULL THEN ARRAY(SELECT o.agent_id FROM execution_steps o WHERE o.execution_id = e.id "
    "AND o.agent_id IS NOT NULL UNION SELECT jsonb_array_elements_text(o.config -> 'agents')::uuid "
    "FROM execution_steps o WHERE o.execution_id = e.id AND o.kind = 'loop') "
    "WHEN s.agent_id IS NOT NULL THEN ARRAY[s.agent_id] END"
)
ONE = """
WITH next AS (
    SELECT id, runnable_at, 1 AS place FROM execution_steps
    WHERE id = %s AND status = 'pending' AND runnable_at <= statement_timestamp()
)"""


def claim(ledger: Ledger, owner: UUID, limit: int, turn: Turn, wanted: Wanted = ANY_STEP) -> list[Outcome]:
    """Take runnable steps of the workspaces in turn, of each its oldest; rows another worker holds are passed over.

    Returns the outcomes of those that are over at once: they failed, or are conditions.
    """
    taken = _taken(ledger, limit, wanted)
    if not taken:
        return []
    found = picked(ledger, [row[:-1] for row in taken])
    back = held_back(ledger, found)
    held = [one for one in found if one[1].id not in back]
    crews = [row[-1] or () for row, (_, step) in zip(taken, found, strict=True) if step.id not in back]
    turn.more = len(found) == limit
    return _begin(ledger, owner, held, crews, turn) if held else []


def _begin(
    ledger: Ledger, owner: UUID, held: list[tuple[Run, Step]], crews: list[Iterable[UUID]], turn: Turn
) -> list[Outcome]:
    """Make jobs of steps under our hand. crews: of each, the agents that its run keeps as they are now."""
    asked = ask_named(ledger, (step for _, step in held))
    pins = Pins(load_specs((agent_id for crew in crews for agent_id in crew), ledger.sql.rows))
    for (run, _), crew in zip(held, crews, strict=True):
        pins.pin(run, crew)
    specs = pins.read(ledger.sql, [(run, step.agent_id) for run, step in held if step.agent_id])
    outputs = read_outputs(ledger, asked)
    # A step that had an owner before was begun by a worker that is gone, or waited for a person.
    begun = [step for _, step in held if step.owner is not None]
    journals, decided = journals_of(ledger, begun), decisions_of(ledger, begun)
    earlier = earlier_attempts(ledger, (step for _, step in held))
    before = talks_of(ledger, held)
    at_once: list[Outcome] = []
    parked: list[Parked] = []
    grown: set[UUID] = set()
    for run, step in held:
        found = specs.get((run.id, step.agent_id)) if step.agent_id else None
        _start(ledger, run, step, found)
        try:
            if step.kind in HERE:
                came = _done_here(ledger, run, step, visible_to(run, step, outputs.get(run.id, [])))
                at_once += [came] if isinstance(came, Outcome) else []
                parked += [came] if isinstance(came, Parked) else []
                grown |= {step.id} if came is None else set()
                continue
            if step.kind == StepKind.STAGE:
                job = stage_job(ledger, run, step, found, outputs.get(run.id, []))
            elif run.conversation_id is None:
                job = work_of(ledger, run, step, _usable(found), outputs.get(run.id, []))
            else:
                step.state = {UNWRITTEN: before[run.id].unwritten} if before[run.id].unwritten else None
                job = answer_job(ledger, run, step, _usable(found), before[run.id])
            job = replace(job, journal=journals.get(step.id, {}), approvals=decided)
            turn.jobs.append(with_earlier(job, earlier[step.id]) if step.id in earlier else job)
        except AppError as error:
            at_once.append(Outcome(step.id, step.fence, error=error))
        except Exception as unknown:
            logger.exception("Step %s could not be prepared", step.id)
            broken = Poison(f"This step could not be prepared: {type(unknown).__name__}. Look at its inputs.")
            at_once.append(Outcome(step.id, step.fence, error=broken))
    if pins.new:
        ledger.sql.put_off(stored(pins.new))
    kept = {one.step.id for one in parked}
    if claimed := [step for _, step in held if step.id not in kept and step.id not in grown]:
        _write_claims(ledger, owner, claimed, turn.jobs)
    write_parked(ledger, parked)
    turn.more = turn.more or bool(at_once) or bool(grown)
    return at_once


# In the state of a step that answers a message: what it was told in place of answers that were not written by then.
UNWRITTEN = "unwritten"
# Kinds that are over, parked or grown where they are claimed.
HERE = (StepKind.CONDITION, StepKind.WAIT, StepKind.LOOP, StepKind.RECIPE)


def _done_here(ledger: Ledger, run: Run, step: Step, outputs: list[Output]) -> Outcome | Parked | None:
    """A step without a worker: it is decided, waits, or grows its run (None)."""
    if step.kind == StepKind.CONDITION:
        return decide(run, step, outputs)
    if step.kind == StepKind.WAIT:
        return park(ledger, run, step, outputs)
    if step.kind == StepKind.RECIPE:
        return cook_inside(ledger, run, step, outputs)
    return go_round(ledger, run, step, outputs)


def _taken(ledger: Ledger, limit: int, wanted: Wanted) -> list[tuple[Any, ...]]:
    """Rows of runs and steps, locked, and which agents their runs have to keep."""
    if wanted.only is None:
        many = SPARE * limit
        source, params = DUE, [array(wanted.busy), array(wanted.busy.values()), many, wanted.share, many]
    else:
        source, params = ONE, [wanted.only]
    return ledger.sql.rows(
        f"{source} SELECT {RUN_COLUMNS}, {STEP_COLUMNS}, {CREW} FROM next "  # noqa: S608
        "JOIN execution_steps s ON s.id = next.id JOIN recipe_executions e ON e.id = s.execution_id "
        "WHERE s.status = 'pending' AND s.runnable_at IS NOT NULL "
        "ORDER BY next.place, next.runnable_at LIMIT %s FOR NO KEY UPDATE OF e, s SKIP LOCKED",
        [*params, limit],
    )


def _start(ledger: Ledger, run: Run, step: Step, spec: AgentSpec | None) -> None:
    """Mark step and run as cooking; a step taken over from a lost worker has said so before."""
    if run.status == ExecutionStatus.PENDING:
        run.status, run.started_at = ExecutionStatus.RUNNING, ledger.now
        run.emit("execution.started", ledger.now, total_steps=run.total_steps)
    taken_over = step.has_begun
    step.fence, step.status = step.fence + 1, StepStatus.RUNNING
    step.started_at = step.started_at or ledger.now
    if step.path is None:
        run.current_step = max(run.current_step, step.order)
    name = step.name or step.step_id
    if not taken_over:
        agent = spec.name if spec else ""
        run.emit("step.started", ledger.now, step, attempt=step.attempt, name=name, agent=agent)


def _usable(spec: AgentSpec | None) -> AgentSpec:
    if spec is None or spec.unusable:
        raise AgentUnusable(spec.unusable if spec else "The agent of this step no longer exists. Choose another one.")
    return spec


def visible_to(run: Run, step: Step, outputs: list[Output]) -> list[Output]:
    """The outputs a step may name."""
    return [output for output in outputs if step.may_name(output.order, run.mode)]


def work_of(ledger: Ledger, run: Run, step: Step, spec: AgentSpec, outputs: list[Output]) -> Job:
    """What the agent of a recipe's step has to do."""
    spec = instead(spec, one_for_all(step.config))
    if step.kind == StepKind.TOOL:
        return with_call(_job(ledger, run, step, spec, spec.opening("")), run, step, visible_to(run, step, outputs))
    return _step_job(ledger, run, step, spec, outputs)


def stage_job(ledger: Ledger, run: Run, step: Step, spec: AgentSpec | None, outputs: list[Output]) -> Job:
    """The job of a stage: a question for its agent's model, or code."""
    stage = input_of(ledger, run, step, outputs)
    question = model_question(stage)
    if question is None:
        return code_job(run, step, stage, _seconds(ledger, run, step))
    spec = _usable(spec)
    return asked_job(_job(ledger, run, step, spec, spec.opening(question.prompt)), question)


def _seconds(ledger: Ledger, run: Run, step: Step) -> float:
    """How long the step may take, by its own limit and its run's."""
    return max(0.1, min(step.timeout, run.left_at(ledger.now)))


def _step_job(ledger: Ledger, run: Run, step: Step, spec: AgentSpec, outputs: list[Output]) -> Job:
    """The job of a recipe's step. Untrusted text behind the outputs it is told stands behind its own words too."""
    visible, append = visible_to(run, step, outputs), True
    if step.is_subtask:
        visible, append = needed(step, visible), False
    if model := (step.config or {}).get("model"):
        spec = replace(spec, model=model)
    template, inputs, lessons = step.prompt_template, shown(run), lessons_of(step.config)
    text = render(template, inputs=inputs, earlier=visible, append=append, local=shown_local(run, step))
    prompt = with_context(with_lessons(text, lessons), context_of(step.config))
    job = _job(ledger, run, step, spec, spec.opening(prompt))
    read = [output for output in used(template, visible, append=append) if output.origins]
    in_round, local = step.without_local(template)
    origins = (*(origin for output in read for origin in output.origins), *in_round, *origins_of(lessons))
    origins = (*origins_in(run, [template]), *origins, *origins_of(context_of(step.config)))
    if not origins:
        return job
    clean = [replace(output, text="") if output.origins else output for output in visible]
    trusted = [one for one in lessons if is_trusted(one)]
    without = render(template, inputs=inputs, earlier=clean, append=append, local=local)
    heard = spec.system_prompt, with_lessons(without, trusted)
    return replace(job, origins=origins, heard=heard)


def answer_job(ledger: Ledger, run: Run, step: Step, spec: AgentSpec, before: Said) -> Job:
    """The job of an answer in a conversation; a chat client's own system messages follow the agent's."""
    wishes = run.input_data.get("wishes") or {}
    spec = replace(
        spec,
        model=run.input_data.get("model") or spec.model,
        max_tokens=min(spec.max_tokens, wishes.get("max_tokens") or spec.max_tokens),
        response_schema=wishes.get("response_schema") or spec.response_schema,
    )
    message, origins = question_of(run.workspace_id, run.id, run.input_data, step.prompt_template)
    said = (message,) if message.content.strip() or message.images else ()
    opening = (*spec.opening("", before.turns)[:-1], *said)
    job = _job(ledger, run, step, spec, opening)
    task = replace(
        job.task,
        client_tools=tuple(ToolSpec(**tool) for tool in wishes.get("tools", ())),
        tool_choice=wishes.get("tool_choice") or "auto",
        one_call=bool(wishes.get("one_call")),
    )
    return replace(job, task=task, origins=(*before.origins, *origins, *run.input_data.get("origins", ())))


def _job(ledger: Ledger, run: Run, step: Step, spec: AgentSpec, opening: tuple[Message, ...]) -> Job:
    task = Task(
        spec,
        opening,
        toolbox_of(spec),
        rounds=step.max_iterations,
        timeout=_seconds(ledger, run, step),
        max_tokens=spec.max_task_tokens,
        max_cost=spec.max_task_cost,
        use_fallback=step.error_handling == ErrorHandling.FALLBACK and step.attempt > 1,
    )
    job = Job(step.id, run.id, run.workspace_id, step.order, step.attempt, step.fence, bool(spec.fallback_model), task)
    heard = tuple(message.content for message in opening if message.role not in ("assistant", "tool"))
    above = tuple(UUID(key) for key, _ in reversed(run.above) if key)
    job = replace(job, policy=spec.approval_policy, heard=heard, has_memory=not run.memory_isolation, above=above)
    return replace(job, model_of_all=one_for_all(step.config))


def talks_of(ledger: Ledger, held: Iterable[tuple[Run, Step]]) -> dict[UUID, Said]:
    """What stood before the messages that these steps answer, as it was when they were claimed first."""
    talks = [(run, step) for run, step in held if run.conversation_id is not None]
    asked = [(run.id, run.workspace_id, run.conversation_id, run.input_data) for run, _ in talks if run.conversation_id]
    return said_before(ledger.sql, asked, {run.id: (step.state or {}).get(UNWRITTEN, {}) for run, step in talks})


def journals_of(ledger: Ledger, steps: list[Step]) -> dict[UUID, dict[str, Recorded]]:
    """What was done of these steps' attempts, by step and path."""
    if not steps:
        return {}
    return recorded(ledger.sql.rows(JOURNAL, columns([(step.id, step.attempt) for step in steps])))


def decisions_of(ledger: Ledger, steps: list[Step]) -> dict[UUID, Decision]:
    """What people decided about calls of these steps, by the call's id."""
    if not steps:
        return {}
    rows = ledger.sql.rows(
        "SELECT id, status, subject_hash, CASE kind WHEN 'approval' THEN answer END FROM approvals "
        "WHERE step_id = ANY(%s::uuid[]) AND status IN ('approved', 'rejected')",
        [array(step.id for step in steps)],
    )
    return {key: Decision(status, subject, from_json(changed)) for key, status, subject, changed in rows}


def _shown(message: Message) -> dict[str, str]:
    """A message as people are shown it; a picture as a word."""
    return {"role": message.role, "content": message.content + "\n\n[picture]" * len(message.images)}


def _openings(ledger: Ledger, jobs: Iterable[Job]) -> dict[UUID, tuple[str | None, str | None]]:
    """All that each answer's model is told before its first call, as its step keeps it."""
    told = [(job, [_shown(message) for message in job.task.messages]) for job in jobs]
    bodies = [(job.execution_id, job.workspace_id, body) for job, messages in told for body in bodies_of(messages)]
    ledger.shelf.keep(ledger.sql, bodies, PIECE)
    return {job.step_id: ledger.shelf.told(job.execution_id, messages) for job, messages in told}


def _write_claims(ledger: Ledger, owner: UUID, steps: list[Step], jobs: list[Job]) -> None:
    tasks = {job.step_id: job.task for job in jobs if job.asks_first}
    openings = _openings(ledger, [job for job in jobs if ledger.runs[job.execution_id].conversation_id is not None])
    rows = []
    for step in steps:
        task = tasks.get(step.id)
        prompt, model = (task.messages[-1].content, task.model) if task else (asked_of(step), "")
        state = as_json(step.state) if step.id in openings else None
        prompt, refs = ledger.shelf.woven(step.execution_id, prompt)
        told = openings.get(step.id, (None, None))
        rows.append((step.id, step.fence, step.started_at, prompt, model, *told, state, refs))
    update = (
        "UPDATE execution_steps s SET status = 'running', owner = %s, fence = v.fence, started_at = v.started_at, "
        "prompt = v.prompt, prompt_refs = v.prompt_refs::jsonb, model = v.model, opening = v.opening::jsonb, "
        "opening_refs = v.opening_refs::jsonb, state = COALESCE(v.state::jsonb, s.state) "
        "FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], "
        "%s::text[], %s::text[]) "
        "AS v(id, fence, started_at, prompt, model, opening, opening_refs, state, prompt_refs) WHERE s.id = v.id",
        [owner, *columns(rows)],
    )
    intents = [
        Intent(call_id(job.step_id, job.attempt), job.workspace_id, job.step_id, job.attempt, job.task.model)
        for job in jobs
        if job.asks_first
    ]
    ledger.sql.put_off(update)
    if intents:
        ledger.sql.put_off(intents_noted(ledger.now, intents, ledger.shelf))
