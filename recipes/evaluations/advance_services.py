"""Changes: an evaluation goes on. What its runs came to is taken over, further ones are begun, and it ends.

Each step is a short transaction of its own that holds the evaluation's row, so that several workers may do it at once
and one may die anywhere. A run is begun in the transaction that notes it with its cell.
"""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Count, Q
from django.utils import timezone

from automatos.after_commit import after_commit
from automatos.errors import AppError, Conflict, TooMany
from recipes.evaluations.telling import CHECK, send
from recipes.models import (
    LIVE_STATUSES,
    Evaluation,
    EvaluationCell,
    EvaluationVariant,
    Execution,
    ExecutionStatus,
    RecipeVersion,
)
from recipes.runs import services as runs
from recipes.runs.version_services import Tried, start_tried
from recipes.triggers.rights import on_behalf_of
from workspaces.audit import log as audit
from workspaces.limits import plans
from workspaces.models import Budget, Spend
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)
Status, Verdict = EvaluationCell.Status, EvaluationCell.Verdict
# So long after its end a run that nobody assessed goes without a quality.
PATIENCE = timedelta(seconds=60)
# Characters of an output that are kept with the results.
LONGEST_OUTPUT = 20_000
BATCH = 100
NO_MONEY = "The budget of the evaluation has no room for it."


def under_way() -> list[tuple[UUID, UUID]]:
    """The evaluations that are not over, as workspace and id, the oldest first."""
    with system_scope(Purpose.UPKEEP):
        rows = Evaluation.objects.filter(status=Evaluation.Status.RUNNING, workspace__deleted_at=None)
        return list(rows.order_by("created_at").values_list("workspace_id", "pk")[:BATCH])


def advance(found: Iterable[tuple[UUID, UUID]]) -> None:
    """Let each evaluation go on as far as it can now."""
    for workspace_id, key in found:
        try:
            _take_over(workspace_id, key)
            while _begin_one(workspace_id, key):
                pass
            _stop_runs(workspace_id, key)
            _end(workspace_id, key)
        except Exception:  # one that cannot go on keeps no other from it
            logger.exception("Evaluation %s could not go on", key)


def _held(key: UUID) -> Evaluation | None:
    """The evaluation where it is not over, ours until the transaction ends."""
    rows = Evaluation.objects.filter(pk=key, status=Evaluation.Status.RUNNING)
    if not rows.select_for_update(no_key=True).values_list("pk"):
        return None
    # Its recipe is asked for afterwards, since it may be deleted while we wait.
    return rows.select_related("evaluation_set__recipe__workspace", "user").get()


def _take_over(workspace_id: UUID, key: UUID) -> None:
    """What runs that are over came to. One that completed is checked by a task of its own."""
    with workspace_scope(workspace_id):
        if _held(key) is None:
            return
        is_over = Q(execution=None) | ~Q(execution__status__in=LIVE_STATUSES)
        is_assessed = (
            Q(execution=None)
            | Q(execution__assessed_at__isnull=False)
            | Q(execution__completed_at__lt=timezone.now() - PATIENCE)
        )
        rows = EvaluationCell.objects.filter(is_over, is_assessed, evaluation=key, status=Status.RUNNING)
        cells = list(rows.select_related("execution").order_by("position"))
        for cell in cells:
            _note(cell)
            cell.save()
        if waiting := [(workspace_id, cell.pk) for cell in cells if cell.status == Status.CHECKING]:
            after_commit(partial(_send_checks, waiting))


def _send_checks(waiting: list[tuple[UUID, UUID]]) -> None:
    for one in waiting:
        send(CHECK, [one])


def _note(cell: EvaluationCell) -> None:
    """The run's end on its cell."""
    run = cell.execution
    if run is None:
        end_cell(cell, Verdict.UNDECIDED, "Its run was removed before it was checked.")
        return
    cell.quality, cell.cost, cell.duration_ms = run.quality_score, run.whole.cost, run.duration_ms
    cell.output = str((run.output_data or {}).get("final_output") or "")[:LONGEST_OUTPUT]
    error: dict[str, Any] = run.error or {}
    if run.status == ExecutionStatus.COMPLETED:
        cell.status = Status.CHECKING
    elif run.status == ExecutionStatus.STOPPED:
        end_cell(cell, Verdict.BUDGET, str(error.get("message") or NO_MONEY))
    elif run.status == ExecutionStatus.CANCELLED:
        end_cell(cell, Verdict.CANCELLED, "Its run was cancelled.")
    else:
        end_cell(cell, Verdict.FAILED, f"The run failed: {error.get('message') or 'no reason was given'}")


def end_cell(cell: EvaluationCell, verdict: str, reason: str = "") -> None:
    """Nothing more comes to the cell; it is not saved."""
    cell.status, cell.verdict, cell.reason, cell.done_at = Status.DONE, verdict, reason[:2_000], timezone.now()


def _begin_one(workspace_id: UUID, key: UUID) -> bool:
    """Begin the next run; whether another one may be begun at once."""
    with workspace_scope(workspace_id):
        evaluation = _held(key)
        if evaluation is None:
            return False
        cells = EvaluationCell.objects.filter(evaluation=evaluation)
        pending = cells.filter(status=Status.PENDING)
        if evaluation.stopped_at or evaluation.evaluation_set.recipe.deleted_at:
            why = "It was stopped." if evaluation.stopped_at else "The recipe was deleted."
            _pass_over(pending, Verdict.CANCELLED, why)
            return False
        if cells.filter(verdict=Verdict.BUDGET).exists():
            _pass_over(pending, Verdict.BUDGET, NO_MONEY)
            return False
        cooking = cells.filter(status=Status.RUNNING).count()
        cell = pending.select_related("variant", "case").order_by("position").first()
        if cell is None or cooking >= _at_once(evaluation):
            return False
        if not _has_room(evaluation, cell.variant, cooking):
            if not cells.filter(status__in=(Status.RUNNING, Status.CHECKING)).exists():
                _pass_over(pending, Verdict.BUDGET, NO_MONEY)
            return False
        return _begin(evaluation, cell)


def _pass_over(pending: Any, verdict: str, reason: str) -> None:
    pending.update(status=Status.DONE, verdict=verdict, reason=reason, done_at=timezone.now())


def _at_once(evaluation: Evaluation) -> int:
    """How many of its runs cook at once: at most half of those that the plan lets cook."""
    limit = plans.limit_of(evaluation.evaluation_set.recipe.workspace.plan, "concurrent_runs")
    return evaluation.at_once if limit is None else min(evaluation.at_once, max(1, limit // 2))


def _has_room(evaluation: Evaluation, variant: EvaluationVariant, cooking: int) -> bool:
    """Whether one more probably fits, by what the variant's cases cost so far. The engine decides before each call."""
    known = EvaluationCell.objects.filter(variant=variant, status=Status.DONE, execution__isnull=False)
    usual = known.aggregate(usual=Avg("cost"))["usual"] or Decimal(0)
    return spent_of(evaluation) + usual * (cooking + 1) <= evaluation.budget


def spent_of(evaluation: Evaluation) -> Decimal:
    """US dollars that counted against its budget so far."""
    if evaluation.status != Evaluation.Status.RUNNING:
        return evaluation.spent
    rows = Spend.objects.filter(budget__scope=Budget.EVALUATION, budget__scope_id=evaluation.pk)
    found: Decimal | None = rows.values_list("spent", flat=True).first()
    return found or Decimal(0)


def _begin(evaluation: Evaluation, cell: EvaluationCell) -> bool:
    recipe, variant, user = evaluation.evaluation_set.recipe, cell.variant, evaluation.user
    body = variant.body or RecipeVersion.objects.get(recipe=recipe, version=variant.version).body
    tried = Tried(
        evaluation_id=evaluation.pk,
        version=variant.version,
        body=body,
        model=variant.model,
        untrusted=cell.case.untrusted_inputs or {},
    )
    try:
        with transaction.atomic(), _on_behalf(evaluation):
            cell.execution = start_tried(
                workspace=recipe.workspace, recipe=recipe, tried=tried, input_data=cell.case.input_data, user=user
            )
    except TooMany:
        return False  # the plan has no room: looked for again
    except AppError as error:
        end_cell(cell, Verdict.FAILED, f"It could not be cooked: {error.message}")
    else:
        cell.status = Status.RUNNING
    cell.save()
    return True


def _on_behalf(evaluation: Evaluation) -> AbstractContextManager[object]:
    """Its runs are the doing of whoever began it, as long as they may; without one it was a command."""
    if evaluation.user is None:
        return acting_as(OPERATOR)
    name = evaluation.evaluation_set.name
    return on_behalf_of(evaluation.user, evaluation.workspace_id, via="evaluation", name=name)


def _stop_runs(workspace_id: UUID, key: UUID) -> None:
    """Cancel what cooks for an evaluation that was stopped, each run in a transaction of its own."""
    with workspace_scope(workspace_id):
        rows = EvaluationCell.objects.filter(evaluation=key, status=Status.RUNNING)
        rows = rows.filter(evaluation__stopped_at__isnull=False, execution__status__in=LIVE_STATUSES)
        cooking = list(rows.values_list("execution_id", flat=True))
    for execution_id in cooking:
        with workspace_scope(workspace_id):
            run = Execution.objects.filter(pk=execution_id).first()
            if run is not None:
                try:
                    runs.cancel(execution=run, user=None)
                except Conflict:
                    continue  # it is over by now


def _end(workspace_id: UUID, key: UUID) -> None:
    """The evaluation is over where nothing of it is left to do."""
    with workspace_scope(workspace_id):
        evaluation = _held(key)
        if evaluation is None or EvaluationCell.objects.filter(evaluation=key).exclude(status=Status.DONE).exists():
            return
        counts = EvaluationVariant.objects.filter(evaluation=evaluation).annotate(
            good=Count("cells", filter=Q(cells__verdict=Verdict.PASSED))
        )
        passed = {one.pk: one.good for one in counts}
        for one in counts:
            EvaluationVariant.objects.filter(pk=one.pk).update(passed=passed[one.pk])
        evaluation.spent = spent_of(evaluation)
        is_stopped = evaluation.stopped_at is not None
        evaluation.status = Evaluation.Status.CANCELLED if is_stopped else Evaluation.Status.COMPLETED
        evaluation.completed_at = timezone.now()
        evaluation.save(update_fields=["spent", "status", "completed_at"])
        Budget.objects.filter(scope=Budget.EVALUATION, scope_id=evaluation.pk).delete()
        told = {"status": evaluation.status, "passed": sum(passed.values()), "spent": f"{evaluation.spent:f}"}
        audit.record_row("evaluation.ended", evaluation, evaluation.evaluation_set.name, after=told)
