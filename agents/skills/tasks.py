"""Celery tasks: sources of skills are fetched and swept."""

import logging
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from agents.skills import sync as skill_sync
from automatos.celery import app

logger = logging.getLogger(__name__)


@app.task(name="agents.tasks.sync_skills")
def sync_skills(workspace_id: str, source_id: str) -> None:
    """Fetch a source of skills, and keep the result or the error in its row."""
    skill_sync.run_sync(UUID(workspace_id), UUID(source_id))


@app.task(name="agents.tasks.sweep_skills")
def sweep_skills() -> None:
    """End syncs of lost workers, remove their folders, and send the syncs that are due."""
    skill_sync.give_up_lost()
    skill_sync.sweep_folders()
    skill_sync.purge()
    for workspace_id, source_id in skill_sync.begin_due():
        send_sync(workspace_id, source_id)


def send_sync(workspace_id: UUID, source_id: UUID) -> None:
    """Queue a sync. Without Redis it is not made, and the row says after a while that it was cut off."""
    try:
        sync_skills.apply_async((str(workspace_id), str(source_id)), retry=False, expires=skill_sync.SYNC_SECONDS)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No sync of skills could be queued: %s", error)
