"""What calls came to, recorded: a step completes, is tried again, is skipped, or fails its run."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from automatos.errors import AppError
from automatos.llm.types import ModelReply
from recipes.engine.agent_usage import usage_of_late_answer
from recipes.engine.attempts import Ended, kept
from recipes.engine.following import Over, follow
from recipes.engine.growing import grow
from recipes.engine.journal import Result, call_id, counted, error_shape, large_texts, results_noted, spent
from recipes.engine.ledger import Ledger, Run
from recipes.engine.payloads import LARGE
from recipes.engine.sql import Statement, columns
from recipes.engine.steps import Outcome, Step, Turn, ask_outputs, lock_steps, read_outputs
from recipes.engine.storing import as_json
from recipes.engine.templating import Output
from recipes.models import ErrorHandling, ExecutionStatus, Mode, StepKind, StepStatus
from workspaces.budgets.reserving import BudgetReached

LONGEST_RETRY_DELAY = 300.0
# How much longer than its delay a step may wait, so that many that failed together do not come back together.
SPREAD = 1.25


@dataclass(slots=True)
class Change:
    """What becomes of a step."""

    step: Step
    status: StepStatus
    output: str = ""
    error: dict[str, Any] | None = None
    reply: ModelReply | None = None
    runnable_at: datetime | None = None
    finish_reason: str = ""
    origins: tuple[str, ...] = ()
    branch: str = ""
    tried: str = ""


def settle(ledger: Ledger, outcomes: list[Outcome], turn: Turn) -> None:
    """Record outcomes of steps still owned under their fence; the others are stale and refused."""
    steps = lock_steps(ledger, [outcome.step_id for outcome in outcomes])
    changes: dict[UUID, list[Change]] = {}
    accepted = []
    for outcome in outcomes:
        held = steps.get(outcome.step_id)
        if held is None or held[1].fence != outcome.fence or held[1].status != StepStatus.RUNNING:
            if held is not None and held[1].fence > outcome.fence:
                _pay_refused(ledger, *held, outcome)
            continue
        run, step = held
        if outcome.rounds and run.is_live:
            grow(ledger, run, step, outcome.rounds, mode=Mode.PARALLEL)
            continue
        key = call_id(step.id, step.attempt, outcome.path)
        result = Result(
            key, outcome.reply, error=outcome.error, request_hash=outcome.request_hash, counts=outcome.counts,
            run_id=run.id,
        )  # fmt: skip
        accepted.append(result)
        if run.has_budgets:
            cost = Decimal(0) if outcome.is_paid else counted(result)
            ledger.count_cost(key, run.payer(step.id, step.agent_id), cost, ends_step=True)
        run.room += 1
        last = spent(result)
        pay(run, step, None if outcome.is_paid else last)
        decide = _without_call if outcome.is_without_call else _decide
        change = decide(ledger, run, step, outcome)
        change.finish_reason, change.origins = last.finish_reason if last else "", outcome.origins
        change.tried = last.text if last is not None else ""
        if change.status in (StepStatus.FAILED, StepStatus.CANCELLED) and last is not None:
            change.output = last.text  # what had come in stays to be read; it goes into no other step
        step.status = change.status  # told twice in one turn, it is refused the second time
        changes.setdefault(run.id, []).append(change)
    if not changes:
        return
    _keep_large(ledger, accepted, changes)
    advanced = follow(ledger, _over_in_live_runs(ledger, changes))
    again = [_ended(ledger, one) for of_run in changes.values() for one in of_run if one.status == StepStatus.PENDING]
    attempts = [kept(ledger.now, again)] if again else []
    noted = results_noted(ledger.now, accepted, ledger.shelf)
    writes = [*advanced, *attempts, noted, _changes_written(ledger, changes)]
    ledger.sql.together(writes)
    _close_runs(ledger, changes, turn)


def _keep_large(ledger: Ledger, results: Sequence[Result], changes: dict[UUID, list[Change]]) -> None:
    """Store the large values of what came, before their rows refer to them."""
    said = [(one.run_id, text) for one in results if one.run_id for text in large_texts(one)]
    left = [(run_id, one.output) for run_id, of_run in changes.items() for one in of_run if len(one.output) >= LARGE]
    ledger.shelf.keep(ledger.sql, [(key, ledger.runs[key].workspace_id, text) for key, text in [*said, *left]])


def _pay_refused(ledger: Ledger, run: Run, step: Step, outcome: Outcome) -> None:
    """An answer that came too late is of no use, and was paid for nevertheless."""
    result = Result(step.id, outcome.reply, error=outcome.error, counts=outcome.counts)
    reply = spent(result)
    if reply is None or not outcome.attempt or outcome.is_paid:
        return
    usage = reply.usage
    paid: list[Any] = [usage.input_tokens, usage.output_tokens, reply.cost, usage.is_estimated]
    call = call_id(step.id, outcome.attempt, outcome.path)
    add = "SET input_tokens = input_tokens + %s, output_tokens = output_tokens + %s, cost = cost + %s, "
    add += "is_estimated = is_estimated OR %s"
    booked = ledger.sql.rows(f"UPDATE execution_calls {add} WHERE id = %s RETURNING step_id", [*paid, call])
    if booked and run.has_budgets:
        ledger.count_late_cost(run.payer(step.id, step.agent_id), counted(result))
    if booked:
        # The objects as well: what else this turn writes about the step starts from them.
        step.input_tokens += usage.input_tokens
        step.output_tokens += usage.output_tokens
        step.cost += reply.cost
        ledger.sql.send(f"UPDATE execution_steps {add} WHERE id = %s", [*paid, step.id])
        run_of = "(SELECT execution_id FROM execution_steps WHERE id = %s)"
        ledger.sql.send(f"UPDATE recipe_executions {add} WHERE id = {run_of}", [*paid, step.id])
        tokens = usage.input_tokens, usage.output_tokens
        late = usage_of_late_answer(ledger.now, step.id, tokens, reply.cost, is_estimated=usage.is_estimated)
        ledger.sql.send(*late)


def _decide(ledger: Ledger, run: Run, step: Step, outcome: Outcome) -> Change:
    """What an outcome means for its step and run."""
    if outcome.reply is not None:
        if not run.is_live:  # it ended with another step of the same turn
            return Change(step, StepStatus.CANCELLED, reply=outcome.reply)
        return _complete(ledger, run, step, outcome.reply)
    error = outcome.error or AppError("The call ended without a result.")
    if not run.is_live:
        return Change(step, StepStatus.CANCELLED, error=error_shape(error))
    return _fail(ledger, run, step, outcome, error)


def _fail(ledger: Ledger, run: Run, step: Step, outcome: Outcome, error: AppError) -> Change:
    """What an error means: another try, a skipped step, or the end of the run."""
    shape = error_shape(error)
    if isinstance(error, BudgetReached):  # whatever the step says of errors: there is no money to go on with
        return _stop(ledger, run, step, shape)
    delay = retry_delay(step, run, error, has_fallback=outcome.has_fallback)
    if delay is not None:
        run.emit("step.retrying", ledger.now, step, attempt=step.attempt, delay=delay, error=shape)
        later = ledger.now + timedelta(seconds=delay * random.uniform(1, SPREAD))  # noqa: S311
        return Change(step, StepStatus.PENDING, error=shape, runnable_at=later)
    run.unfinished_steps -= 1
    if step.error_handling == ErrorHandling.SKIP:
        run.emit("step.skipped", ledger.now, step, attempt=step.attempt, error=shape)
        return Change(step, StepStatus.SKIPPED, error=shape)
    run.emit("step.failed", ledger.now, step, attempt=step.attempt, error=shape)
    run.end(ExecutionStatus.FAILED, ledger.now, error={**shape, "step": step.order})
    return Change(step, StepStatus.FAILED, error=shape)


def _stop(ledger: Ledger, run: Run, step: Step, shape: dict[str, Any]) -> Change:
    """A budget has no room for what the step would do: the run ends with what it has."""
    run.unfinished_steps -= 1
    run.emit("step.failed", ledger.now, step, attempt=step.attempt, error=shape)
    run.end(ExecutionStatus.STOPPED, ledger.now, error={**shape, "step": step.order})
    return Change(step, StepStatus.FAILED, error=shape)


def _complete(ledger: Ledger, run: Run, step: Step, reply: ModelReply) -> Change:
    run.unfinished_steps -= 1
    run.emit(
        "step.completed",
        ledger.now,
        step,
        attempt=step.attempt,
        model=reply.model,
        input_tokens=step.input_tokens,
        output_tokens=step.output_tokens,
        cost=str(step.cost),
        tool_calls=step.tool_calls,
        duration_ms=_milliseconds(step.started_at, ledger.now),
    )
    return Change(step, StepStatus.COMPLETED, output=reply.text, reply=reply)


def _without_call(ledger: Ledger, run: Run, step: Step, outcome: Outcome) -> Change:
    """A condition is decided, and its output is the branch; or a wait is over."""
    if not run.is_live:
        return Change(step, StepStatus.CANCELLED)
    run.unfinished_steps -= 1
    for kind, data in outcome.events:
        run.emit(kind, ledger.now, step, **data)
    told = {"branch": outcome.branch} if outcome.branch else {}
    run.emit("step.completed", ledger.now, step, attempt=step.attempt, **told)
    return Change(step, StepStatus.COMPLETED, output=outcome.output or outcome.branch, branch=outcome.branch)


def pay(run: Run, step: Step, reply: ModelReply | None) -> None:
    """Add what a reply cost to its step and run, whether or not it was of use."""
    if reply is None:
        return
    for what in (run, step):
        what.input_tokens += reply.usage.input_tokens
        what.output_tokens += reply.usage.output_tokens
        what.cost += reply.cost
        what.is_estimated = what.is_estimated or reply.usage.is_estimated


def retry_delay(step: Step, run: Run, error: AppError, *, has_fallback: bool) -> float | None:
    """Seconds until the step is tried again, or None when it is not.

    `retry` tries again max_retries times, waiting retry_delay · backoff^(tries so far) seconds, when trying can help; a
    stage whatever went wrong, as whoever set that asked for.
    `fallback` tries once more, at once, with the agent's fallback model.
    """
    if step.error_handling == ErrorHandling.FALLBACK and step.attempt == 1 and has_fallback:
        return 0.0
    can_help = error.retryable or step.kind == StepKind.STAGE
    if can_help and step.attempt <= _retries(step):
        delay = run.retry_delay * run.backoff ** (step.attempt - 1)
        return min(max(delay, error.retry_after or 0.0), LONGEST_RETRY_DELAY)
    return None


def _retries(step: Step) -> int:
    """How often the step is tried again where that can help; a subtask is, before it is passed over."""
    if step.error_handling == ErrorHandling.RETRY:
        return step.max_retries
    return int((step.config or {}).get("retries", 0)) if step.error_handling == ErrorHandling.SKIP else 0


def _changes_written(ledger: Ledger, changes: dict[UUID, list[Change]]) -> Statement:
    rows = []
    for change in (change for of_run in changes.values() for change in of_run):
        step = change.step
        again = change.status == StepStatus.PENDING
        output, refs = ledger.shelf.text(step.execution_id, change.output)
        rows.append(
            (
                change.step.id, change.status, change.step.attempt + again, change.runnable_at, output,
                None if again else as_json(change.error), step.input_tokens, step.output_tokens, step.cost,
                None if again else ledger.now,
                change.reply.model if change.reply else None, change.finish_reason, as_json(change.origins or None),
                step.is_estimated, refs,
            )
        )  # fmt: skip
    return (
        "UPDATE execution_steps s SET status = v.status, attempt = v.attempt, runnable_at = v.runnable_at, "
        "output = v.output, output_refs = v.output_refs::jsonb, error = v.error::jsonb, owner = NULL, "
        "input_tokens = v.input_tokens, output_tokens = v.output_tokens, cost = v.cost, completed_at = v.completed_at, "
        "hand_ons = CASE v.status WHEN 'pending' THEN 0 ELSE s.hand_ons END, "
        "model = COALESCE(v.model, s.model), finish_reason = v.finish_reason, origins = v.origins::jsonb, "
        "is_estimated = s.is_estimated OR v.is_estimated "
        "FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::bigint[], "
        "%s::bigint[], %s::numeric[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::bool[], "
        "%s::text[]) AS v(id, status, attempt, runnable_at, output, error, input_tokens, output_tokens, cost, "
        "completed_at, model, finish_reason, origins, is_estimated, output_refs) WHERE s.id = v.id",
        columns(rows),
    )


def _ended(ledger: Ledger, change: Change) -> Ended:
    step = change.step
    sums = step.input_tokens, step.output_tokens, step.cost, step.tool_calls
    output, refs = ledger.shelf.text(step.execution_id, change.tried)
    return Ended(step.id, output, refs, change.error, *sums)


def _over_in_live_runs(ledger: Ledger, changes: dict[UUID, list[Change]]) -> dict[UUID, list[Over]]:
    """The steps whose end lets others of their run go on."""
    over = (StepStatus.COMPLETED, StepStatus.SKIPPED)
    return {
        run_id: ended
        for run_id, of_run in changes.items()
        if ledger.runs[run_id].is_live
        and ledger.runs[run_id].unfinished_steps
        and (ended := [Over(change.step, change.branch) for change in of_run if change.status in over])
    }


def _close_runs(ledger: Ledger, changes: dict[UUID, list[Change]], turn: Turn) -> None:
    """End the runs whose last step is over, and clear away what a failed one leaves."""
    runs = [ledger.runs[run_id] for run_id in changes]
    failed = [run for run in runs if not run.is_live and run.unfinished_steps]
    if failed:
        ledger.cancel_steps(failed)
        turn.dropped.extend(run.id for run in failed if run.mode == Mode.PARALLEL)
    done = [run for run in runs if run.is_live and not run.unfinished_steps]
    if done:
        outputs = read_outputs(ledger, ask_outputs(ledger, [run.id for run in done]))
        for run in done:
            _finish(ledger, run, outputs.get(run.id, []))


def _finish(ledger: Ledger, run: Run, outputs: list[Output]) -> None:
    if outputs and not any(output.completed or output.passed_by for output in outputs):
        message = "Every step was skipped, so there is no result. Look at the errors of the steps."
        run.end(ExecutionStatus.FAILED, ledger.now, error={"code": "all_skipped", "message": message})
        return
    run.output_data = result_of(outputs)
    run.end(ExecutionStatus.COMPLETED, ledger.now, duration_ms=_milliseconds(run.started_at, ledger.now))


def result_of(outputs: Sequence[Output]) -> dict[str, Any]:
    """What a run leaves that its steps left this."""
    final = next((output.text for output in reversed(outputs) if output.completed), "")
    return {"final_output": final, "outputs": {output.key: output.text for output in outputs}}


def _milliseconds(start: datetime | None, end: datetime) -> int:
    return round((end - start).total_seconds() * 1000) if start else 0
