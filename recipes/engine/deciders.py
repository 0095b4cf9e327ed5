"""The small thread pool in which a worker decides: synchronous Django code, away from the loop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from recipes.engine.sql import is_locked, is_passing

logger = logging.getLogger(__name__)

T = TypeVar("T")
# For turns, and for what steps keep in between.
THREADS = 4
# For what tools ask the database on behalf of a workspace: it may wait for that workspace's other work.
ERRANDS = 6
LONGEST_PAUSE = 5.0


class Deciders:
    """Threads that run synchronous functions."""

    def __init__(self, threads: int = THREADS, name: str = "turn") -> None:
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, function: Callable[..., T], *args: object, or_locked: bool = False) -> T:
        """What the function returns; while PostgreSQL is away or busy, wait and try again.

        or_locked: raise OperationalError when somebody else holds a row, instead of waiting for it.
        """
        loop, pause = asyncio.get_running_loop(), 0.1
        while True:
            try:
                return await loop.run_in_executor(self.threads, _run, function, *args)
            except (OperationalError, InterfaceError) as error:
                if not is_passing(error) or (or_locked and is_locked(error)):
                    raise
                logger.warning("The database did not answer, trying again in %.1f s: %s", pause, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def close(self) -> None:
        """Wait for what runs; nothing may be asked any more."""
        self.threads.shutdown()


def _run(function: Callable[..., T], *args: object) -> T:
    try:
        return function(*args)
    except (OperationalError, InterfaceError):
        # Connections belong to threads, so the broken one is given back here; the next use opens another.
        connection.close()
        raise
