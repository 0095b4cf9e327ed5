"""Celery tasks: wake-ups and the sweep. Losing or doubling one changes nothing but speed."""

import logging

from asgiref.sync import async_to_sync
from redis.exceptions import RedisError

from automatos import events
from automatos.celery import app
from recipes.engine import turns, worker

logger = logging.getLogger(__name__)


@app.task(name="recipes.tasks.cook")
def cook(execution_id: str) -> None:
    """A run waits to be cooked: wake the conductor of this process, which claims whatever is runnable."""
    if worker.kitchen is not None:
        worker.kitchen.wake()


@app.task(name="recipes.tasks.sweep")
def sweep() -> None:
    """End what is past its deadline or whose workspace is gone. Each worker does so too, in threads of its own."""
    overdue, abandoned = turns.end_overdue(), turns.end_abandoned()
    async_to_sync(events.publish)(overdue.notices + abandoned.notices)
    if dropped := overdue.dropped + abandoned.dropped:
        async_to_sync(events.tell_workers_to_drop)(dropped)


def send_wake_up(execution_id: str) -> None:
    """Wake every worker. Without Redis their own poll finds the run a second later."""
    try:
        events.wake_workers()
    except (RedisError, OSError) as error:
        logger.warning("Run %s wakes nobody, a worker's poll will find it: %s", execution_id, error)
