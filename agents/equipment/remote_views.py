"""Page: which tools of MCP servers and APIs an agent may use."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.pages.frame import frame
from agents.pages.listing import agent_at
from automatos.errors import InvalidInput
from tools.remote import queries
from tools.remote.services import assign_tools, tool_ids_of
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def remote_tools(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Every tool there is to give, the agent's own ones ticked; a POST saves which it has."""
    agent = agent_at(workspace=request.workspace, key=key)
    if request.method == "POST":
        request.access.require("agents:write")
        try:
            ids = tool_ids_of(request.POST.getlist("tool"))
            assign_tools(workspace=request.workspace, agent_id=agent.pk, tool_ids=ids, user=request.user)
        except InvalidInput as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{agent.name} was changed.")
        return redirect("agent_remote_tools", request.workspace.slug, agent.slug)
    own = {tool.pk: tool for tool in queries.tools_of_agent(request.workspace, agent.pk)}
    offered = list(queries.tools_to_give(request.workspace))
    # What it has and cannot use at the moment stays ticked, or saving would take it away.
    rows = {tool.pk: tool for tool in (*offered, *own.values())}
    tools = sorted(rows.values(), key=lambda tool: (tool.service.name, tool.name))
    context = {"tools": [(tool, tool.pk in own) for tool in tools], "count": len(own)}
    return render(request, "agents/remote_tools.html", {**frame(request, agent, "agent_remote_tools"), **context})
