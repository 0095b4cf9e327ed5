"""Celery finds an app's tasks here; each room has its own."""

import logging

from automatos.celery import app
from workspaces import purging
from workspaces.credentials.tasks import check_credential

__all__ = ["check_credential", "purge"]

logger = logging.getLogger(__name__)


@app.task(name="workspaces.tasks.purge")
def purge() -> None:
    """Remove workspaces whose 30 days of undo are over, and what was only remembered for a while."""
    removed = {name: number for name, number in purging.purge().items() if number}
    if removed:
        logger.info("Purged: %s", removed)
