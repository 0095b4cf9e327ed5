"""Small truths about operating-system processes: who is who, who outlives whom, and how to end one."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

PR_SET_PDEATHSIG = 1
# A start time is computed from the boot time, which a clock adjustment may shift a little.
START_TOLERANCE = 2.0
FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 10.0
HEALTHY_SECONDS = 30.0

_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same number. `started` is in epoch seconds."""

    pid: int
    started: float

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < START_TOLERANCE
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def send(self, number: int) -> None:
        """Send a signal to this very process, to no other."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def identity(pid: int) -> Identity:
    """The identity of a process that runs now."""
    return Identity(pid, psutil.Process(pid).create_time())


def spawn(command: list[str], *, when_orphaned: int, **options: Any) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own; on Linux it gets the signal `when_orphaned` when we die, however we do.

    Call it from the main thread only: the kernel takes that thread's end for ours. `options` go to Popen.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_tied(when_orphaned),  # noqa: PLW1509 our callers have one thread
        **options,
    )


def _tied(number: int) -> Callable[[], None] | None:
    if _prctl is None:
        return None
    parent = os.getpid()
    prctl = _prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def end(process: subprocess.Popen[bytes], steps: list[tuple[int, float]]) -> None:
    """End a child: each step is a signal and the seconds to wait before the next; SIGKILL comes last by itself."""
    for number, seconds in [*steps, (signal.SIGKILL, 5.0)]:
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


class Restarts:
    """How long to wait before a crashed server is started again: twice as long each time, until it stays up."""

    def __init__(self) -> None:
        self.delay = FIRST_BACKOFF
        self.last_start = time.monotonic()
        self.due: float | None = None

    def crashed(self) -> bool:
        """Call while the server is down; true when it is time to start it."""
        now = time.monotonic()
        if self.due is None:
            healthy = now - self.last_start > HEALTHY_SECONDS
            self.delay = FIRST_BACKOFF if healthy else min(self.delay * 2, LONGEST_BACKOFF)
            self.due = now + self.delay
        if now < self.due:
            return False
        self.due, self.last_start = None, now
        return True
