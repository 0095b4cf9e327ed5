"""The agent pages: its form, and taking it away and back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from agents import services
from agents.form.editing import AgentEditor
from agents.models import Agent
from agents.pages import figures
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from automatos.errors import NotFound
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def agent_edit(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The form of an agent; a POST saves it, or shows what someone else saved meanwhile."""
    agent = agent_at(workspace=request.workspace, key=key)
    editor = AgentEditor(request.workspace, agent, request.POST if request.method == "POST" else None)
    if request.method != "POST" or editor.operate():
        return render(request, "agents/form.html", {**frame(request, agent, "agent_edit"), **editor.context()})
    saved = editor.save(request.user)
    if saved is None:
        context = {**frame(request, agent, "agent_edit"), **editor.context()}
        return render(request, "agents/form.html", context, status=editor.status)
    messages.success(request, f"{saved.name} was saved.")
    return redirect("agent_detail", request.workspace.slug, saved.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def agent_delete(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Ask first, naming the recipes that would stop working; a POST deletes, and offers to undo."""
    agent = agent_at(workspace=request.workspace, key=key)
    if request.method != "POST":
        uses = figures.recipes_naming(agent)
        return render(request, "agents/delete.html", {"agent": agent, "uses": uses})
    services.delete_agent(agent=agent, user=request.user)
    undo = {"text": f"{agent.name} was deleted.", "route": "agent_restore", "key": agent.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("agents", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def agent_restore(request: WorkspaceRequest, agent_id: UUID) -> HttpResponse:
    """Bring a deleted agent back."""
    agent = Agent.objects.filter(workspace=request.workspace, pk=agent_id).first()
    if agent is None:
        raise NotFound()
    agent = services.restore_agent(agent=agent, user=request.user)
    messages.success(request, f"{agent.name} is back.")
    return redirect("agent_detail", request.workspace.slug, agent.slug)
