"""Starting and cancelling runs."""

from collections.abc import Mapping, Sequence
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
from recipes.engine.ledger import as_json, from_json
from recipes.engine.new_steps import NewStep, Row, rows_inserted
from recipes.engine.queueing import take_slot
from recipes.engine.sql import Statements, statements
from recipes.engine.tasks import send_wake_up
from recipes.models import Execution, ExecutionStatus, Recipe, Trigger
from recipes.validation import fill_inputs, with_defaults
from workspaces.audit import log as audit
from workspaces.limits import plans
from workspaces.models import User, Workspace

# The condition of the index executions_live, so that only live runs are looked at.
COUNT_LIVE = (
    "SELECT count(*) FROM recipe_executions WHERE workspace_id = %s AND status IN ('pending', 'running', 'waiting')"
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
    priority: int = 0,
) -> Execution:
    """Create a run of a recipe of this workspace and wake a worker. lessons: what its first agent is told besides.
    priority: -10 to 10, higher goes first among what waits in the workspace.

    Raises InvalidInput (fields `input_data.<name>`), TooMany when the workspace's plan cooks no more at once, or
    Conflict when the recipe has no steps or names an agent that cannot work.
    """
    with statements() as sql:
        require_room(sql, workspace)
        name, version, inputs, settings = _held(sql, recipe)
        config, now = with_defaults(settings), sql.now
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
            untrusted_inputs=_untrusted(inputs, input_data, cause),
            user=user,
            created_at=now,
            priority=_checked_priority(priority),
            deadline_at=now + timedelta(seconds=config["total_timeout"]),
        )
        steps = _with_lessons(_steps_of(sql, recipe), lessons)
        begin(sql, execution, steps, {"recipe_id": recipe.pk, "version": version, "trigger": str(trigger)})
        if limit := int(config["max_concurrent_runs"]):
            execution.is_queued = take_slot(sql, execution.pk, recipe.pk, limit, config["total_timeout"])
    return execution


def _checked_priority(priority: int) -> int:
    problems = Problems()
    problems.number("priority", priority, low=-MOST_PRIORITY, high=MOST_PRIORITY)
    problems.raise_any()
    return priority


def _untrusted(inputs: Mapping[str, Any], given: Mapping[str, Any], cause: Cause) -> dict[str, list[str]] | None:
    """The inputs that somebody outside wrote, by what started the run and by the recipe; None when there are none."""
    marked = {name: [f"input {name}"] for name in given if inputs.get(name, {}).get("untrusted")}
    return {**marked, **{name: list(origins) for name, origins in cause.untrusted.items()}} or None


def begin(sql: Statements, execution: Execution, steps: Sequence[NewStep], after: Mapping[str, Any]) -> None:
    """Insert a run with its steps and wake a worker after the commit: the one way in which any run starts.

    execution: not saved yet. after: what the audit log says of it.
    """
    execution.total_steps = execution.unfinished_steps = len(steps)
    _insert_execution(sql, execution)
    _insert_steps(sql, execution, steps)
    after_commit(lambda: send_wake_up(str(execution.id)))
    # Last, so that other starts wait for the end of the log only while this one commits.
    _record("run.started", execution, after=after)
    execution._state.adding = False


def require_room(sql: Statements, workspace: Workspace) -> None:
    """TooMany when as many runs are live as the plan allows; the workspace is held, so starts are counted in turn."""
    if plans.limit_of(workspace.plan, "concurrent_runs") is None:
        return
    for (plan,) in sql.rows("SELECT plan FROM workspaces WHERE id = %s FOR NO KEY UPDATE", [workspace.pk]):
        plans.check(plan, "concurrent_runs", sql.rows(COUNT_LIVE, [workspace.pk])[0][0])


def _held(sql: Statements, recipe: Recipe) -> tuple[str, int, dict[str, Any], dict[str, Any]]:
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
    return steps


def _with_lessons(steps: list[NewStep], lessons: Sequence[Mapping[str, Any]]) -> list[NewStep]:
    """The steps, the first one with an agent with the lessons."""
    if not lessons:
        return steps
    first = next((step.order for step in steps if step.agent_id), None)
    told = {"lessons": list(lessons)}
    return [replace(one, config={**(one.config or {}), **told}) if one.order == first else one for one in steps]


def _insert_execution(sql: Statements, execution: Execution) -> None:
    sql.send(
        "INSERT INTO recipe_executions (id, workspace_id, recipe_id, user_id, recipe_name, recipe_version, mode, "
        "status, input_data, total_steps, unfinished_steps, retry_delay, backoff, triggered_by, created_at, "
        "deadline_at, conversation_id, not_before, priority, trigger_id, chain, untrusted_inputs, workflow_id, "
        "current_step, last_seq, input_tokens, output_tokens, cost, tool_calls) VALUES (%s, %s, %s, %s, %s, %s, %s, "
        "%s, %s::jsonb, "
        "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, 0, 0, 0, 0, 0, 0)",
        [
            execution.id, execution.workspace_id, execution.recipe_id, execution.user_id, execution.recipe_name,
            execution.recipe_version, str(execution.mode), str(execution.status), as_json(execution.input_data),
            execution.total_steps, execution.unfinished_steps, float(execution.retry_delay), float(execution.backoff),
            str(execution.triggered_by), execution.created_at, execution.deadline_at, execution.conversation_id,
            execution.not_before, execution.priority, execution.trigger_id, execution.chain,
            as_json(execution.untrusted_inputs), execution.workflow_id,
        ],
    )  # fmt: skip


def _insert_steps(sql: Statements, execution: Execution, steps: Sequence[NewStep]) -> None:
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
    """Cancel a live run: calls in flight are aborted, late results are refused. Raises Conflict when it is over."""
    with transaction.atomic():
        notices = turns.cancel([execution.id], by=user.display_name if user else "")
        if not notices:
            execution.refresh_from_db()
            raise Conflict(f"This run is already over: {execution.get_status_display().lower()}.", code="not_live")
        for notice in notices:
            events.publish_on_commit(notice)
        events.drop_on_commit(execution.id)
        after_commit(lambda: tell_ended([(execution.workspace_id, execution.id)]))
        before = {"status": execution.status}
        _record("run.cancelled", execution, before=before, after={"status": ExecutionStatus.CANCELLED})
    execution.refresh_from_db()
    return execution


def _record(action: str, execution: Execution, **states: Any) -> None:
    target = ("run", execution.pk, execution.recipe_name)
    audit.record(action, workspace_id=execution.workspace_id, target=target, **states)
