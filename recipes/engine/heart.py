"""The worker's heartbeat: a thread and a database connection of its own, so that no work of anybody can stop it.

A worker that was away (frozen, or cut off from the database) can tell by its own clock: it sends nothing before it has
asked whether its steps are still its own, and it gives nobody up before all others had time to show that they live.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from workspaces.scope.tenancy import Purpose, system_statement

logger = logging.getLogger(__name__)

# A worker whose heartbeat is older than this many seconds is given up, and its steps are handed on.
LEASE = 6.0
BEAT = 1.5
# Seconds until the next try when the database did not answer.
AGAIN = 0.5
# A worker that did not beat for as long is unsure whether its steps are its own; long before anybody gives it up.
UNSURE = LEASE / 2
# A loop that did not turn for as long is taken for dead, and its worker with it.
STUCK = 60.0
LIMITS = "-c lock_timeout=1000 -c statement_timeout=5000"

BEATS = (
    "INSERT INTO workers (id, host, pid, started_at, heartbeat_at, reads_payloads) "
    "VALUES (%s, %s, %s, clock_timestamp(), clock_timestamp(), true) "
    "ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp()"
)
HELD = "SELECT id, fence FROM execution_steps WHERE status = 'running' AND owner = %s"


def now() -> float:
    """Seconds that go on while the process, or the whole machine, is frozen."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a beat saw. known: steps the worker knew of before, held: steps that are its own by the table; by fence."""

    known: Mapping[UUID, int]
    held: Mapping[UUID, int]


class Heart:
    """Beats for one worker. known: the steps it works on, by fence; on_pulse: told of each beat, in this thread."""

    def __init__(self, owner: UUID, known: Callable[[], Mapping[UUID, int]], on_pulse: Callable[[Pulse], None]) -> None:
        self.owner, self.known, self.on_pulse = owner, known, on_pulse
        self.first_beat = threading.Event()
        self.last_beat = 0.0
        # Since when no two beats were further apart than UNSURE.
        self.steady_since = 0.0
        self.was_away = False
        self.loop_turned = now()
        self._ending = threading.Event()
        self._own: psycopg.Connection[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; returns once it is quiet."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have given this worker up by now."""
        return now() - self.last_beat < UNSURE

    def has_beaten_since(self, moment: float) -> bool:
        """Whether nobody can have given this worker up between then, as `now()` tells it, and now."""
        return self.is_sure and self.steady_since <= moment

    @property
    def may_give_up_others(self) -> bool:
        """Whether every worker that lives had time to beat since this one last missed the database."""
        return self.is_sure and now() - self.steady_since > (LEASE if self.was_away else UNSURE)

    def loop_turns(self) -> None:
        """The worker's loop is alive."""
        self.loop_turned = now()

    def _run(self) -> None:
        wait = 0.0
        while not self._ending.wait(wait):
            wait = self._try()
        self._drop()

    def _try(self) -> float:
        """Beat once; seconds until the next time."""
        if now() - self.loop_turned > STUCK:
            logger.error("The loop has not turned for %.0f s: this worker is given up", STUCK)
            return BEAT
        started, known = now(), dict(self.known())
        try:
            held = self._beat()
        except Exception as error:
            logger.warning("No heartbeat, trying again in %.1f s: %s", AGAIN, error)
            self._drop()
            return AGAIN
        if started - self.last_beat > UNSURE:
            self.was_away, self.steady_since = self.last_beat > 0, started
        # As of before it was sent: others count from when it arrived.
        self.last_beat = started
        self.first_beat.set()
        self.on_pulse(Pulse(known, held))
        return BEAT

    def _beat(self) -> dict[UUID, int]:
        own = self._own = self._own or _connected()
        with own.transaction(), own.pipeline():
            own.execute(*system_statement(Purpose.ENGINE))
            own.execute(BEATS, [self.owner, socket.gethostname()[:120], os.getpid()])
            found = own.execute(HELD, [self.owner])
            return dict(found.fetchall())

    def _drop(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.close()


def _connected() -> "psycopg.Connection[Any]":
    params: dict[str, Any] = dict(connection.get_connection_params())
    params.pop("cursor_factory", None)
    options = f"{params.get('options', '')} {LIMITS}".strip()
    return psycopg.connect(**{**params, "options": options, "connect_timeout": 2, "autocommit": True})
