"""The panel beside the run list: one run in short, to say at a glance what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from automatos.errors import NotFound
from recipes.engine.templating import as_text
from recipes.kitchen.going_on import GoingOn, going_on
from recipes.kitchen.run_rows import Row, rows_of
from recipes.models import ENDED_BADLY, Execution, ExecutionStep, StepStatus
from recipes.runs.filters import failed_with
from workspaces.models import Workspace

MOST_STEPS = 12
MOST_INPUTS = 8
LONGEST_VALUE = 200
SAME_SINCE = timedelta(days=14)
MOST_SAME = 100

LOOKS = {
    StepStatus.PENDING: ("wait", "minus"),
    StepStatus.RUNNING: ("hot", "flame"),
    StepStatus.WAITING: ("ask", "hand"),
    StepStatus.COMPLETED: ("done", "check"),
    StepStatus.FAILED: ("bad", "x"),
    StepStatus.SKIPPED: ("wait", "skip-forward"),
    StepStatus.CANCELLED: ("wait", "circle-slash"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One run. same: how many runs of the last 14 days failed with the same code; above, below: runs beside it.

    going: from where it can go on.
    """

    row: Row
    steps: Sequence[tuple[str, str, ExecutionStep]]
    hidden_steps: int
    inputs: Sequence[tuple[str, str]]
    failed_step: ExecutionStep | None
    code: str
    same: int
    going: GoingOn
    above: UUID | None = None
    below: UUID | None = None


def panel_of(workspace: Workspace, execution_id: UUID, beside: Sequence[Execution] = ()) -> Panel:
    """The panel of a run; beside: the runs of the list it stands in. Raises NotFound."""
    runs = Execution.objects.filter(workspace=workspace, pk=execution_id, deleted_at=None).select_related(
        "user", "recipe"
    )
    run = runs.defer("output_data", "learning").first()
    if run is None:
        raise NotFound()
    called = ("step_id", "name", "kind", "agent_name", "config")
    columns = ("order", *called, "status", "started_at", "completed_at", "attempt", "error")
    steps = list(run.steps.only("execution_id", *columns).order_by("order"))
    failed = next((step for step in steps if step.status == StepStatus.FAILED), None)
    code = str((run.error or {}).get("code") or "")
    keys = [one.pk for one in beside]
    at = keys.index(run.pk) if run.pk in keys else None
    shown = _told(steps, failed)
    return Panel(
        row=rows_of([run])[0],
        steps=[(*LOOKS[StepStatus(step.status)], step) for step in shown],
        hidden_steps=len(steps) - len(shown),
        inputs=[(name, _short(value)) for name, value in list(run.input_data.items())[:MOST_INPUTS]],
        failed_step=failed,
        code=code,
        same=_same(workspace, run, code) if run.status in ENDED_BADLY and code else 0,
        going=going_on(run),
        above=keys[at - 1] if at else None,
        below=keys[at + 1] if at is not None and at + 1 < len(keys) else None,
    )


def _told(steps: Sequence[ExecutionStep], failed: ExecutionStep | None) -> Sequence[ExecutionStep]:
    """The steps; of many those around the one that failed or is under way."""
    if len(steps) <= MOST_STEPS:
        return steps
    lively = (StepStatus.RUNNING, StepStatus.WAITING)
    middle = failed or next((step for step in steps if step.status in lively), steps[-1])
    start = min(max(0, steps.index(middle) - MOST_STEPS // 2), len(steps) - MOST_STEPS)
    return steps[start : start + MOST_STEPS]


def _same(workspace: Workspace, run: Execution, code: str) -> int:
    since = timezone.now() - SAME_SINCE
    rows = Execution.objects.filter(workspace=workspace, deleted_at=None, created_at__gte=since)
    return len(failed_with(rows, code).exclude(pk=run.pk).values_list("pk")[:MOST_SAME])


def _short(value: Any) -> str:
    text = as_text(value)
    return f"{text[:LONGEST_VALUE]}…" if len(text) > LONGEST_VALUE else text
