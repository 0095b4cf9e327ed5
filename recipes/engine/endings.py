"""What comes after a run's end is done by others: they are told by the name of a task, and none of them is known here.

A message that is lost loses nothing: a sweep finds the runs that nobody looked at.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app
from automatos.events import Notice

logger = logging.getLogger(__name__)

TASK = "recipes.tasks.assess_runs"
ENDS = ("execution.completed", "execution.failed", "execution.cancelled", "execution.stopped")


def ended(notices: Iterable[Notice]) -> list[tuple[UUID, UUID]]:
    """The runs, as workspace and run, that ended by what these notices tell."""
    return [
        (notice.workspace_id, notice.execution_id)
        for notice in notices
        if any(event["type"] in ENDS for event in notice.events)
    ]


def tell_ended(runs: Iterable[tuple[UUID, UUID]]) -> None:
    """Queue what comes after these runs. Never raises."""
    pairs = [[str(workspace_id), str(execution_id)] for workspace_id, execution_id in runs]
    try:
        app.send_task(TASK, (pairs,), retry=False, expires=600)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("What comes after %s runs waits for the sweep: %s", len(pairs), error)
