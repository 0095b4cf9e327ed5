"""Celery task: what is past its 30 days goes."""

import logging

from automatos.celery import app
from recipes.runs import purging

logger = logging.getLogger(__name__)


@app.task(name="recipes.tasks.purge")
def purge() -> None:
    """Remove what is past its 30 days."""
    removed = {name: number for name, number in purging.purge().items() if number}
    if removed:
        logger.info("Purged: %s", removed)
