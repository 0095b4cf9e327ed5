"""How much a server of a workspace's own may send, and how long it may take over one answer, head and body.

The vendor's client bounds neither: its time limits are for each read, and it unpacks whatever comes.
"""

import ssl
import time
from typing import Any

import httpcore
import httpx

from automatos.outside.errors import TooMuch, Unreachable

SECONDS = 60.0
BYTES = 20_000_000
# Nothing packed is asked for, so that what is counted is what is kept.
HEADERS = {"Accept-Encoding": "identity"}


class _Budget:
    """What is left for the answer under way on one connection, which has one at a time."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Something is sent: the answer to it is a new one."""
        self._until, self._bytes = time.monotonic() + SECONDS, BYTES

    def wait(self, timeout: float | None) -> float:
        """How long the next read may take; raises ReadTimeout when nothing is left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The whole answer took too long.")
        return left if timeout is None else min(left, timeout)

    def spend(self, piece: bytes) -> bytes:
        """Count what came; raises TooMuch."""
        self._bytes -= len(piece)
        if self._bytes < 0:
            raise TooMuch(f"The answer is larger than {BYTES:,} bytes.")
        return piece


class BoundedStream(httpcore.NetworkStream):
    """A connection that reads no longer and no more than allowed."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner, self._budget = inner, _Budget()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._budget.spend(self._inner.read(max_bytes, self._budget.wait(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._budget.begin()
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same over TLS."""
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class BoundedStreamLater(httpcore.AsyncNetworkStream):
    """The same on an event loop."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner, self._budget = inner, _Budget()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the library's own
        return self._budget.spend(await self._inner.read(max_bytes, self._budget.wait(timeout)))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._budget.begin()
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """The same over TLS."""
        return BoundedStreamLater(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def refuse_packed(response: httpx.Response) -> None:
    """Called with the head of an answer, before its body is read: a few kilobytes may unpack to gigabytes."""
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise Unreachable("The answer is packed, which was not asked for.")


async def refuse_packed_later(response: httpx.Response) -> None:
    """The same on an event loop."""
    refuse_packed(response)
