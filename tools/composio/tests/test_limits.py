"""A server of a workspace's own can neither flood us nor hold us up."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from pytest_django.fixtures import Settings

from automatos.private_hosts import parse
from tools.composio import client
from tools.composio.access import Access
from tools.composio.problems import ComposioProblem

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIP = [b"x"] * 40
ANSWERS = {
    "packed": ([OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b" " * 5_000_000)], "is packed"),
    "large": ([OK + b"\r\n" + b" " * 400_000], "larger than 100,000 bytes"),
    "slow head": ([OK + b"X-A: ", *DRIP], "in time"),
    "slow body": ([OK + b"\r\n", *DRIP], "in time"),
}


@dataclass
class Hostile:
    """Sends these pieces, a tenth of a second apart. asked: what was sent to it."""

    port: int
    pieces: list[bytes] = field(default_factory=list)
    asked: bytes = b""

    def serve(self, connection: socket.socket) -> None:
        with connection:
            self.asked += connection.recv(65536)
            for number, piece in enumerate(self.pieces):
                time.sleep(0.1 if number else 0)
                try:
                    connection.sendall(piece)
                except OSError:
                    return


@pytest.fixture
def hostile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    monkeypatch.setattr("tools.composio.limits.SECONDS", 1.0)
    monkeypatch.setattr("tools.composio.limits.BYTES", 100_000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Hostile(server.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=found.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield found
        server.shutdown(socket.SHUT_RDWR)


def ask(access: Access) -> None:
    with client.connected(access, seconds=5.0) as composio:
        composio.app("github")


def call(access: Access) -> None:
    asyncio.run(client.execute(access, client.Request("X_GET_Y", "1", "user", None), seconds=5.0))


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("way", [ask, call])
def test_an_answer_is_bounded(hostile: Hostile, answer: str, way: Callable[[Access], None]) -> None:
    hostile.pieces, says = ANSWERS[answer]
    client._sdk()  # its import takes seconds
    begun = time.monotonic()
    with pytest.raises(ComposioProblem, match=says):
        way(Access("ak_secret", f"http://127.0.0.1:{hostile.port}", own_server=True))
    assert time.monotonic() - begun < 3.0
    assert b"accept-encoding: identity\r\n" in hostile.asked.lower()
