"""One agent's pages: overview, tools and skills, history."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.model_choice.catalogue import not_taken
from agents.pages import figures
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from agents.work.queries import spec_of
from tools.app_calls.source import apps_of
from tools.app_calls.tools import SOURCE
from tools.composio.page import broken_apps
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@require_safe
@workspace_page()
def overview(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What is sent to its model, who uses it, what it did lately."""
    agent = agent_at(workspace=request.workspace, key=key)
    sent = spec_of(agent)
    apps = apps_of(sent.found[SOURCE]).apps
    context = {
        "sent": sent,
        "broken": broken_apps(request.workspace, apps) if apps else (),
        "can_connect": request.access.allows("apps:connect"),
        "refused": not_taken(agent.agent_model_config.model),
        "figures": figures.figures_of([agent])[agent.pk],
        "uses": figures.recipes_naming(agent),
        "recent": figures.recent_steps(agent),
    }
    return render(request, "agents/detail.html", {**frame(request, agent, "agent_detail"), **context})
