"""Starting and cancelling runs."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from agents.runtime import why_unusable
from automatos import events
from automatos.errors import Conflict
from recipes import engine
from recipes.models import Execution, ExecutionStep, Mode, Recipe, RecipeStep, Trigger
from recipes.tasks import send_wake_up
from recipes.templating import Output, dependencies
from recipes.validation import fill_inputs
from workspaces.models import User, Workspace

DEFAULT_CONFIG: dict[str, Any] = {
    "mode": Mode.SEQUENTIAL.value,
    "timeout_per_step": 300,
    "total_timeout": 600,
    "max_retries": 1,
    "retry_delay": 2,
    "backoff": 2,
}


def start(
    *, workspace: Workspace, recipe: Recipe, input_data: Mapping[str, Any], user: User | None, trigger: Trigger
) -> Execution:
    """Create a run of a recipe of this workspace and wake a worker.

    Raises InvalidInput (fields `input_data.<name>`), or Conflict when the recipe has no steps or names an agent that
    cannot work.
    """
    values = fill_inputs(recipe.inputs, input_data)
    steps = list(recipe.steps.select_related("agent").order_by("order"))
    _check_agents(steps)
    config = {**DEFAULT_CONFIG, **recipe.execution_config}
    now = timezone.now()
    with transaction.atomic():
        execution = Execution.objects.create(
            workspace=workspace,
            recipe=recipe,
            recipe_name=recipe.name,
            recipe_version=recipe.version,
            mode=config["mode"],
            input_data=values,
            total_steps=len(steps),
            unfinished_steps=len(steps),
            retry_delay=config["retry_delay"],
            backoff=config["backoff"],
            triggered_by=trigger,
            user=user,
            created_at=now,
            deadline_at=now + timedelta(seconds=config["total_timeout"]),
        )
        ExecutionStep.objects.bulk_create(_copies(execution, steps))
        transaction.on_commit(lambda: send_wake_up(str(execution.id)))
    return execution


def _check_agents(steps: Sequence[RecipeStep]) -> None:
    if not steps:
        raise Conflict("This recipe has no steps yet. Add one before cooking it.", code="no_steps")
    fields = {
        f"steps.{index}.agent_id": [reason]
        for index, step in enumerate(steps)
        if (reason := why_unusable(step.agent.name, step.agent.status, deleted=step.agent.deleted_at is not None))
    }
    if fields:
        raise Conflict(" ".join(texts[0] for texts in fields.values()), code="agent_unusable", fields=fields)


def _copies(execution: Execution, steps: Sequence[RecipeStep]) -> list[ExecutionStep]:
    """The recipe's steps as the run's own, each with the steps it waits for."""
    copies: list[ExecutionStep] = []
    earlier: list[Output] = []
    for step in steps:
        if execution.mode == Mode.PARALLEL:
            depends_on = dependencies(step.prompt_template, earlier)
        else:
            depends_on = [earlier[-1].order] if earlier else []
        copies.append(
            ExecutionStep(
                workspace_id=execution.workspace_id,
                execution=execution,
                agent_id=step.agent_id,
                agent_name=step.agent.name,
                depends_on=depends_on,
                waiting_on=len(depends_on),
                runnable_at=None if depends_on else execution.created_at,
                step_id=step.step_id,
                order=step.order,
                name=step.name,
                prompt_template=step.prompt_template,
                output_key=step.output_key,
                error_handling=step.error_handling,
                max_retries=step.max_retries,
                max_iterations=step.max_iterations,
                timeout=step.timeout,
            )
        )
        earlier.append(Output(step.order, step.output_key))
    return copies


def cancel(*, execution: Execution, user: User | None) -> Execution:
    """Cancel a live run: calls in flight are aborted, late results are refused. Raises Conflict when it is over."""
    with transaction.atomic():
        notices = engine.cancel([execution.id], by=user.display_name if user else "")
        if not notices:
            execution.refresh_from_db()
            raise Conflict(f"This run is already over: {execution.get_status_display().lower()}.", code="not_live")
        for notice in notices:
            events.publish_on_commit(notice)
        events.drop_on_commit(execution.id)
    execution.refresh_from_db()
    return execution
