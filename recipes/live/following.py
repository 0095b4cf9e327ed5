"""What a viewer's socket reads: the run, the events above a number, the steps that write right now."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from recipes.models import LIVE_STATUSES, Execution, ExecutionStep, StepStatus
from recipes.runs.reading import events_after
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

# Events after which a run may have nothing more to tell.
FINAL = (
    *("execution.completed", "execution.failed", "execution.cancelled", "execution.stopped"),
    *("quality.ready", "learning.ready"),
)
# How long viewers wait for the assessment of a run that ended. One that comes later stands in the table all the same.
AFTERMATH = timedelta(seconds=3)
MORE_TO_COME = Q(status__in=LIVE_STATUSES) | Q(
    assessed_at=None, recipe__isnull=False, completed_at__gt=Now() - AFTERMATH
)
BATCH = 500
LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Followed:
    """The run a viewer watches. allowed: asked every few seconds whether the viewer still may; None: always."""

    id: UUID
    workspace_id: UUID
    allowed: Callable[[], bool] | None = None


def find(execution_id: UUID, workspace_ids: Collection[UUID]) -> Followed | None:
    """The run, if it belongs to one of these workspaces."""
    # The address names no workspace, so which one's scope to enter is found out here; nothing else is read.
    with system_scope(Purpose.SIGN_IN):
        workspace_id = Execution.objects.filter(pk=execution_id).values_list("workspace_id", flat=True).first()
    return Followed(execution_id, workspace_id) if workspace_id and workspace_id in workspace_ids else None


def news(run: Followed, after: int) -> tuple[list[dict[str, Any]], bool]:
    """The next events above `after`, and whether more may come: read in this order, none can slip between."""
    with workspace_scope(run.workspace_id):
        is_live = Execution.objects.filter(MORE_TO_COME, pk=run.id).exists()
        return list(events_after(run.id, after, limit=BATCH)), is_live


def running_steps(run: Followed) -> list[tuple[UUID, int, int]]:
    """The steps that cook right now: (id, order, attempt)."""
    rows = ExecutionStep.objects.filter(execution_id=run.id, status=StepStatus.RUNNING)
    with workspace_scope(run.workspace_id):
        return list(rows.order_by("order").values_list("id", "order", "attempt"))


def step_id(run: Followed, order: int) -> UUID | None:
    """The id of a step by its place."""
    rows = ExecutionStep.objects.filter(execution_id=run.id, order=order)
    with workspace_scope(run.workspace_id):
        return rows.values_list("id", flat=True).first()


def checked_number(text: str) -> int:
    """A number from 0 as it stands in an address; ValueError for anything else."""
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > LARGEST_NUMBER:
        raise ValueError(text)
    return int(text)


def checked_request(message: Any) -> tuple[int, int, int]:
    """step, attempt and offset of a `text_from` message; ValueError when it is anything else."""
    if not isinstance(message, dict) or message.get("type") != "text_from":
        raise ValueError("Only text_from is understood.")
    return _number(message, "step"), _number(message, "attempt"), _number(message, "offset")


def _number(message: dict[str, Any], name: str) -> int:
    value = message.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(f"{name} is a number from 0.")
    return value
