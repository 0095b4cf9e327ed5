"""Celery tasks: what is past its 30 days goes, and what workspaces keep no longer; lost calls come into the log."""

import logging

from automatos.celery import app
from recipes.runs import lost_calls, purging, retention
from recipes.runs.payload_sweep import sweep_payloads

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
    """Remove the runs that workspaces keep no longer, and what only they referred to; many in several rounds."""
    removed, more = retention.sweep()
    if removed:
        logger.info("Removed %s runs that are kept no longer", removed)
    if more:
        sweep_retention.apply_async(countdown=PAUSE, expires=3600)
    elif unused := sweep_payloads():
        logger.info("Removed %s large values that no run refers to", unused)


@app.task(name="recipes.tasks.note_lost_calls")
def note_lost_calls() -> None:
    """Log the tool calls of runs that ended while their worker was dead."""
    if noted := lost_calls.note_lost_calls():
        logger.info("Noted %s calls whose worker was lost", noted)
