"""Celery task: makes listings findable by meaning."""

import logging

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app
from marketplace.browse import indexing

logger = logging.getLogger(__name__)


@app.task(name="marketplace.tasks.index_entries")
def index_entries() -> None:
    """Embed what has no vector yet."""
    indexing.index()


def send_index() -> None:
    """Queue it. Without Redis the sweep finds it a minute later."""
    try:
        index_entries.apply_async((), retry=False, expires=60)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("Listings could not be queued for indexing, the sweep will find them: %s", error)
