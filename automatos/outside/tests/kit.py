"""Web servers on loopback for tests of outgoing requests, and name servers that answer as told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from automatos.outside import Client
from automatos.private_hosts import parse

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """A running server. seen: every request, oldest first."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    seen: list[web.BaseRequest] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"


@asynccontextmanager
async def serving(
    handler: Handler, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Site]:
    """A server whose every address is answered by the handler."""
    site = Site(0, host, "https" if tls else "http")

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        site.seen.append(request)
        return await handler(request)

    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, host, 0, ssl_context=tls)
    await listening.start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(reply: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Site]:
    """A server that reads a request's head and then does as it likes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await reply(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield Site(server.sockets[0].getsockname()[1])


class Names:
    """A name server: each name with the answers it gives, one after the other; the last one for ever."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError("unknown name")
        left = self.answers[host]
        return (left.pop(0) if len(left) > 1 else left[0]).split()


def client(names: Names | None = None, *allowed: str, tls: ssl.SSLContext | None = None) -> Client:
    """A client that may reach the given hosts, else 127.0.0.1, although they are private."""
    return Client(resolve=names or Names(), private=parse(allowed or ["127.0.0.1"]), tls=tls)


async def plain(request: web.BaseRequest) -> web.StreamResponse:
    """Says hello."""
    return web.Response(text="hello")
