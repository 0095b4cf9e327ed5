"""Clients that say nothing, say half, or read nothing are hung up on; others are not hurried."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn

from automatos.http_deadlines import DeadlineProtocol
from automatos.local import commands

LIMIT = 0.4
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


class Quick(DeadlineProtocol):
    head_seconds = body_seconds = reader_seconds = LIMIT


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Takes the whole body, waits a little if asked to, and answers with its length, or with very much."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        if message["type"] == "http.disconnect":
            return
    if scope["path"] == "/late":
        await asyncio.sleep(3 * LIMIT)
    body = b"x" * 80_000_000 if scope["path"] == "/much" else str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(application, http=Quick, lifespan="off", log_level="error"))
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def said(port: int, *pieces: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """What the server said until it hung up, and after how many seconds it did."""
    with socket.create_connection(("127.0.0.1", port), timeout=20 * LIMIT) as client:
        began, answer = time.monotonic(), b""
        for piece in pieces:
            client.sendall(piece)
            time.sleep(pause)
        while got := client.recv(65536):
            answer += got
        return answer, time.monotonic() - began


@pytest.mark.parametrize(
    "piece",
    [b"", b"\r\n", b"GET", HEAD, HEAD + b"X-Slow: a", HEAD + b"Content-Length: 9\r\n\r\nhalf"],
    ids=["nothing", "a blank line", "a word", "a header", "half a header", "half a body"],
)
def test_whoever_says_half_is_hung_up_on(port: int, piece: bytes) -> None:
    answer, seconds = said(port, piece)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert LIMIT * 0.9 < seconds < LIMIT * 6


def test_bytes_one_at_a_time_gain_no_time(port: int) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as client, contextlib.suppress(OSError):
        for _ in range(200):
            client.sendall(b"X")
            time.sleep(LIMIT / 8)
    assert time.monotonic() - began < LIMIT * 8


def test_a_kept_connection_gains_none_by_blank_lines(port: int) -> None:
    whole = HEAD + b"Content-Length: 0\r\n\r\n"
    answer, seconds = said(port, whole, b"\r\n", pause=LIMIT / 4)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b" 408 " in answer
    assert seconds < LIMIT * 6


def test_a_slow_body_and_a_slow_answer_are_waited_for(port: int) -> None:
    head = HEAD.replace(b" / ", b" /late ") + b"Connection: close\r\nContent-Length: 8\r\n\r\n"
    answer, _ = said(port, head, *[b"ab"] * 4, pause=LIMIT / 2)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"8")


def test_whoever_reads_nothing_is_hung_up_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(HEAD.replace(b" / ", b" /much ") + b"Content-Length: 0\r\n\r\n")
        time.sleep(LIMIT * 4)
        size = 0
        try:
            while got := client.recv(1_000_000):
                size += len(got)
        except ConnectionResetError:
            pass
        assert size < 80_000_000


def test_every_way_to_start_the_product_has_the_deadlines() -> None:
    root = Path(__file__).parents[2]
    assert f"{DeadlineProtocol.__module__}:{DeadlineProtocol.__name__}" == commands.DEADLINES
    assert commands.DEADLINES in commands.web(1)
    for name in ("Dockerfile", "docs/operations.md"):
        assert commands.DEADLINES in (root / name).read_text()
