"""Starting and cancelling runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from agents.work.spec import why_no_new_work
from automatos import events
from automatos.errors import Conflict, NotFound
from recipes.engine import turns
from recipes.engine.ledger import as_json, from_json
from recipes.engine.sql import Statements, array, columns, statements
from recipes.engine.tasks import send_wake_up
from recipes.engine.templating import Output, dependencies
from recipes.models import Execution, ExecutionStatus, Mode, Recipe, Trigger
from recipes.validation import fill_inputs, with_defaults
from workspaces.audit import log as audit
from workspaces.limits import plans
from workspaces.models import User, Workspace

# What a run takes over from its recipe's steps as it stands.
COPIED = (
    '"order", step_id, name, prompt_template, output_key, error_handling, max_retries, max_iterations, timeout, '
    "agent_id"
)

# The condition of the index executions_live, so that only live runs are looked at.
COUNT_LIVE = (
    "SELECT count(*) FROM recipe_executions WHERE workspace_id = %s AND status IN ('pending', 'running', 'waiting')"
)


@dataclass(frozen=True, slots=True)
class Line:
    """What has to be known of a recipe's step before it is copied."""

    order: int
    output_key: str
    prompt_template: str
    agent_name: str
    agent_status: str
    agent_deleted: bool
    agent_pending: str


def start(
    *, workspace: Workspace, recipe: Recipe, input_data: Mapping[str, Any], user: User | None, trigger: Trigger
) -> Execution:
    """Create a run of a recipe of this workspace and wake a worker.

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
            user=user,
            created_at=now,
            deadline_at=now + timedelta(seconds=config["total_timeout"]),
        )
        lines = _lines(sql, recipe)
        _check(lines)
        execution.total_steps = execution.unfinished_steps = len(lines)
        _insert_execution(sql, execution)
        _copy_steps(sql, execution, lines)
        transaction.on_commit(lambda: send_wake_up(str(execution.id)))
        # Last, so that other starts wait for the end of the log only while this one commits.
        after = {"recipe_id": recipe.pk, "version": version, "trigger": str(trigger)}
        _record("run.started", execution, after=after)
    execution._state.adding = False
    return execution


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


def _lines(sql: Statements, recipe: Recipe) -> list[Line]:
    """The steps in order."""
    rows = sql.rows(
        'SELECT s."order", s.output_key, s.prompt_template, a.name, a.status, a.deleted_at IS NOT NULL, '
        "a.pending_status FROM recipes r JOIN recipe_steps s ON s.recipe_id = r.id JOIN agents a ON a.id = s.agent_id "
        'WHERE r.id = %s ORDER BY s."order"',
        [recipe.id],
    )
    return [Line(*row) for row in rows]


def _check(lines: Sequence[Line]) -> None:
    if not lines:
        raise Conflict("This recipe has no steps yet. Add one before cooking it.", code="no_steps")
    fields = {
        f"steps.{index}.agent_id": [reason]
        for index, line in enumerate(lines)
        if (reason := why_no_new_work(line.agent_name, line.agent_status, line.agent_pending, line.agent_deleted))
    }
    if fields:
        raise Conflict(" ".join(texts[0] for texts in fields.values()), code="agent_unusable", fields=fields)


def _insert_execution(sql: Statements, execution: Execution) -> None:
    sql.send(
        "INSERT INTO recipe_executions (id, workspace_id, recipe_id, user_id, recipe_name, recipe_version, mode, "
        "status, input_data, total_steps, unfinished_steps, retry_delay, backoff, triggered_by, created_at, "
        "deadline_at, current_step, last_seq, input_tokens, output_tokens, cost, tool_calls) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, %s, 0, 0, 0, 0, 0, 0)",
        [
            execution.id, execution.workspace_id, execution.recipe_id, execution.user_id, execution.recipe_name,
            execution.recipe_version, str(execution.mode), str(execution.status), as_json(execution.input_data),
            execution.total_steps, execution.unfinished_steps, float(execution.retry_delay), float(execution.backoff),
            str(execution.triggered_by), execution.created_at, execution.deadline_at,
        ],
    )  # fmt: skip


def _copy_steps(sql: Statements, execution: Execution, lines: Sequence[Line]) -> None:
    """Copy the recipe's steps, each with the orders of those it waits for."""
    waits, earlier = [], list[Output]()
    for line in lines:
        if execution.mode == Mode.PARALLEL:
            waits.append((line.order, array(dependencies(line.prompt_template, earlier))))
        else:
            waits.append((line.order, array(output.order for output in earlier[-1:])))
        earlier.append(Output(line.order, line.output_key))
    sql.send(
        f"INSERT INTO execution_steps ({COPIED}, id, workspace_id, execution_id, agent_name, depends_on, waiting_on, "  # noqa: S608
        "runnable_at, status, attempt, fence, prompt, model, output, input_tokens, output_tokens, cost, tool_calls) "
        'SELECT s."order", s.step_id, s.name, s.prompt_template, s.output_key, s.error_handling, s.max_retries, '
        "s.max_iterations, s.timeout, s.agent_id, gen_random_uuid(), %s, %s, a.name, v.waits::int[], "
        "cardinality(v.waits::int[]), CASE WHEN v.waits = '{}' THEN %s::timestamptz END, 'pending', 1, 0, '', '', '', "
        "0, 0, 0, 0 FROM recipe_steps s JOIN agents a ON a.id = s.agent_id "
        'JOIN unnest(%s::int[], %s::text[]) AS v("order", waits) ON v."order" = s."order" WHERE s.recipe_id = %s',
        [execution.workspace_id, execution.id, execution.created_at, *columns(waits), execution.recipe_id],
    )


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
        before = {"status": execution.status}
        _record("run.cancelled", execution, before=before, after={"status": ExecutionStatus.CANCELLED})
    execution.refresh_from_db()
    return execution


def _record(action: str, execution: Execution, **states: Any) -> None:
    target = ("run", execution.pk, execution.recipe_name)
    audit.record(action, workspace_id=execution.workspace_id, target=target, **states)
