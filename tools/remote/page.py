"""What the pages of MCP servers and of APIs show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from automatos import listing
from automatos.textdiff import Line, compare
from tools.composio.safe_paths import safe_next
from tools.models import RemoteService, RemoteTool
from tools.remote import pins, queries
from workspaces.doors.pages import WorkspaceRequest
from workspaces.models import Workspace

TABS = ("tools", "failures")
PART_NAMES = {"inputSchema": "Arguments", "outputSchema": "Result", "annotations": "What it says it does"}


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of a tool that reads otherwise now. lines: its difference."""

    name: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class ShownTool:
    """A tool as the page lists it. agents: how many have it."""

    tool: RemoteTool
    parts: Sequence[ShownPart]
    agents: int


def services_context(
    request: WorkspaceRequest, kind: RemoteService.Kind, *, act_name: str, try_name: str
) -> dict[str, Any]:
    """The services of a kind, and one of them with its tools or failures, as the address asks.

    act_name, try_name: of the addresses that its buttons are sent to, and that try one of its tools.
    """
    rows = list(queries.services_of(request.workspace, kind))
    chosen = chosen_service(rows, request.GET.get("server", ""))
    context: dict[str, Any] = {
        "servers": rows,
        "chosen": chosen,
        "can_change": request.access.allows("services:write"),
        "can_write": request.access.allows("tools:write"),
        "next": safe_next(request.GET.get("next", ""), request.workspace.slug),
    }
    if chosen is None:
        return context
    act_url = reverse(act_name, args=[request.workspace.slug, chosen.pk])
    return {**context, "act_url": act_url, "try_name": try_name, **_of_service(request, chosen)}


def _of_service(request: WorkspaceRequest, chosen: RemoteService) -> dict[str, Any]:
    tab = listing.choice(request.GET, "tab", TABS, "tools")
    calls = queries.calls_of(chosen)
    context: dict[str, Any] = {"tab": tab, "last": calls.first(), "asks": RemoteTool.Asks.choices}
    if tab == "failures":
        return {**context, "failed": calls.filter(status__in=("failed", "refused", "uncertain"))[:20]}
    text = listing.words(request.GET)
    found = listing.page_of(queries.searched(queries.tools_of(chosen), text), request.GET)
    return {**context, "page": found, "q": text, "tools": shown(request.workspace, list(found))}


def chosen_service(rows: Sequence[RemoteService], name: str) -> RemoteService | None:
    """The one the address names, else one that needs somebody, else the first."""
    named = next((row for row in rows if row.name == name), None)
    needing = next((row for row in rows if row.suspended_count or row.state == "error"), None)  # type: ignore[attr-defined]
    return named or needing or next(iter(rows), None)


def shown(workspace: Workspace, tools: Sequence[RemoteTool]) -> list[ShownTool]:
    """These tools with their differences and users."""
    agents: dict[UUID, list[UUID]] = dict(queries.agents_by_tool(workspace, tools))
    return [ShownTool(tool, _parts(tool), len(agents.get(tool.pk, ()))) for tool in tools]


def _parts(tool: RemoteTool) -> list[ShownPart]:
    found = []
    for one in pins.differences(tool):
        name = PART_NAMES.get(one.name, one.name.capitalize())
        found.append(ShownPart(name, compare(_wrapped(one.before), _wrapped(one.now))))
    return found


def _wrapped(text: str) -> str:
    """Prose as lines of one sentence, so that a difference shows what is new and not the whole."""
    return text.replace(". ", ".\n")
