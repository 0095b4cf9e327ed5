"""Runs that are over, written as the engine leaves them, and assessed as the worker does it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from automatos.tests.app_role import app_role
from recipes.models import Execution, ExecutionStep, Recipe
from recipes.quality import assessing
from recipes.tests.kit import Cast
from recipes.tests.quality_cases import Case, Step


def ended_run(cast: Cast, recipe: Recipe, case: Case, **columns: Any) -> Execution:
    """The run of a case."""
    end = timezone.now()
    began = None if case.duration is None else end - timedelta(seconds=case.duration)
    failed = case.status in ("failed", "stopped")
    run = Execution.objects.create(
        **{
            "workspace": cast.workspace,
            "recipe": recipe,
            "recipe_name": recipe.name,
            "recipe_version": recipe.version,
            "status": case.status,
            "total_steps": len(case.steps),
            "unfinished_steps": 0,
            "triggered_by": "command",
            "input_tokens": case.tokens,
            "error": {"code": "model_error", "message": "It broke."} if failed else None,
            "output_data": _output(case),
            "started_at": began,
            "completed_at": end,
            "deadline_at": (began or end) + timedelta(seconds=case.timeout),
            **columns,
        }
    )
    for order, step in enumerate(case.steps, 1):
        _add_step(cast, run, order, step)
    return run


def _output(case: Case) -> dict[str, Any]:
    return {"final_output": "Words.", "outputs": {f"field_{n}": "There." for n in range(case.present)}}


def _add_step(cast: Cast, run: Execution, order: int, step: Step) -> None:
    end = run.completed_at
    assert end is not None
    ExecutionStep.objects.create(
        workspace=cast.workspace,
        execution=run,
        step_id=f"step_{order}",
        order=order,
        name=f"Step {order}",
        prompt_template="Write.",
        output_key=f"step_{order}",
        timeout=step.timeout,
        agent=cast.agent,
        agent_name=cast.agent.name,
        status=step.status,
        attempt=step.attempt,
        output=step.output,
        error={"code": step.code, "message": "It broke."} if step.code else None,
        started_at=None if step.duration is None else end - timedelta(seconds=step.duration),
        completed_at=end,
    )


def assess(*runs: Execution) -> None:
    """As the worker's task does it, under its role; nobody is told."""
    for run in runs:
        with app_role():
            assessing.assess(run.workspace_id, run.pk)
        run.refresh_from_db()
