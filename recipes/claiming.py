"""Runnable steps taken by a worker: prompt rendered, intent noted, ready to be sent after the commit."""

from uuid import UUID

from agents.runtime import AgentSpec, AgentUnusable, load_specs
from automatos.errors import AppError
from recipes.journal import call_id, intents_noted
from recipes.ledger import RUN_COLUMNS, Ledger, Run
from recipes.models import ErrorHandling, ExecutionStatus, Mode, StepStatus
from recipes.sql import columns
from recipes.steps import STEP_COLUMNS, Job, Outcome, Step, Turn, ask_outputs, picked, read_outputs
from recipes.templating import Output, render


def claim(ledger: Ledger, owner: UUID, limit: int, turn: Turn) -> list[Outcome]:
    """Take runnable steps, oldest first; rows another worker holds are passed over. Returns those that fail at once."""
    rows = ledger.sql.rows(
        f"SELECT {RUN_COLUMNS}, {STEP_COLUMNS} FROM execution_steps s "  # noqa: S608
        "JOIN recipe_executions e ON e.id = s.execution_id WHERE s.status = 'pending' AND s.runnable_at <= %s "
        "ORDER BY s.runnable_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
        [ledger.now, limit],
    )
    held = picked(ledger, rows)
    if not held:
        return []
    asked = ask_outputs(ledger, {run.id for run, step in held if step.order > 1})
    specs = load_specs((step.agent_id for _, step in held), ledger.sql.rows)
    outputs = read_outputs(asked)
    failed = []
    for run, step in held:
        _start(ledger, run, step, specs.get(step.agent_id))
        try:
            turn.jobs.append(_job(ledger, run, step, specs.get(step.agent_id), outputs.get(run.id, [])))
        except AppError as error:
            failed.append(Outcome(step.id, step.fence, error=error))
    _write_claims(ledger, owner, [step for _, step in held], turn.jobs)
    turn.more = len(held) == limit or bool(failed)
    return failed


def _start(ledger: Ledger, run: Run, step: Step, spec: AgentSpec | None) -> None:
    """Mark step and run as cooking; a step taken over from a lost worker has said so before."""
    if run.status == ExecutionStatus.PENDING:
        run.status, run.started_at = ExecutionStatus.RUNNING, ledger.now
        run.emit("execution.started", ledger.now, total_steps=run.total_steps)
    taken_over = step.owner is not None
    step.fence, step.status = step.fence + 1, StepStatus.RUNNING
    step.started_at = step.started_at or ledger.now
    run.current_step = max(run.current_step, step.order)
    name = step.name or step.step_id
    if not taken_over:
        agent = spec.name if spec else ""
        run.emit("step.started", ledger.now, step.order, attempt=step.attempt, name=name, agent=agent)


def _job(ledger: Ledger, run: Run, step: Step, spec: AgentSpec | None, outputs: list[Output]) -> Job:
    if spec is None or spec.unusable:
        raise AgentUnusable(spec.unusable if spec else "The agent of this step no longer exists. Choose another one.")
    visible = [output for output in outputs if output.order < step.order]
    if run.mode == Mode.PARALLEL:
        visible = [output for output in visible if output.order in step.depends_on]
    prompt = render(step.prompt_template, inputs=run.input_data, earlier=visible)
    left = (run.deadline_at - ledger.now).total_seconds()
    fallback = step.error_handling == ErrorHandling.FALLBACK and step.attempt > 1
    request = spec.request(
        prompt,
        timeout=max(0.1, min(step.timeout, left)),
        key=str(call_id(step.id, step.attempt)),
        use_fallback=fallback,
    )
    return Job(
        step.id, run.id, run.workspace_id, step.order, step.attempt, step.fence, bool(spec.fallback_model), request
    )


def _write_claims(ledger: Ledger, owner: UUID, steps: list[Step], jobs: list[Job]) -> None:
    requests = {job.step_id: job.request for job in jobs}
    rows = []
    for step in steps:
        request = requests.get(step.id)
        prompt, model = (request.messages[-1].content, request.model) if request else ("", "")
        rows.append((step.id, step.fence, step.started_at, prompt, model))
    update = (
        "UPDATE execution_steps s SET status = 'running', owner = %s, fence = v.fence, started_at = v.started_at, "
        "prompt = v.prompt, model = v.model "
        "FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[], %s::text[]) "
        "AS v(id, fence, started_at, prompt, model) WHERE s.id = v.id",
        [owner, *columns(rows)],
    )
    intents = [
        (call_id(job.step_id, job.attempt), job.workspace_id, job.step_id, job.attempt, job.request.model)
        for job in jobs
    ]
    ledger.sql.put_off(update)
    if intents:
        ledger.sql.put_off(intents_noted(ledger.now, intents))
