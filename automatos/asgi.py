"""The ASGI application: pages and API by Django, sockets by Channels."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")

# Apps are set up by this call, so what imports models comes after it.
pages = get_asgi_application()

from agents.urls import sockets as agent_sockets  # noqa: E402
from recipes.urls import sockets as recipe_sockets  # noqa: E402
from workspaces.urls import sockets as workspace_sockets  # noqa: E402

sockets = URLRouter([*workspace_sockets, *agent_sockets, *recipe_sockets])
application = ProtocolTypeRouter(
    {"http": pages, "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets))}
)
