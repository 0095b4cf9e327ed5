"""The tools' places in the navigation and the palette."""

from django.db.models import QuerySet

from automatos.places import NavEntry, Places
from tools.models import ComposioConnection, RemoteService


def connected() -> QuerySet[ComposioConnection]:
    """Apps that are connected, or were and need to be again."""
    return ComposioConnection.objects.filter(status__in=("active", "error"))


def mcp_servers() -> QuerySet[RemoteService]:
    """MCP servers that are switched on."""
    return RemoteService.objects.filter(kind="mcp", is_enabled=True)


def apis() -> QuerySet[RemoteService]:
    """APIs that are switched on."""
    return RemoteService.objects.filter(kind="openapi", is_enabled=True)


PLACES = Places(
    nav=(
        NavEntry("Extend", 20, "Apps", "plug", "apps/", count=connected),
        NavEntry("Extend", 30, "MCP servers", "server", "mcp-servers/", count=mcp_servers),
        NavEntry("Extend", 35, "APIs", "braces", "apis/", count=apis),
        NavEntry("Extend", 40, "Tool log", "scroll-text", "tool-log/"),
    ),
)
