"""The keeper: one small process that runs the embedded servers as long as somebody uses them.

Every user (a command, `manage.py up`, the test suite) holds a shared lock on one file; the kernel gives it back however
the user ends. When the keeper can take the lock for itself, nobody is left: it stops the servers in order and goes.
Started by `automatos.local.servers`, never by hand.
"""

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from automatos.local.addresses import Addresses, addresses
from automatos.local.postgres import Postgres, ServerFailed
from automatos.local.processes import Identity, Restarts, identity
from automatos.local.valkey import Valkey

POLL_SECONDS = 0.2

Server = Postgres | Valkey


@dataclass(frozen=True)
class State:
    """What the keeper tells its users: phase is starting, ready, failed or stopping."""

    pid: int
    started: float
    phase: str
    services: list[str]
    message: str = ""

    def alive(self) -> bool:
        return Identity(self.pid, self.started).alive()


def state_file(where: Addresses) -> Path:
    return where.run / "keeper.json"


def users_file(where: Addresses) -> Path:
    return where.run / "users.lock"


def read_state(where: Addresses) -> State | None:
    """The last keeper's word, or None; it may be dead by now."""
    try:
        return State(**json.loads(state_file(where).read_text()))
    except (OSError, ValueError, TypeError):
        return None


class Keeper:
    """Starts the servers, minds them, and stops them in reverse order."""

    def __init__(self, where: Addresses, services: Sequence[str], *, temporary: bool) -> None:
        self.where = where
        self.services = list(services)
        self.temporary = temporary
        self.servers: list[Server] = []
        self.asked_to_stop = False
        self.me = identity(os.getpid())

    def tell(self, phase: str, message: str = "") -> None:
        """Write the state in one piece."""
        state = State(self.me.pid, self.me.started, phase, self.services, message)
        draft = state_file(self.where).with_suffix(".new")
        draft.write_text(json.dumps(asdict(state)))
        draft.replace(state_file(self.where))

    def run(self) -> int:
        """Keep the servers until nobody uses them; 1 when they cannot start."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        self.tell("starting")
        try:
            self._start()
        except (ServerFailed, OSError) as error:
            self._stop()
            self.tell("failed", str(error))
            return 1
        self.tell("ready")
        with users_file(self.where).open("a") as users:
            restarts = {server.name: Restarts() for server in self.servers}
            while not self.asked_to_stop and not _taken(users.fileno()):
                self._mind(restarts)
                time.sleep(POLL_SECONDS)
            self.tell("stopping")
            self._stop()
            state_file(self.where).unlink(missing_ok=True)
            if self.temporary:
                shutil.rmtree(self.where.data, ignore_errors=True)
                shutil.rmtree(self.where.run, ignore_errors=True)
        return 0

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self.asked_to_stop = True

    def _start(self) -> None:
        if "postgres" in self.services:
            self.servers.append(Postgres(self.where, careless=self.temporary))
        if "valkey" in self.services:
            self.servers.append(Valkey(self.where))
        for server in self.servers:
            server.prepare()
            server.start()
        for server in self.servers:
            server.wait_ready()

    def _mind(self, restarts: dict[str, Restarts]) -> None:
        for server in self.servers:
            gone = server.process is None or server.process.poll() is not None
            if gone and restarts[server.name].crashed():
                _note(f"{server.name} stopped by itself; starting it again")
                server.prepare()
                server.start()

    def _stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()


def _taken(users: int) -> bool:
    """Take the users' lock for ourselves, which works only when nobody holds it; kept until this process ends."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("services", nargs="+")
    parser.add_argument("--temporary", action="store_true")
    options = parser.parse_args()
    return Keeper(addresses(options.data), options.services, temporary=options.temporary).run()


if __name__ == "__main__":
    sys.exit(main())
