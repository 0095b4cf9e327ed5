"""Evaluations are told that runs of theirs were assessed, by the name of a task; nothing of them is known here."""

import logging
from collections.abc import Sequence
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app
from recipes.models import Execution, Trigger
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)
TASK = "recipes.tasks.advance_evaluations"


def tell_evaluations(runs: Sequence[tuple[UUID, UUID]]) -> None:
    """Let the evaluations go on that these runs, as workspace and run, are of. Never raises; a sweep does it, too."""
    with system_scope(Purpose.UPKEEP):
        rows = Execution.objects.filter(pk__in=[key for _, key in runs], triggered_by=Trigger.EVALUATION)
        found = set(rows.exclude(trigger_id=None).values_list("workspace_id", "trigger_id"))
    if not found:
        return
    pairs = [[str(workspace_id), str(key)] for workspace_id, key in sorted(found)]
    try:
        app.send_task(TASK, (pairs,), retry=False, expires=600)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s evaluations wait for the sweep: %s", len(pairs), error)
