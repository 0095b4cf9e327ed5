"""Changes: a run's output is checked once, by the expectations of its case; a judge is asked through the gate.

The intent is committed before anything is asked. What was lost with its worker is done once more, under the same
idempotency key.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from recipes.evaluations.advance_services import end_cell
from recipes.evaluations.checking import Check, check
from recipes.evaluations.expectations import JUDGE, Expectation
from recipes.models import EvaluationCell
from recipes.quality.asking_judges import SECONDS, Judged, ask
from recipes.quality.judging import LONGEST_GOAL, Question
from workspaces.budgets.reserving import BudgetReached
from workspaces.credentials import provider_keys
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)
Status, Verdict = EvaluationCell.Status, EvaluationCell.Verdict
LOST, LOST_JUDGE = timedelta(seconds=60), timedelta(seconds=2 * SECONDS)
MOST_SENDS = 3
BATCH = 200


def overdue() -> list[tuple[UUID, UUID]]:
    """Cells that wait to be checked and that nobody is at, as workspace and id."""
    with system_scope(Purpose.UPKEEP):
        rows = EvaluationCell.objects.filter(_is_free(), status=Status.CHECKING, evaluation__status="running")
        return list(rows.order_by("position").values_list("workspace_id", "pk")[:BATCH])


def _is_free() -> Q:
    now = timezone.now()
    is_lost = Q(asked_at__lt=now - LOST) & ~Q(case__expectations__contains=[{"type": JUDGE}])
    return Q(asked_at=None) | is_lost | Q(asked_at__lt=now - LOST_JUDGE)


def check_cells(found: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """Check each; the evaluations that can go on, as workspace and id."""
    done = {}
    for workspace_id, key in found:
        try:
            cell = _check(workspace_id, key)
        except Exception:  # one that cannot be checked keeps no other from it
            logger.exception("Cell %s could not be checked", key)
            continue
        if cell is not None:
            done[cell.evaluation_id] = (workspace_id, cell.evaluation_id)
    return list(done.values())


def _check(workspace_id: UUID, key: UUID) -> EvaluationCell | None:
    with workspace_scope(workspace_id):
        rows = EvaluationCell.objects.filter(_is_free(), pk=key, status=Status.CHECKING)
        rows = rows.select_for_update(of=("self",), skip_locked=True)
        related = ("case", "execution", "evaluation", "evaluation__evaluation_set__recipe")
        cell = rows.select_related(*related).first()
        if cell is None:
            return None
        is_lost = cell.sends >= MOST_SENDS
        cell.asked_at, cell.sends = timezone.now(), cell.sends + (not is_lost)
        cell.save(update_fields=["asked_at", "sends"])
        keys = provider_keys.keys_of(workspace_id)
    if is_lost:
        return _keep(cell, [], Judged(error="Checking it was lost with its workers."))
    if cell.execution is None:
        return _keep(cell, [], Judged(error="Its run was removed before it was checked."))
    text = str((cell.execution.output_data or {}).get("final_output") or "")
    checks = check(cell.case.expectations, text)
    rubric = next((one for one in cell.case.expectations if one["type"] == JUDGE), None)
    if rubric is None:
        return _keep(cell, checks)
    if not all(one["passed"] for one in checks):
        # It failed already, so nobody pays for an opinion.
        return _keep(cell, [*checks, {"type": JUDGE, "passed": None, "detail": "not asked: another check failed"}])
    judged = ask(
        workspace_id,
        cell.evaluation.judge_model,
        _question(cell, rubric, text),
        keys,
        idempotency_key=cell.pk,
        evaluation_id=cell.evaluation_id,
    )
    return _keep(cell, [*checks, *_told(judged, rubric)], judged)


def _question(cell: EvaluationCell, rubric: Expectation, text: str) -> Question:
    assert cell.execution is not None
    recipe = cell.evaluation.evaluation_set.recipe
    goal = f"{recipe.name}\n{recipe.description}".strip()[:LONGEST_GOAL]
    return Question(goal, rubric["rubric"], cell.execution.input_data, text)


def _told(judged: Judged, rubric: Expectation) -> list[Check]:
    if judged.verdict is None:
        return [{"type": JUDGE, "passed": None, "detail": judged.error}]
    score: float = judged.verdict["score"]
    detail = f"{score:.1f} of at least {rubric['at_least']:.1f}. {judged.verdict['summary']}".strip()
    return [{"type": JUDGE, "passed": score >= rubric["at_least"], "detail": detail, "verdict": judged.verdict}]


def _keep(cell: EvaluationCell, checks: list[Check], judged: Judged | None = None) -> EvaluationCell | None:
    """The result on its cell, unless somebody else has it, or wrote one."""
    with workspace_scope(cell.workspace_id):
        rows = EvaluationCell.objects.select_for_update(of=("self",), no_key=True)
        held = rows.filter(pk=cell.pk, status=Status.CHECKING, sends=cell.sends).first()
        if held is None:
            return None
        held.checks = checks
        if judged is not None and judged.reply is not None:
            held.judge_cost = judged.reply.cost
        end_cell(held, *_verdict(checks, judged))
        held.save()
        return held


def _verdict(checks: list[Check], judged: Judged | None) -> tuple[Any, str]:
    if any(one["passed"] is False for one in checks):
        return Verdict.FAILED, ""
    if judged is not None and judged.verdict is None:
        is_short = judged.code == BudgetReached.code
        return (Verdict.BUDGET if is_short else Verdict.UNDECIDED), judged.error
    return Verdict.PASSED, ""
