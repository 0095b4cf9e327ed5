"""MCP servers that a plugin names: a person adds one with the form filled in. None is added or started by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from marketplace.models import PluginVersion

VARIABLE = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_.:\-]*\}?")
NAME = re.compile(r"[^a-z0-9-]+")
MOST = 40
TRANSPORTS = ("http", "sse")
COMMAND = "It is a program on the machine. Whoever runs this installation lists such programs in MCP_COMMANDS."
OTHER = "It speaks in a way that no server here does."


@dataclass(frozen=True, slots=True)
class Proposal:
    """A server as the plugin's page shows it. place: its address or command line; needs: names of secrets it wants.

    href: the form, filled in; empty where why says why there is none.
    """

    name: str
    place: str
    needs: tuple[str, ...]
    href: str = ""
    why: str = ""


def proposals_of(version: PluginVersion, workspace_slug: str) -> list[Proposal]:
    """The servers of a version, in their order."""
    value = version.package.get("mcp_servers")
    rows = [row for row in value if isinstance(row, dict)][:MOST] if isinstance(value, list) else []
    return [_proposal(row, workspace_slug, version.plugin.slug) for row in rows]


def _proposal(row: Mapping[str, Any], workspace_slug: str, plugin: str) -> Proposal:
    name, url, transport = (str(row.get(key) or "") for key in ("name", "url", "transport"))
    arguments = row.get("args")
    command = " ".join([str(row.get("command") or ""), *map(str, arguments if isinstance(arguments, list) else ())])
    shown = Proposal(name, (url or command).strip()[:400], _needs(row, url))
    given = {"name": NAME.sub("-", name.lower()).strip("-")[:40], "proposed_by": plugin}
    if transport in TRANSPORTS and url:
        given |= {"transport": transport, "url": url[:2000]}
    elif transport == "stdio" and (allowed := _allowed(str(row.get("command") or ""))):
        given |= {"transport": "stdio", "command": allowed}
    else:
        return replace(shown, why=COMMAND if transport == "stdio" else OTHER)
    return replace(shown, href=f"{reverse('mcp_server_add', args=[workspace_slug])}?{urlencode(given)}")


def _allowed(program: str) -> str:
    """The name under which the installation allows this program; empty where it does not."""
    for name, line in settings.MCP_COMMANDS.items():
        if program in (name, line.split()[0]):
            return str(name)
    return ""


def _needs(row: Mapping[str, Any], url: str) -> tuple[str, ...]:
    """Names of what it wants to be given: of its environment and headers, and places in its address."""
    named = [str(key) for part in ("environment", "headers") for key in (row.get(part) or {})]
    return tuple(dict.fromkeys([*named, *VARIABLE.findall(url)]))[:20]
