"""A model server that always says the same, from prebuilt bytes: it costs a benchmark next to nothing.

`python -m automatos.llm.testing --port 8081 --delay 2` answers every call on both wires after two seconds.
`GET /count` tells how many calls it has answered.
"""

import argparse
import asyncio
import contextlib
import signal
from dataclasses import dataclass

from automatos.llm.testing import anthropic, chat
from automatos.llm.testing.answers import Answer
from automatos.llm.types import Usage

TEXT = "The quick model answers at once with one short line of words so that only the engine is measured here now"
HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Answers:
    """Prebuilt answers by (wire, streamed), the delay in seconds before each, and how many were given."""

    table: dict[tuple[bool, bool], bytes]
    delay: float
    count: int = 0


def build(delay: float = 0.0, chunks: int = 24) -> Answers:
    """Answers whose streams have `chunks` pieces of text."""
    words = TEXT.split()
    pieces = [words[index % len(words)] + " " for index in range(chunks)]
    answer = Answer("instant", pieces, (), "", "stop", Usage(input_tokens=40, output_tokens=chunks))
    table = {
        (False, False): _response("application/json", chat.body(answer)),
        (False, True): _response("text/event-stream", b"".join(chat.events(answer))),
        (True, False): _response("application/json", anthropic.body(answer)),
        (True, True): _response("text/event-stream", b"".join(anthropic.events(answer))),
    }
    return Answers(table, delay)


class InstantProtocol(asyncio.Protocol):
    """Just enough HTTP/1.1: a head, a body of Content-Length bytes, the connection kept open."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head_end := self._buffer.find(HEAD_END)) >= 0:
            end = head_end + 4 + _content_length(self._buffer[:head_end])
            if len(self._buffer) < end:
                return
            head, body, self._buffer = self._buffer[:head_end], self._buffer[head_end + 4 : end], self._buffer[end:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        answers = self._answers
        if head.startswith(b"GET"):
            self._write(_response("application/json", b'{"requests":%d}' % answers.count))
            return
        answers.count += 1
        streamed = b'"stream":true' in body or b'"stream": true' in body
        answer = answers.table[b"/messages " in head[:64], streamed]
        if answers.delay:
            asyncio.get_running_loop().call_later(answers.delay, self._write, answer)
        else:
            self._write(answer)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(b"\r\ncontent-length:")
    return int(lowered[start + 17 :].split(b"\r\n", 1)[0]) if start >= 0 else 0


def _response(content_type: str, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        content_type.encode(),
        len(body),
        body,
    )


async def serve(port: int, answers: Answers) -> None:
    """Listen on loopback until the process is told to stop; prints the base address, so port 0 can be used."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: InstantProtocol(answers), "127.0.0.1", port, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)  # noqa: T201
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    await stopped.wait()
    server.close()


def main() -> None:
    """Read --port, --delay (seconds) and --chunks, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--chunks", type=int, default=24, help="pieces of a streamed answer")
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.port, build(chosen.delay, chosen.chunks)))
