"""Pages: trying a tool of a server or an API by hand."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from automatos.checking import unstorable_text
from tools.app_calls import forms
from tools.composio.waiting import page_answer
from tools.models import RemoteService, RemoteTool
from tools.remote import queries
from tools.remote_calls.execution import WOULD_BE_SENT, misfit, refusal_of
from tools.remote_calls.stored import Named, try_by_hand
from workspaces.doors.pages import WorkspaceRequest, actor_of, workspace_page
from workspaces.scope.tenancy import workspace_scope

PREFIX = "a:"
LISTS = {RemoteService.Kind.MCP: "mcp_servers", RemoteService.Kind.OPENAPI: "apis"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def try_mcp(request: WorkspaceRequest, service_id: UUID, tool_id: UUID) -> HttpResponseBase:
    """The form of a tool's arguments; a POST checks them, or makes the call."""
    return _try(request, RemoteService.Kind.MCP, service_id, tool_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def try_api(request: WorkspaceRequest, service_id: UUID, tool_id: UUID) -> HttpResponseBase:
    """The same for an operation of an API."""
    return _try(request, RemoteService.Kind.OPENAPI, service_id, tool_id)


def _try(request: WorkspaceRequest, kind: RemoteService.Kind, service_id: UUID, tool_id: UUID) -> HttpResponseBase:
    tool = queries.tool_in(queries.service_of(request.workspace, kind, service_id), tool_id)
    schema = tool.offer.get("schema") or {}
    refusal = refusal_of(tool)
    context = {
        "tool": tool,
        "refusal": refusal,
        "list_url": reverse(LISTS[kind], args=[request.workspace.slug]),
        "can_run": request.access.allows("tools:run") and not refusal,
        "fields": forms.fields_of(schema),
    }
    if request.method != "POST":
        return render(request, "tools/remote_try.html", context)
    typed = {name.removeprefix(PREFIX): str(request.POST[name]) for name in request.POST if name.startswith(PREFIX)}
    arguments, errors = forms.read(schema, typed)
    for name, text in typed.items():
        if problem := unstorable_text(text):
            errors.setdefault(name, []).append(problem)
    context["fields"] = forms.fields_of(schema, typed, errors)
    if errors:
        return render(request, "tools/remote_try.html", {**context, "errors": errors}, status=422)
    if request.POST.get("do") != "run":
        says = refusal or misfit(arguments, schema)
        return render(request, "tools/remote_try.html", {**context, "dry": says or WOULD_BE_SENT, "is_open": not says})
    request.access.require("tools:run")
    return _run(request, tool, arguments, context)


def _run(
    request: WorkspaceRequest, tool: RemoteTool, arguments: dict[str, Any], context: dict[str, Any]
) -> HttpResponseBase:
    """Make the call once the request's transaction is over, and show what came back."""
    named = Named(tool.pk, tool.service.name, tool.service.kind, tool.name)
    workspace_id, user_id = request.workspace.pk, request.user.pk

    def shown(status: int = 200, **more: Any) -> HttpResponse:
        with workspace_scope(workspace_id, user_id):
            return render(request, "tools/remote_try.html", {**context, **more}, status=status)

    return page_answer(
        actor_of(request),
        lambda: shown(outcome=try_by_hand(workspace_id, user_id, named, arguments)),
        lambda problem: shown(problem.http_status, refusal=problem.message),
    )
