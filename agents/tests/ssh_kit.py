"""A git server over SSH on loopback: a real one of another library, which gives repositories to one key."""

import asyncio
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from agents.tests.git_kit import QUIET

SECONDS = 30.0


@dataclass
class SshServer:
    """Serves the bare repositories under `root`. tried: user names that came with a key; asked: commands."""

    root: Path
    key: Any
    host_key: Any
    port: int = 0
    tried: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def url(self, name: str, host: str = "localhost") -> str:
        return f"ssh://git@{host}:{self.port}/{name}"

    def known(self, host: str = "localhost", key: Any = None) -> str:
        """The line of a known_hosts file; key: instead of the server's own."""
        public = (key or self.host_key).export_public_key().decode().split()
        return f"[{host}]:{self.port} {public[0]} {public[1]}"


def private(key: Any) -> str:
    """The key as a file has it."""
    return str(key.export_private_key().decode())


@contextmanager
def ssh_server(root: Path) -> Iterator[SshServer]:
    """The server, running."""
    make = asyncssh.generate_private_key
    server, ready = SshServer(root, make("ssh-ed25519"), make("ssh-ed25519")), threading.Event()
    loop = asyncio.new_event_loop()

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: Any) -> bool:
            server.tried.append(username)
            return bool(key.public_data == server.key.public_data)

    async def answer(process: Any) -> None:
        server.asked.append(process.command or "")
        command, path = shlex.split(process.command or "x x")
        environment = {**QUIET, "GIT_PROTOCOL": process.env.get("GIT_PROTOCOL", "")}
        if command != "git-upload-pack":
            process.exit(1)
            return
        git = await asyncio.create_subprocess_exec(
            "git", "upload-pack", str(root / path.strip("/")), env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        await process.redirect(stdin=git.stdin, stdout=git.stdout, stderr=git.stderr)
        process.exit(await git.wait())

    async def listen() -> Any:
        return await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[server.host_key], process_factory=answer, encoding=None
        )

    def run() -> None:
        asyncio.set_event_loop(loop)
        listening = loop.run_until_complete(listen())
        server.port = listening.get_port()
        ready.set()
        loop.run_forever()
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(SECONDS)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
