"""An end to waiting for clients that say nothing, half a request, or take nothing in.

By itself uvicorn waits for ever, so a few thousand silent connections would use up a process's sockets.
Named to uvicorn on its command line: `--http automatos.http_deadlines:DeadlineProtocol`.
"""

import asyncio
from asyncio.events import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class DeadlineProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it; a client that is too slow is told so (408) where it can be, and hung up on."""

    # Seconds: from connecting, or a request's first byte, to the end of its headers; between two pieces of a body;
    # until a client takes in more of an answer.
    head_seconds, body_seconds, reader_seconds = 10.0, 20.0, 60.0

    _head: TimerHandle | None = None
    _body: TimerHandle | None = None
    _reader: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request's headers are waited for from now on."""
        super().connection_made(transport)
        self._head = self.loop.call_later(self.head_seconds, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Each byte outside of a body belongs to headers, blank lines before them too."""
        if self._body is not None:
            self._wait_for_body()
        elif self._head is None:
            self._head = self.loop.call_later(self.head_seconds, self._too_late)
        super().data_received(data)

    def handle_websocket_upgrade(self) -> None:
        """A WebSocket has pings of its own."""
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def on_headers_complete(self) -> None:
        """Headers are there: a body may follow."""
        self._cancel("_head")
        super().on_headers_complete()
        self._wait_for_body()

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        self._cancel("_body")
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not take in what it asked for."""
        super().pause_writing()
        if self._reader is None:
            self._reader = self.loop.call_later(self.reader_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        self._cancel("_reader")
        super().resume_writing()

    def _wait_for_body(self) -> None:
        self._cancel("_body")
        self._body = self.loop.call_later(self.body_seconds, self._body_too_late)

    def _body_too_late(self) -> None:
        if self.flow.read_paused:
            # It is this process that does not read.
            self._wait_for_body()
        else:
            self._too_late()

    def _too_late(self) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(TIMED_OUT)
        self.transport.close()

    def _stop_waiting(self) -> None:
        for name in ("_head", "_body", "_reader"):
            self._cancel(name)

    def _cancel(self, name: str) -> None:
        timer: TimerHandle | None = getattr(self, name)
        if timer is not None:
            timer.cancel()
            setattr(self, name, None)
