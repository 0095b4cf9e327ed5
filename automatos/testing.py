"""What the suite needs to run the product for real: its processes, and a network that ends at this machine."""

import contextlib
import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import connection

from automatos.local import commands
from automatos.local.addresses import PROJECT
from automatos.local.processes import end, spawn

if TYPE_CHECKING:
    from automatos.llm.testing.server import ScriptedServer

START_SECONDS = 60.0

SERVER_PORTS = (20_000, 32_000)


class NetworkCut(RuntimeError):
    """A test tried to reach another machine. Tests talk to real servers on this one."""


def cut_network() -> None:
    """From now on this process can connect to this machine only; it cannot be undone."""
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
    elif event == "socket.getaddrinfo" and args[0]:
        host = args[0].decode() if isinstance(args[0], bytes) else str(args[0])
    else:
        return
    if host in {"localhost", ""}:
        return
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host.split("%")[0])
        if address.is_loopback or address.is_unspecified:
            return
    raise NetworkCut(f"{host} is not on this machine.")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on.

    It is below those that systems give to outgoing connections: one of those could take it before a server of the test
    does, or while that is started again.
    """
    for _ in range(100):
        port = SERVER_PORTS[0] + secrets.randbelow(SERVER_PORTS[1] - SERVER_PORTS[0])
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("No port of 127.0.0.1 is free for a server of the tests.")


class Part:
    """One process of the product; `kill` is SIGKILL, the way machines die."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it if it does not run; returns at once."""
        if self.process and self.process.poll() is None:
            return
        with self.log.open("ab") as log:
            self.process = spawn(
                self.command,
                when_orphaned=signal.SIGKILL,
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it at once, without a chance to tidy up."""
        if self.process:
            end(self.process, [])

    def stop(self) -> None:
        """End it in order."""
        if self.process:
            end(self.process, [(signal.SIGTERM, 60.0)])


class Stack:
    """Web and worker on the test database and queue, with every model call going to the scripted server."""

    def __init__(self, models: "ScriptedServer", static_root: Path) -> None:
        self.models, self.static_root = models, static_root
        self.folder = Path(os.environ["DATA"]) / "logs"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.apps_port, self.tools_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = self._environment()
        self.web = Part("web", commands.web(self.port), environment, self.folder / "web.log")
        self.worker = Part("worker", commands.worker(), environment, self.folder / "worker.log")

    def _environment(self) -> dict[str, str]:
        chosen = {
            "OPENAI_BASE_URL": self.models.openai_url,
            "OPENAI_API_KEY": "test-key",
            "ANTHROPIC_BASE_URL": self.models.anthropic_url,
            "ANTHROPIC_API_KEY": "test-key",
            "LOCAL_LLM_URL": self.models.openai_url,
            # Where a test that needs apps puts its server.
            "COMPOSIO_BASE_URL": f"http://127.0.0.1:{self.apps_port}",
            # Where a test that needs an MCP server or an API puts it.
            "OUTSIDE_PRIVATE_HOSTS": f"127.0.0.1:{self.tools_port}",
            "SECRET_KEY": settings.SECRET_KEY,
            "STATIC_ROOT": str(self.static_root),
        }
        if not settings.EMBEDDED_DATABASE:
            base, _, query = settings.DATABASE_URL.partition("?")
            server = base.rsplit("/", 1)[0]
            chosen["DATABASE_URL"] = f"{server}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else "")
        return {**os.environ, **chosen}

    def __enter__(self) -> Self:
        try:
            self.web.start()
            self.worker.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextlib.contextmanager
    def restarted(self, part: Part, **environment: str) -> Iterator[None]:
        """A part of it with more in its environment; afterwards as it was before."""
        before = part.environment
        self._restart(part, before | environment)
        try:
            yield
        finally:
            self._restart(part, before)

    def _restart(self, part: Part, environment: dict[str, str]) -> None:
        part.stop()
        part.environment = environment
        part.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until /ready names every part as working; fails with the logs' ends."""
        deadline = time.monotonic() + START_SECONDS
        answer = ""
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/ready", timeout=5) as response:  # noqa: S310 our own address
                    response.read()
                    return
            except urllib.error.HTTPError as error:
                answer = error.read().decode(errors="replace")[:500]
            except OSError as error:
                answer = str(error)
            if self.web.process and self.web.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"The stack is not ready: {answer}\n{self.logs()[-4000:]}")

    def stop(self) -> None:
        """Stop every process, whatever happened before."""
        for part in (self.worker, self.web):
            part.stop()

    def logs(self, most: int = 0) -> str:
        """What web and worker wrote so far; of each the last `most` characters if that is not 0."""
        files = [part.log for part in (self.web, self.worker)]
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-most:]}" for path in files if path.exists()
        )
