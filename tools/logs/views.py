"""The page of the log of tools."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from automatos import listing
from automatos.json_text import indented
from tools.logs import queries
from tools.models import ToolExecutionLog
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """Every call, newest first, and what the calls of the last days came to by tool."""
    workspace = request.workspace
    agents = queries.agents_in(workspace)
    wanted = {
        "q": listing.words(request.GET),
        "source": listing.choice(request.GET, "source", ToolExecutionLog.Source.values),
        "status": listing.choice(request.GET, "status", ToolExecutionLog.Status.values),
        "agent": listing.choice(request.GET, "agent", agents),
        "app": listing.words(request.GET, "app")[:100],
        "tool": listing.words(request.GET, "tool")[:200],
        "run": _uuid(request.GET.get("run", "")),
    }
    tools = queries.by_tool(workspace)
    context = {
        "page": listing.page_of(queries.log_of(workspace, wanted), request.GET),
        "wanted": wanted,
        "narrows": any(wanted.values()),
        "agents": agents,
        "sources": ToolExecutionLog.Source.choices,
        "statuses": ToolExecutionLog.Status.choices,
        "totals": queries.totals(workspace),
        "tools": tools,
        "scale": max([1.0, *(tool.slow or 0 for tool in tools)]),
    }
    return render(request, "tools/log.html", context)


@never_cache
@require_safe
@workspace_page()
def call(request: WorkspaceRequest, log_id: UUID) -> HttpResponse:
    """One call with its arguments and what came back."""
    row = queries.call_of(request.workspace, log_id)
    arguments = indented(row.arguments)
    return render(request, "tools/log_call.html", {"call": row, "arguments": arguments})


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
