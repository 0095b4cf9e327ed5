"""Messages to the workers about evaluations, by the names of their tasks. One that is lost is made good by a sweep."""

import logging
from collections.abc import Iterable
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app

logger = logging.getLogger(__name__)
ADVANCE, CHECK = "recipes.tasks.advance_evaluations", "recipes.tasks.check_cells"


def send(task: str, rows: Iterable[tuple[UUID, UUID]]) -> None:
    """Queue a task for rows, as workspace and id. Never raises."""
    pairs = [[str(workspace_id), str(key)] for workspace_id, key in rows]
    try:
        app.send_task(task, (pairs,), retry=False, expires=600)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s for %s rows waits for the sweep: %s", task, len(pairs), error)
