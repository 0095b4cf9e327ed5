"""Celery tasks: what is past its 30 days goes, and what workspaces keep no longer."""

import logging

from automatos.celery import app
from recipes.runs import purging, retention

logger = logging.getLogger(__name__)
# Seconds between rounds, so that other work of the queue comes in between.
PAUSE = 10


@app.task(name="recipes.tasks.purge")
def purge() -> None:
    """Remove what is past its 30 days."""
    removed = {name: number for name, number in purging.purge().items() if number}
    if removed:
        logger.info("Purged: %s", removed)


@app.task(name="recipes.tasks.sweep_retention")
def sweep_retention() -> None:
    """Remove the runs that workspaces keep no longer; where there are many, one round follows the other."""
    removed, more = retention.sweep()
    if removed:
        logger.info("Removed %s runs that are kept no longer", removed)
    if more:
        sweep_retention.apply_async(countdown=PAUSE, expires=3600)
