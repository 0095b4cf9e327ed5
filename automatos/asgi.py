"""The ASGI application: pages and API by Django, sockets by Channels."""

import os
import sys
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.http.response import HttpResponseBase

from automatos import access_settings
from automatos.later import LaterResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")

# Apps are set up by this call, so what imports models comes after it.
get_asgi_application()

from recipes.urls import sockets  # noqa: E402
from workspaces import master_key  # noqa: E402

master_key.check_at_start()
if not (settings.REQUIRE_AUTH or settings.OPEN_ACCESS_CONSENT):
    access_settings.require_loopback(sys.argv)


class Pages(ASGIHandler):
    """Django's handler, which also awaits answers that are not there yet."""

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Send it, once it is there."""
        await super().send_response(await response.settled() if isinstance(response, LaterResponse) else response, send)


class OwnPagesOnly(OriginValidator):  # type: ignore[misc]
    """Browsers always say which page opens a socket: only ours may. A program says nothing and brings a key."""

    def valid_origin(self, parsed_origin: Any) -> bool:
        """Whether the socket may be opened."""
        return parsed_origin is None or bool(super().valid_origin(parsed_origin))


application = ProtocolTypeRouter(
    {"http": Pages(), "websocket": OwnPagesOnly(AuthMiddlewareStack(URLRouter(sockets)), settings.ALLOWED_HOSTS)}
)
