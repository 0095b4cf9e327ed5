"""Work that takes minutes gets a part of a worker's threads, so that what has to be done each second finds one."""

import logging
import threading
from collections.abc import Callable, Hashable

from django.db import close_old_connections

logger = logging.getLogger(__name__)

# Of the eight threads of a worker (automatos/celery.py).
MOST_AT_ONCE = 4


class LongTasks:
    """What of one process may be done at once; the rest waits here, in its order, without a thread."""

    def __init__(self, most: int) -> None:
        self._room = most
        self._waiting: dict[Hashable, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def do(self, name: Hashable, work: Callable[[], None]) -> None:
        """Do it now where there is room, and then what waits; else leave it to whoever is done next.

        name: the same work that waits already waits once. What dies with the process has to be found by a sweep.
        """
        with self._lock:
            if not self._room:
                self._waiting.setdefault(name, work)
                return
            self._room -= 1
        try:
            work()
        finally:
            while (following := self._next()) is not None:
                # As Celery does between tasks: a restart of the database leaves a connection that is good for nothing.
                close_old_connections()
                try:
                    following()
                except Exception:
                    logger.exception("Work that had waited broke")

    def _next(self) -> Callable[[], None] | None:
        """The one that waits longest; without one the room is free again."""
        with self._lock:
            if not self._waiting:
                self._room += 1
                return None
            return self._waiting.pop(next(iter(self._waiting)))


of_this_process = LongTasks(MOST_AT_ONCE)
