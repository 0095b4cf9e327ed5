"""The guarded client for protocols whose answers stream, as an `httpx2.AsyncClient` that their libraries take.

It connects to checked addresses alone, sends to one origin, follows no redirect by itself, and counts what comes back.
"""

import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import cache

import httpcore2
import httpx2

from automatos.outside import headers as header_rules
from automatos.outside.errors import OutsideError, Refused, TooMuch, Unreachable
from automatos.outside.targets import find_host, parse_url

CONNECT_SECONDS = 10.0


class StreamingGuard:
    """What one client was stopped by. problem: the first refusal; statuses: of the last answers, newest last.

    challenge: what the last answer says of the access it wants (WWW-Authenticate).
    """

    def __init__(self) -> None:
        self.problem: OutsideError | None = None
        self.statuses: list[int] = []
        self.challenge = ""

    def note(self, problem: OutsideError) -> OutsideError:
        """Keep the first problem, since libraries on top may hide it behind one of their own."""
        self.problem = self.problem or problem
        return problem


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Looks a host up, checks every address, and connects to no other one."""

    def __init__(self, guard: StreamingGuard) -> None:
        self.guard = guard
        self.backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's own)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first of the checked addresses that takes one."""
        try:
            addresses = await find_host(host.lower().rstrip("."), port)
        except OutsideError as problem:
            raise self.guard.note(problem) from None
        for address in addresses:
            try:
                return await self.backend.connect_tcp(str(address), port, timeout, socket_options=socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        raise self.guard.note(Unreachable(f"{host[:80]} does not answer."))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never: a socket file is on this machine."""
        raise self.guard.note(Refused("Only addresses that start with http:// or https:// can be requested."))

    async def sleep(self, seconds: float) -> None:
        """As the library waits."""
        await self.backend.sleep(seconds)


class _Counted(httpx2.AsyncByteStream):
    """An answer's body that ends with TooMuch when it is larger than allowed."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int, guard: StreamingGuard) -> None:
        self.stream, self.limit, self.guard = stream, limit, guard

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for piece in self.stream:
            seen += len(piece)
            if seen > self.limit:
                raise self.guard.note(TooMuch(f"The answer is larger than {self.limit:,} bytes."))
            yield piece

    async def aclose(self) -> None:
        """Close what is under it."""
        await self.stream.aclose()


class _Guarded(httpx2.AsyncHTTPTransport):
    """The transport: the URL's form and origin are checked for each request, redirected ones included."""

    def __init__(self, url: str, guard: StreamingGuard, max_bytes: int) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self.origin = _origin(url)
        self.guard, self.max_bytes = guard, max_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_tls(), network_backend=_Pinned(guard), max_connections=10, keepalive_expiry=5.0
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, if it goes to the origin this client is for."""
        if _origin(str(request.url)) != self.origin:
            raise self.guard.note(Refused("The address leads to another host; nothing is sent there."))
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        self.guard.statuses = [*self.guard.statuses[-9:], response.status_code]
        self.guard.challenge = response.headers.get("www-authenticate", "")[:4000]
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise self.guard.note(Unreachable("The answer is packed, which was not asked for."))
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Counted(response.stream, self.max_bytes, self.guard)
        return response


def streaming_client(
    url: str, guard: StreamingGuard, *, headers: Mapping[str, str], read_seconds: float, max_bytes: int
) -> httpx2.AsyncClient:
    """A client for requests to the URL's origin. headers: sent with each, so credentials may be among them.

    read_seconds: the longest pause in an answer. max_bytes: of one answer. Raises Refused for a URL that is none.
    """
    parse_url(url)
    return httpx2.AsyncClient(
        transport=_Guarded(url, guard, max_bytes),
        trust_env=False,
        headers=header_rules.checked(headers),
        timeout=httpx2.Timeout(CONNECT_SECONDS, read=read_seconds),
        follow_redirects=False,
    )


def _origin(text: str) -> tuple[str, str, int]:
    url = parse_url(text)
    return url.scheme, (url.raw_host or "").lower().rstrip("."), url.port or 0


@cache
def _tls() -> ssl.SSLContext:
    """Making one takes 30 ms, so there is one for all."""
    return ssl.create_default_context()
