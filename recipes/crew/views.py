"""An agent's pages that need its runs: its status, its work, its usage."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import AgentStatus
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from automatos.errors import Conflict, InvalidInput
from automatos.listing import page_of
from recipes.crew import services
from recipes.crew import usage as agent_usage
from recipes.crew.services import StopMode
from workspaces.doors.pages import WorkspaceRequest, workspace_page

# What a move is called on its button, and what it means. Into error only the platform puts an agent.
MOVES = {
    AgentStatus.INACTIVE: ("Make inactive", "It keeps its settings and cannot cook."),
    AgentStatus.ACTIVE: ("Make active", "It can cook."),
    AgentStatus.PAUSED: ("Pause", "New runs that need it are refused until it is active again."),
    AgentStatus.MAINTENANCE: ("Put into maintenance", "As paused, and everyone sees that it is being worked on."),
    AgentStatus.RETIRED: ("Archive for good", "It is retired: never changed or used again. Its runs stay readable."),
}
MODE_NOTES = {
    StopMode.GRACEFUL: "Steps it works on are finished; later steps of it fail.",
    StopMode.IMMEDIATE: "Steps it works on fail now, as their error handling says; its calls are cut off.",
    StopMode.SCHEDULED: "It stays active until the live runs that need it are over, and takes no new ones.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def status(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What the agent may become and what that touches; a POST carries it out."""
    agent = agent_at(workspace=request.workspace, key=key)
    if request.method != "POST":
        return render(request, "agents/status.html", _status_page(request, key))
    request.access.require("agents:write")
    wished, mode = request.POST.get("status", ""), request.POST.get("mode", "")
    try:
        agent = services.change_status(agent=agent, user=request.user, status=wished, mode=mode)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
        return redirect("agent_status", request.workspace.slug, agent.slug)
    if agent.pending_status:
        word = AgentStatus(agent.pending_status).label.lower()
        messages.success(request, f"{agent.name} becomes {word} once its current runs are over.")
        return redirect("agent_status", request.workspace.slug, agent.slug)
    messages.success(request, f"{agent.name} is {agent.get_status_display().lower()} now.")
    return redirect("agent_detail", request.workspace.slug, agent.slug)


def _status_page(request: WorkspaceRequest, key: str) -> dict[str, object]:
    agent = agent_at(workspace=request.workspace, key=key)
    moves = [(move, *MOVES[move]) for move in services.moves(agent) if move in MOVES]
    return {
        **frame(request, agent, "agent_status"),
        "moves": moves,
        "modes": [(mode, mode.label, MODE_NOTES[mode]) for mode in StopMode],
        "is_leaving": agent.status == AgentStatus.ACTIVE,
        "impact": services.impact(agent),
        "pending": AgentStatus(agent.pending_status).label if agent.pending_status else "",
    }


@require_safe
@workspace_page()
def runs(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The steps this agent worked on, with their runs, newest first."""
    agent = agent_at(workspace=request.workspace, key=key)
    page = page_of(agent_usage.work_of(agent), request.GET)
    return render(request, "agents/runs.html", {**frame(request, agent, "agent_runs"), "page": page})


@require_safe
@workspace_page()
def usage(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What its last 30 days came to: runs, success, tokens, cost, latency."""
    agent = agent_at(workspace=request.workspace, key=key)
    return render(
        request, "agents/usage.html", {**frame(request, agent, "agent_usage"), "usage": agent_usage.usage_of(agent)}
    )
