"""The vendor's client with our limits on it. Importing this takes seconds: `client.py` does it when it is needed.

`composio_client` carries no telemetry. Requests to an address that a workspace chose go to checked addresses only,
and what comes back is bounded (`limits.py`).
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import composio_client
import httpcore
import httpx
from django.conf import settings

from automatos.outside.errors import OutsideError
from automatos.outside.targets import find_host, parse_url
from tools.composio import limits
from tools.composio.access import Access
from tools.composio.problems import ComposioProblem, busy, refused_key, said, too_slow, unreachable

CONNECT_SECONDS = 5.0
# How often a request that only reads is made again when the other side is busy; it names the wait itself.
RETRIES = 4


class CheckedAddresses(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to no other."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers."""
        *others, last = asyncio.run(find_host(host, port))
        for address in others:
            try:
                stream = self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
                return limits.BoundedStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        stream = self._inner.connect_tcp(str(last), port, timeout, local_address, socket_options)
        return limits.BoundedStream(stream)


class CheckedAddressesLater(httpcore.AsyncNetworkBackend):
    """The same on an event loop."""

    def __init__(self) -> None:
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that answers."""
        *others, last = await find_host(host, port)
        for address in others:
            try:
                stream = await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
                return limits.BoundedStreamLater(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        stream = await self._inner.connect_tcp(str(last), port, timeout, local_address, socket_options)
        return limits.BoundedStreamLater(stream)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@cache
def certificates() -> ssl.SSLContext:
    """Read once: it costs 20 ms of processor time."""
    return httpx.create_ssl_context(trust_env=False)


def _transport(own_server: bool) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(verify=certificates(), trust_env=False)
    if own_server:
        transport._pool._network_backend = CheckedAddresses()  # the transport has no parameter for it
    return transport


def _later_transport(own_server: bool) -> httpx.AsyncHTTPTransport:
    most = httpx.Limits(max_connections=200, max_keepalive_connections=20)
    transport = httpx.AsyncHTTPTransport(verify=certificates(), trust_env=False, limits=most)
    if own_server:
        transport._pool._network_backend = CheckedAddressesLater()
    return transport


def _bounds(own_server: bool, refuse: Callable[..., Any]) -> dict[str, Any]:
    """What an httpx client of such a server is made with."""
    bounds = {"headers": limits.HEADERS, "event_hooks": {"response": [refuse]}}
    return {"follow_redirects": False, **(bounds if own_server else {})}


def require_https(access: Access) -> None:
    """Pass an address the key may be sent to: on another machine, over https only, unless the operator lists it."""
    if not access.own_server:
        return
    try:
        url = parse_url(access.base_url)
    except OutsideError as refusal:
        raise unreachable(refusal.message) from None
    listed = settings.OUTSIDE_PRIVATE_HOSTS
    if url.scheme != "https" and not listed.has(url.raw_host or "", url.port or 80):
        raise unreachable("Its address has to start with https://, as the key is sent along.")


@contextmanager
def opened(access: Access, *, seconds: float, retries: int) -> Iterator[composio_client.Composio]:
    """A client that waits at most so many seconds for each answer; its failures come out as ComposioProblem."""
    require_https(access)
    timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
    with (
        understood(access),
        httpx.Client(
            transport=_transport(access.own_server),
            timeout=timeout,
            **_bounds(access.own_server, limits.refuse_packed),
        ) as http,
    ):
        client = composio_client.Composio(
            auth=composio_client.ProjectAuth(access.api_key),
            base_url=access.base_url,
            timeout=timeout,
            max_retries=retries,
            http_client=http,
        )
        yield client


# One pool of connections for each loop; the key is given with each call and stays in no client.
_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, httpx.AsyncClient]] = WeakKeyDictionary()


def later(access: Access, *, seconds: float) -> composio_client.AsyncComposio:
    """A client for this loop that makes each request once."""
    require_https(access)
    pools = _pools.setdefault(asyncio.get_running_loop(), {})
    if access.own_server not in pools:
        pools[access.own_server] = httpx.AsyncClient(
            transport=_later_transport(access.own_server), **_bounds(access.own_server, limits.refuse_packed_later)
        )
    return composio_client.AsyncComposio(
        auth=composio_client.ProjectAuth(access.api_key),
        base_url=access.base_url,
        timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS),
        max_retries=0,
        http_client=pools[access.own_server],
    )


@contextmanager
def understood(access: Access) -> Iterator[None]:
    """Errors of the client as ours. No text carries the key."""
    try:
        yield
    except OutsideError as refusal:
        raise unreachable(refusal.message) from None
    except composio_client.APITimeoutError:
        raise too_slow() from None
    except composio_client.APIConnectionError as error:
        raise unreachable(_refusal(error)) from None
    except composio_client.AuthenticationError:
        raise refused_key(is_own=access.credential_id is not None) from None
    except composio_client.RateLimitError as error:
        raise busy(_wait(error)) from None
    except composio_client.APIStatusError as error:
        details = error.details or {}
        raise said(error.status_code, details, error.request_id or "") from None
    except httpx.InvalidURL:
        raise unreachable("Its address is none that can be asked.") from None
    except (composio_client.APIError, ValueError, TypeError) as error:
        raise ComposioProblem(
            f"Composio answered in a form that is not understood ({type(error).__name__}). Try again later."
        ) from None


def _wait(error: composio_client.RateLimitError) -> float:
    text = error.response.headers.get("retry-after", "")
    return min(3600.0, float(text)) if text.isascii() and text.isdigit() else 60.0


def _refusal(error: BaseException) -> str:
    """Why the address was refused, if that is at the bottom of it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OutsideError):
        cause = cause.__cause__ or cause.__context__
    return cause.message if isinstance(cause, OutsideError) else ""
