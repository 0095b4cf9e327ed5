"""Changes: sets that are evaluated at times of their own. Each time is started once: it is moved on in the transaction
that begins the evaluation.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from automatos.errors import AppError
from recipes.evaluations.set_services import next_time
from recipes.evaluations.start_services import Wish, start_evaluation
from recipes.models import Evaluation, EvaluationSet
from recipes.triggers.rights import on_behalf_of
from workspaces.audit import log as audit
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)
BATCH = 100


def start_due() -> int:
    """Begin what is due now; how many evaluations."""
    started = 0
    for workspace_id, set_id in _due():
        try:
            started += _start(workspace_id, set_id)
        except Exception:  # one set keeps no other from its time
            logger.exception("Evaluation set %s could not be started", set_id)
    return started


def _due() -> list[tuple[UUID, UUID]]:
    with system_scope(Purpose.UPKEEP):
        rows = EvaluationSet.objects.filter(next_due_at__lte=Now(), deleted_at=None, recipe__deleted_at=None)
        rows = rows.filter(workspace__deleted_at=None).order_by("next_due_at")
        return list(rows.values_list("workspace_id", "pk")[:BATCH])


def _start(workspace_id: UUID, set_id: UUID) -> int:
    """Begin one, unless the one before is still under way; times that nobody looked at are made good by one."""
    with workspace_scope(workspace_id):
        rows = EvaluationSet.objects.filter(pk=set_id, next_due_at__lte=Now(), deleted_at=None)
        rows = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
        one = rows.select_related("recipe", "owner").annotate(now=Now()).first()
        if one is None:
            return 0
        is_busy = Evaluation.objects.filter(evaluation_set=one, status=Evaluation.Status.RUNNING).exists()
        started = 0 if is_busy else _begin(one)
        if not one.suspended:
            one.next_due_at = next_time(one.cron, one.time_zone, one.now)
        one.save(update_fields=["next_due_at", "suspended"])
        return started


def _begin(one: EvaluationSet) -> int:
    """What is published is tried, on its owner's behalf; where that cannot be, it is suspended with the reason."""
    try:
        with transaction.atomic(), on_behalf_of(one.owner, one.workspace_id, via="schedule", name=one.name) as owner:
            start_evaluation(recipe=one.recipe, set_id=one.pk, user=owner, wish=Wish())
    except AppError as error:
        one.suspended, one.next_due_at = error.message, None
        audit.record_row("evaluation_set.suspended", one, after={"reason": error.message})
        return 0
    return 1
