"""The way to the MCP server at /mcp, in the same ASGI application as everything else.

The SDK's session manager is started by the first request, in a task of its own, since the server runs without lifespan.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from automatos.api import error_body, understood
from automatos.errors import AppError, NotAllowed

logger = logging.getLogger(__name__)

PATH = "/mcp"
# RFC 9728: what this resource is, for clients that look before they ask.
METADATA = f"/.well-known/oauth-protected-resource{PATH}"
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class McpDoor:
    """Takes what is for /mcp and hands the rest on. One a process."""

    def __init__(self, other: App) -> None:
        self.other = other
        self.ready: asyncio.Future[App] | None = None
        self.running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["path"] == METADATA and scope["method"] in ("GET", "HEAD"):
            await _describe(scope, send)
            return
        if scope["type"] != "http" or scope["path"].rstrip("/") != PATH:
            await self.other(scope, receive, send)
            return
        if scope["method"] != "POST":
            # Nothing is told without being asked, and no session is kept.
            await _answer(send, 405, b"", [(b"allow", b"POST")])
            return
        from recipes.mcp_server.caller import current, in_thread, let_in

        try:
            _check_origin(scope)
            caller = await in_thread(let_in, scope)
        except Exception as error:
            await _refuse(scope, send, understood(error))
            return
        app = await self._app()
        current.set(caller)
        await app({**scope, "path": PATH, "raw_path": PATH.encode()}, receive, send)

    async def _app(self) -> App:
        if self.ready is None:
            self.ready = asyncio.get_running_loop().create_future()
            self.running = asyncio.create_task(self._run(self.ready))
        return await asyncio.shield(self.ready)

    async def _run(self, ready: "asyncio.Future[App]") -> None:
        """Keep the session manager for as long as the process lives; a failure is told to whoever waits."""
        try:
            from mcp.server.transport_security import TransportSecuritySettings

            from recipes.mcp_server.server import make_server

            server = make_server()
            # Host and origin are judged above, by the installation's own settings.
            guard = TransportSecuritySettings(enable_dns_rebinding_protection=False)
            app = server.streamable_http_app(streamable_http_path=PATH, stateless_http=True, transport_security=guard)
            async with server.session_manager.run():
                ready.set_result(app)
                await asyncio.Event().wait()
        except Exception as error:
            logger.exception("The MCP server stopped")
            self.ready = None
            if not ready.done():
                ready.set_exception(error)


def _check_origin(scope: Scope) -> None:
    """Pass a host of ours and, from browsers, an origin of ours; a page of elsewhere would use what it can reach."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host, _ = split_domain_port(headers.get("host", ""))
    allowed = settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", ".localhost"]
    if not validate_host(host, allowed):
        raise AppError("This host is not one of this installation.", code="wrong_host")
    origin = headers.get("origin")
    if origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower():
        return
    if origin not in settings.CSRF_TRUSTED_ORIGINS:
        raise NotAllowed("Pages of other sites may not call the MCP server.")


async def _describe(scope: Scope, send: Send) -> None:
    """No authorization server is named: whoever runs the client makes an API key of the workspace and gives it."""
    try:
        _check_origin(scope)
    except AppError as error:
        await _refuse(scope, send, error)
        return
    here = _here(scope)
    shape = {
        "resource": f"{here}{PATH}",
        "resource_name": "Automatos AI",
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{here}/api/docs/",
    }
    await _answer(send, 200, orjson.dumps(shape), [(b"content-type", b"application/json")])


def _here(scope: Scope) -> str:
    """This installation's address, as it is known outside, else as it was asked."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "localhost")
    return str(settings.PUBLIC_URL).rstrip("/") or f"{scope.get('scheme', 'http')}://{host}"


async def _refuse(scope: Scope, send: Send, error: AppError) -> None:
    headers = [(b"content-type", b"application/json")]
    if error.http_status == 401:
        named = f'Bearer realm="mcp", resource_metadata="{_here(scope)}{METADATA}"'
        headers.append((b"www-authenticate", named.encode()))
    if error.retry_after is not None:
        headers.append((b"retry-after", str(round(error.retry_after)).encode()))
    await _answer(send, error.http_status, orjson.dumps(error_body(error)), headers)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
