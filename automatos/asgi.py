"""The ASGI application: pages and API by Django, sockets by Channels."""

import asyncio
import os
import sys
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.http.response import HttpResponseBase

from automatos import access_settings
from automatos.later import LEFT, LaterResponse, has_client_left
from automatos.quick_start import no_collection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")

with no_collection():
    # Apps are set up by this call, so what imports models comes after it.
    get_asgi_application()

    # Every page and route, which the first request would wait for.
    import automatos.urls  # noqa: F401
    from automatos.body_limit import BodyLimit
    from automatos.socket_door import SocketDoor
    from recipes.mcp_server.door import McpDoor
    from recipes.urls import sockets
    from workspaces.credentials import master_key

master_key.check_at_start()
if not (settings.REQUIRE_AUTH or settings.OPEN_ACCESS_CONSENT):
    access_settings.require_loopback(sys.argv, settings.PUBLIC_URL)


class Pages(ASGIHandler):
    """Django's handler, which also awaits answers that are not there yet, and tells whether their client has left."""

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        gone = asyncio.Event()
        LEFT.set(gone)

        async def heard() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            return message

        await super().handle(scope, heard, send)

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Send it, once it is there; what is not there yet is not begun for a client that has left."""
        if isinstance(response, LaterResponse):
            if has_client_left():
                return
            response = await response.settled()
        await super().send_response(response, send)


application = ProtocolTypeRouter(
    {
        "http": BodyLimit(McpDoor(Pages())),
        "websocket": SocketDoor(
            AuthMiddlewareStack(URLRouter(sockets)), settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS
        ),
    }
)
