"""Use the embedded servers of a data folder: start them when they are not up, share them when they are."""

import atexit
import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from automatos import env
from automatos.local.addresses import PROJECT, Addresses, addresses, data_folder
from automatos.local.keeper import State, read_state, users_file
from automatos.local.logs import rotated
from automatos.local.processes import Restarts

STOP_SECONDS = 30.0
START_SECONDS = 90.0
# A keeper looks for users five times a second; one that has not moved after this long is needed by somebody else.
NOTICE_SECONDS = 1.5


class ServersFailed(SystemExit):
    """The embedded servers cannot be used. The text is one sentence with the cure; the exit status is 1."""


class Hold:
    """One user's claim on the embedded servers; they run at least until it is released."""

    def __init__(
        self, where: Addresses, lock: IO[str], keeper: subprocess.Popen[bytes] | None, services: Sequence[str] = ()
    ) -> None:
        self.where, self.services = where, tuple(services)
        self.started_here = keeper is not None
        self._lock = lock
        self._keeper = keeper

    def is_kept(self) -> bool:
        """Whether the keeper lives; without it the servers end too, and nobody brings them back."""
        if self._keeper is not None:
            self._keeper.poll()  # so that one that ended is not taken for alive
        state = read_state(self.where)
        return state is not None and state.alive()

    def again(self) -> "Hold":
        """The keeper is gone: another one with the same servers. Raises ServersFailed; then this one still holds."""
        fresh = hold(self.where.data, self.services)
        self._lock.close()
        return fresh

    def release(self, *, wait: bool = True) -> None:
        """Give the servers up. With `wait`, returns only when they are stopped, unless somebody else uses them."""
        if self._lock.closed:
            return
        self._lock.close()
        if not wait:
            return
        state = read_state(self.where)
        noticed_by = time.monotonic() + NOTICE_SECONDS
        give_up = time.monotonic() + STOP_SECONDS
        while state and state.alive() and time.monotonic() < give_up:
            latest = read_state(self.where)
            if latest and latest.phase == "ready" and time.monotonic() > noticed_by:
                return
            time.sleep(0.02)
        if self._keeper:
            self._keeper.wait(STOP_SECONDS)


def needed() -> list[str]:
    """The embedded servers this environment asks for: those whose address is not given."""
    services = []
    if not env.database_url():
        services.append("postgres")
    if not env.redis_url():
        services.append("valkey")
    return services


def ensure_for_command() -> None:
    """Before a command: the embedded servers it needs are up afterwards, until it ends. Starts none that is set."""
    env.load(PROJECT / ".env")
    services = needed()
    if services:
        held = hold(data_folder(), services)
        atexit.register(held.release, wait=held.started_here)


def hold(data: Path, services: Sequence[str], *, temporary: bool = False) -> Hold:
    """Claim the servers of a data folder, starting those that are not up; ServersFailed says why it cannot.

    temporary: nothing waits for the disk, and the whole folder is removed when the last user is gone.
    """
    where = addresses(data)
    make_folders(where)
    lock = users_file(where).open("a")
    # Waits here while a keeper is on its way out: it holds the lock for itself until it is gone.
    _lock(lock, fcntl.LOCK_SH, f"The servers of {data} have been stopping for {STOP_SECONDS:.0f} s: try again.")
    with (where.run / "start.lock").open("a") as starting:
        _lock(starting, fcntl.LOCK_EX, f"Another start in {data} does not finish: end it, then try again.")
        state = read_state(where)
        if state and state.alive() and state.phase in {"starting", "ready"}:
            _await(where, None)
            _check_services(state, services, data)
            return Hold(where, lock, None, services)
        keeper = _start_keeper(where, services, temporary=temporary)
        _await(where, keeper)
    return Hold(where, lock, keeper, services)


def minded(held: Hold, restarts: Restarts, say: Callable[[str], None]) -> Hold:
    """The hold; when the keeper died, PostgreSQL and Valkey ended with it, and all three are brought back."""
    if held.is_kept():
        return held
    if restarts.due is None:
        say(f"the keeper of {' and '.join(held.services)} stopped by itself; starting it again")
    if not restarts.crashed():
        return held
    try:
        return held.again()
    except ServersFailed as error:
        say(f"{error} Trying again.")
        return held


def make_folders(where: Addresses) -> None:
    """The folders of an installation, ours alone; ServersFailed when they cannot be."""
    try:
        for folder in (where.data, where.data / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        where.run.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ServersFailed(
            f"The data folder {where.data} cannot be used ({error.strerror}): set DATA to one you own."
        ) from None
    found = where.run.stat()
    # When root starts PostgreSQL, the run folder belongs to PostgreSQL's account; root may use it all the same.
    if os.geteuid() not in (0, found.st_uid) or stat.S_IMODE(found.st_mode) & 0o022:
        raise ServersFailed(f"{where.run} belongs to somebody else: set DATA to a folder you own, or remove it.")


def _lock(file: IO[str], kind: int, otherwise: str) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        try:
            return fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ServersFailed(otherwise) from None
            time.sleep(0.02)


def _check_services(state: State, services: Sequence[str], data: Path) -> None:
    missing = [name for name in services if name not in state.services]
    if missing:
        raise ServersFailed(
            f"The servers of {data} run without {' and '.join(missing)}, for somebody with other settings: "
            "stop that first, or set another DATA."
        )


def _start_keeper(where: Addresses, services: Sequence[str], *, temporary: bool) -> subprocess.Popen[bytes]:
    logs = where.data / "logs"
    for name in ("postgres", "valkey"):
        rotated(logs / f"{name}.log")
    command = [sys.executable, "-m", "automatos.local.keeper", str(where.data), *services]
    with rotated(logs / "keeper.log").open("ab") as log:
        # A session of its own: Ctrl-C and a dying terminal reach the users, which then let go in order.
        return subprocess.Popen(
            [*command, "--temporary"] if temporary else command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await(where: Addresses, keeper: subprocess.Popen[bytes] | None) -> None:
    """Wait until the keeper (the one just started, or the one already there) says that all is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = read_state(where)
        ended = keeper.poll() is not None if keeper else not (state and state.alive())
        if state and (keeper is None or state.pid == keeper.pid):
            if state.phase == "ready":
                return
            if state.phase == "failed":
                raise ServersFailed(state.message)
        if ended:
            break
        time.sleep(0.02)
    raise ServersFailed(f"The embedded servers did not start; the reasons are in {where.data / 'logs'}.")
