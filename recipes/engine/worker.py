"""The conductor inside the Celery worker: started with the process, stopped before it ends."""

import asyncio
import logging
import os
import signal
import sys
import threading
from typing import Any

import uvloop
from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from automatos.waiting import wait_for_database
from recipes.engine.conductor import Conductor
from workspaces.credentials import master_key

logger = logging.getLogger(__name__)


class Kitchen:
    """One conductor on its own loop in its own thread."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.conductor: Conductor | None = None
        self.thread = threading.Thread(target=self._run, name="conductor", daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._work())
        except Exception:
            # A worker without a conductor would look alive and do nothing: end, so that the supervisor starts another.
            logger.exception("The conductor broke")
            os.kill(os.getpid(), signal.SIGTERM)

    async def _work(self) -> None:
        self.conductor = Conductor()
        await self.conductor.run()

    def wake(self) -> None:
        """From any thread: there may be runnable steps."""
        if self.conductor is not None:
            self.loop.call_soon_threadsafe(self.conductor.wake)

    def stop(self) -> None:
        """From any thread: take nothing new."""
        if self.conductor is not None:
            self.loop.call_soon_threadsafe(self.conductor.stop)


kitchen: Kitchen | None = None
# Seconds a thread may keep the interpreter: the loop and the deciding threads hand over often, and each waits less.
SWITCH_INTERVAL = 0.0005


@worker_init.connect
def start(**_: Any) -> None:
    """The worker process starts."""
    wait_for_database()
    master_key.check_at_start()
    global kitchen  # noqa: PLW0603 - one per process, made by Celery's signal
    sys.setswitchinterval(SWITCH_INTERVAL)
    kitchen = Kitchen()
    kitchen.thread.start()


@worker_shutting_down.connect
def stop(**_: Any) -> None:
    """A stop signal arrived."""
    if kitchen is not None:
        kitchen.stop()


@worker_shutdown.connect
def finish(**_: Any) -> None:
    """Celery is done: wait until the conductor has released what it held."""
    if kitchen is not None:
        kitchen.stop()
        kitchen.thread.join()
