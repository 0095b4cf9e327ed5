"""Starting and cancelling runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from agents.work.spec import why_no_new_work
from automatos import events
from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from recipes.engine import graph, turns
from recipes.engine.endings import tell_ended
from recipes.engine.ledger import from_json
from recipes.engine.looping import folded
from recipes.engine.new_steps import WEBHOOK, NewStep, Row, rows_inserted
from recipes.engine.parking import UNSIGNED, verifiers
from recipes.engine.payloads import SEARCHED, Shelf, large_in
from recipes.engine.queueing import take_slot
from recipes.engine.sql import Statements, statements
from recipes.engine.storing import as_json
from recipes.engine.tasks import send_wake_up
from recipes.filling import fill_inputs
from recipes.models import Execution, ExecutionStatus, Mode, Recipe, StepKind, Trigger
from recipes.runs.input_files import NONE as NO_FILES
from recipes.runs.input_files import Uploads, keep, named
from recipes.runs.recalling import with_lessons
from recipes.validation import with_defaults
from workspaces.audit import log as audit
from workspaces.limits import plans
from workspaces.models import User, Workspace

# The condition of the index executions_live, so that only live runs are looked at.
COUNT_LIVE = (
    "SELECT count(*) FROM recipe_executions WHERE workspace_id = %s AND status IN ('pending', 'running', 'waiting') "
    "AND parent_step_id IS NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What started a run besides a person. trigger_id: of the schedule or trigger; chain: how many runs led to it.

    untrusted: the inputs that somebody outside wrote, each with where it came from; they taint whoever reads them.
    """

    trigger_id: UUID | None = None
    chain: int = 0
    untrusted: Mapping[str, Sequence[str]] = field(default_factory=dict)


A_PERSON = Cause()

MOST_PRIORITY = 10
# The columns of a recipe's step as a run takes them over, then those of its agent that are only checked.
SOURCE = (
    'SELECT s."order", s.step_id, s.name, s.output_key, s.prompt_template, s.kind, s.config, s.under, s.branch, '
    "s.agent_id, COALESCE(a.name, ''), s.error_handling, s.max_retries, s.max_iterations, s.timeout, "
    "a.status, a.pending_status, a.deleted_at IS NOT NULL FROM recipes r JOIN recipe_steps s ON s.recipe_id = r.id "
    'LEFT JOIN agents a ON a.id = s.agent_id WHERE r.id = %s ORDER BY s."order"'
)
INSERT_EXECUTION = (
    "INSERT INTO recipe_executions ({}, current_step, last_seq, input_tokens, output_tokens, cost, tool_calls) "
    "VALUES ({}, 0, 0, 0, 0, 0, 0)"
)
INPUTS_KEPT = "UPDATE recipe_executions SET input_data = %s::jsonb, input_data_refs = %s::jsonb WHERE id = %s"
# turns.pause and turns.resume.
Hold = Callable[..., list[events.Notice]]
NAMES = tuple(one.name for one in fields(NewStep) if one.name != "after")


def start(
    *,
    workspace: Workspace,
    recipe: Recipe,
    input_data: Mapping[str, Any],
    user: User | None,
    trigger: Trigger,
    lessons: Sequence[Mapping[str, Any]] = (),
    cause: Cause = A_PERSON,
    priority: int | None = None,
    uploads: Uploads = NO_FILES,
) -> Execution:
    """Create a run of a recipe of this workspace and wake a worker. lessons: what its first agent is told besides.
    priority: -10 to 10, higher goes first among what waits in the workspace; None: the recipe's own.
    uploads: files by input.

    Raises InvalidInput (fields `input_data.<name>`), TooMany when the workspace's plan cooks no more at once, or
    Conflict when the recipe has no steps or names an agent that cannot work.
    """
    with statements() as sql:
        require_room(sql, workspace)
        name, version, inputs, settings = _recipe_held(sql, recipe)
        config, now = with_defaults(settings), sql.now
        names, files = named(inputs, uploads)
        input_data = {**input_data, **names}
        execution = Execution(
            workspace=workspace,
            recipe=recipe,
            recipe_name=name,
            recipe_version=version,
            mode=config["mode"],
            input_data=fill_inputs(inputs, input_data),
            retry_delay=config["retry_delay"],
            backoff=config["backoff"],
            triggered_by=trigger,
            trigger_id=cause.trigger_id,
            chain=cause.chain,
            untrusted_inputs=untrusted_of(inputs, input_data, cause),
            user=user,
            created_at=now,
            priority=_checked_priority(config["priority"] if priority is None else priority),
            deadline_at=now + timedelta(seconds=config["total_timeout"]),
        )
        steps = folded(with_lessons(_steps_of(sql, recipe), lessons))
        if config["mode"] == Mode.PARALLEL or any(step.kind == StepKind.LOOP for step in steps):
            execution.parallel_limit = config["parallel_limit"]
        execution.memory_isolation = config["memory_isolation"]
        begin(sql, execution, steps, {"recipe_id": recipe.pk, "version": version, "trigger": str(trigger)}, config)
        keep(workspace, execution.pk, files)
    return execution


def _checked_priority(priority: int) -> int:
    problems = Problems()
    problems.number("priority", priority, low=-MOST_PRIORITY, high=MOST_PRIORITY)
    problems.raise_any()
    return priority


def untrusted_of(inputs: Mapping[str, Any], given: Mapping[str, Any], cause: Cause) -> dict[str, list[str]] | None:
    """The inputs that somebody outside wrote, by what started the run and by the recipe; None when there are none."""
    marked = {name: [f"input {name}"] for name in given if inputs.get(name, {}).get("untrusted")}
    return {**marked, **{name: list(origins) for name, origins in cause.untrusted.items()}} or None


def begin(
    sql: Statements,
    execution: Execution,
    steps: Sequence[NewStep],
    after: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Insert a run with its steps and wake a worker after the commit: the one way in which any run starts.

    execution: not saved yet. after: what the audit log says of it. settings: its recipe's.
    """
    execution.total_steps = execution.unfinished_steps = len(steps)
    insert_execution(sql, execution)
    insert_steps(sql, execution, steps)
    await_turn(sql, execution, settings or {})
    after_commit(lambda: send_wake_up(str(execution.id)))
    # Last, so that other starts wait for the end of the log only while this one commits.
    record("run.started", execution, after=after)
    execution._state.adding = False


def await_turn(sql: Statements, execution: Execution, settings: Mapping[str, Any]) -> None:
    """Let an inserted run wait where as many of its recipe cook as may; before the audit log is locked, see `cancel`,
    which asks for the recipe's slots and then for the log.
    """
    if execution.recipe_id and (limit := int(settings.get("max_concurrent_runs", 0))):
        seconds = settings["total_timeout"]
        execution.is_queued = take_slot(sql, execution.pk, execution.recipe_id, limit, seconds)


def require_room(sql: Statements, workspace: Workspace) -> None:
    """TooMany when as many runs are live as the plan allows; the workspace is held, so starts are counted in turn."""
    if plans.limit_of(workspace.plan, "concurrent_runs") is None:
        return
    for (plan,) in sql.rows("SELECT plan FROM workspaces WHERE id = %s FOR NO KEY UPDATE", [workspace.pk]):
        plans.check(plan, "concurrent_runs", sql.rows(COUNT_LIVE, [workspace.pk])[0][0])


def _recipe_held(sql: Statements, recipe: Recipe) -> tuple[str, int, dict[str, Any], dict[str, Any]]:
    """Name, version, inputs and settings; whoever saves the recipe waits until the run has its copy."""
    found = sql.rows("SELECT name, version, inputs, execution_config FROM recipes WHERE id = %s FOR SHARE", [recipe.id])
    if not found:
        raise NotFound()
    name, version, inputs, settings = found[0]
    return name, version, from_json(inputs), from_json(settings)


def _steps_of(sql: Statements, recipe: Recipe) -> list[NewStep]:
    """The recipe's steps in order. Raises Conflict where it cannot be cooked."""
    rows = sql.rows(SOURCE, [recipe.id])
    if not rows:
        raise Conflict("This recipe has no steps yet. Add one before cooking it.", code="no_steps")
    steps, troubles = [], {}
    for index, row in enumerate(rows):
        step = NewStep(**dict(zip(NAMES, row, strict=False)))
        status, pending, is_deleted = row[len(NAMES) :]
        if step.agent_id and (reason := why_no_new_work(step.agent_name, status, pending, is_deleted)):
            troubles[f"steps.{index}.agent_id"] = [reason]
        steps.append(replace(step, config=from_json(step.config)))
    if troubles:
        raise Conflict(" ".join(texts[0] for texts in troubles.values()), code="agent_unusable", fields=troubles)
    _require_secrets(sql, recipe, steps)
    return steps


def _require_secrets(sql: Statements, recipe: Recipe, steps: Sequence[NewStep]) -> None:
    """Conflict where a step waits for a message that nobody can sign: better now than after the steps before it."""
    waits = {index: step for index, step in enumerate(steps) if (step.config or {}).get("for") == WEBHOOK}
    if not waits:
        return
    known = verifiers(sql, recipe.id)
    missing = {
        f"steps.{index}.config.for": [UNSIGNED.format(step=step.step_id)]
        for index, step in waits.items()
        if step.step_id not in known
    }
    if missing:
        raise Conflict(" ".join(texts[0] for texts in missing.values()), code="no_secret", fields=missing)


def insert_execution(sql: Statements, execution: Execution) -> None:
    """Insert a run's row; what it names not is the table's default. Large inputs are stored by themselves."""
    large = list(large_in(execution.input_data))
    values = {
        "id": execution.id, "workspace_id": execution.workspace_id, "recipe_id": execution.recipe_id,
        "user_id": execution.user_id, "recipe_name": execution.recipe_name,
        "recipe_version": execution.recipe_version, "mode": str(execution.mode), "status": str(execution.status),
        "input_data": "{}" if large else as_json(execution.input_data), "total_steps": execution.total_steps,
        "unfinished_steps": execution.unfinished_steps, "retry_delay": float(execution.retry_delay),
        "backoff": float(execution.backoff), "triggered_by": str(execution.triggered_by),
        "created_at": execution.created_at, "deadline_at": execution.deadline_at,
        "conversation_id": execution.conversation_id, "not_before": execution.not_before,
        "priority": execution.priority, "parallel_limit": execution.parallel_limit,
        "memory_isolation": execution.memory_isolation, "source_id": execution.source_id,
        "parent_step_id": execution.parent_step_id, "root_id": execution.root_id, "depth": execution.depth,
        "above": as_json(execution.above), "trigger_id": execution.trigger_id, "chain": execution.chain,
        "untrusted_inputs": as_json(execution.untrusted_inputs), "workflow_id": execution.workflow_id,
        # A run inside of another is a part of that one, in the audit log too.
        "end_recorded": execution.parent_step_id is not None,
    }  # fmt: skip
    sql.send(INSERT_EXECUTION.format(", ".join(values), ", ".join("%s" for _ in values)), list(values.values()))
    if large:
        # Only a run that is there may refer to them.
        shelf = Shelf()
        shelf.keep(sql, [(execution.id, execution.workspace_id, text) for text in large])
        data, refs = shelf.json(execution.id, execution.input_data, searched=SEARCHED)
        sql.send(INPUTS_KEPT, [as_json(data), refs, execution.id])


def insert_steps(sql: Statements, execution: Execution, steps: Sequence[NewStep]) -> None:
    """The steps as rows, each with its edges; those that wait for none may be claimed at once."""
    places = graph.lay_out([step.line for step in steps], execution.mode)
    ids = {step.order: uuid4() for step in steps}
    begins = execution.not_before or execution.created_at
    rows = [
        Row(
            id=ids[step.order],
            order=step.order,
            step=step,
            place=places[step.order],
            parent=None if (gate := places[step.order].gate) is None else ids[gate],
            runnable_at=None if places[step.order].depends_on else begins,
        )
        for step in steps
    ]
    sql.send(*rows_inserted(execution.workspace_id, execution.id, rows))


def cancel(*, execution: Execution, user: User | None) -> Execution:
    """Cancel a live run and those inside it: calls in flight are aborted, late results are refused.

    Raises Conflict when it is over.
    """
    with transaction.atomic():
        notices = turns.cancel([execution.id], by=user.display_name if user else "")
        if not notices:
            execution.refresh_from_db()
            raise Conflict(f"This run is already over: {execution.get_status_display().lower()}.", code="not_live")
        for notice in notices:
            events.publish_on_commit(notice)
            events.drop_on_commit(notice.execution_id)
        over = [(notice.workspace_id, notice.execution_id) for notice in notices]
        after_commit(lambda: tell_ended(over))
        before = {"status": execution.status}
        record("run.cancelled", execution, before=before, after={"status": ExecutionStatus.CANCELLED})
    execution.refresh_from_db()
    return execution


def pause(*, execution: Execution, user: User | None) -> Execution:
    """Let nothing new begin in a live run; calls in flight come to their end, and its clock stands then.

    Raises Conflict when it is over or paused already.
    """
    return _held(execution, user, turns.pause, "run.paused", "This run is over, or paused already.")


def resume(*, execution: Execution, user: User | None) -> Execution:
    """Let a paused run go on with the time it had left. Raises Conflict when it is not paused."""
    return _held(execution, user, turns.resume, "run.resumed", "This run is not paused.")


def _held(execution: Execution, user: User | None, act: Hold, action: str, complaint: str) -> Execution:
    execution.refresh_from_db()
    if execution.is_queued:
        raise Conflict("This run waits for its turn and does nothing yet. Cancel it, or pause it once it cooks.")
    with transaction.atomic():
        notices = act(execution.id, by=user.display_name if user else "")
        if not notices:
            raise Conflict(complaint, code="not_live" if not execution.is_live else "conflict")
        for notice in notices:
            events.publish_on_commit(notice)
        run_id = str(execution.id)
        after_commit(lambda: send_wake_up(run_id))
        record(action, execution, after={"status": execution.status})
    execution.refresh_from_db()
    return execution


def record(action: str, execution: Execution, **states: Any) -> None:
    target = ("run", execution.pk, execution.recipe_name)
    audit.record(action, workspace_id=execution.workspace_id, target=target, **states)
