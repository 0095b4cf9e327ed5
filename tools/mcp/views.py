"""Pages: the MCP servers of a workspace with their tools, and how to use Automatos from an MCP client."""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos import listing
from automatos.errors import AppError, InvalidInput
from tools.composio.safe_paths import safe_next
from tools.mcp import page, services
from tools.mcp.forms import ServerForm, first_values, proposed_values
from tools.mcp.oauth.services import forget
from tools.models import RemoteService
from tools.remote import queries
from tools.remote.page import services_context
from tools.remote.page_acts import act_on_tool
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.scope.permissions import NEEDED_ROLE

KIND = RemoteService.Kind.MCP


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """The servers, and one of them with its tools; while it is read, the page asks again."""
    context = services_context(request, KIND, act_name="mcp_server_act", try_name="mcp_try")
    return render(request, "tools/mcp_servers.html", {**context, "commands": bool(settings.MCP_COMMANDS)})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def add(request: WorkspaceRequest) -> HttpResponse:
    """The form of a new server."""
    form = ServerForm(request.workspace, request.POST or None, initial=proposed_values(request.GET))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_server(workspace=request.workspace, user=request.user, data=form.values)
        except InvalidInput as refusal:
            form.complain(refusal.fields)
        else:
            messages.success(request, f"{made.name} was added; its tools are being read.")
            return _to_server(request, made)
    status = 422 if form.is_bound else 200
    back = safe_next(request.GET.get("next", ""), request.workspace.slug)
    context = {"form": form, "proposed_by": request.GET.get("proposed_by", "")[:100], "next": back}
    return render(request, "tools/mcp_server_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def edit(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """The form of a server there is."""
    service = queries.service_of(request.workspace, KIND, service_id)
    form = ServerForm(request.workspace, request.POST or None, initial=first_values(service))
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.update_server(service=service, data=form.values)
        except InvalidInput as refusal:
            form.complain(refusal.fields)
        else:
            messages.success(request, f"{changed.name} was saved; its tools are being read again.")
            return _to_server(request, changed)
    status = 422 if form.is_bound else 200
    return render(request, "tools/mcp_server_form.html", {"form": form, "service": service}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def remove(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """Ask first, saying what goes with it; a POST takes the server away."""
    service = queries.service_of(request.workspace, KIND, service_id)
    if request.method != "POST":
        context = {"service": service, "list_name": "mcp_servers", "list_title": "MCP servers", "part": "tool"}
        return render(request, "tools/remote_remove.html", context)
    services.delete_server(service=service)
    messages.success(request, f"{service.name} was removed.")
    return redirect("mcp_servers", request.workspace.slug)


@require_POST
@workspace_page(NEEDED_ROLE["services:write"])
def act(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """Carry out one button of a server's page: read again, switch on or off, or one of its tools."""
    service = queries.service_of(request.workspace, KIND, service_id)
    try:
        _act(request, service)
    except AppError as refusal:
        messages.error(request, refusal.message)
    return _to_server(request, service)


def _act(request: WorkspaceRequest, service: RemoteService) -> None:
    word = request.POST.get("do", "")
    if word == "refresh":
        services.request_reading(service=service)
        return
    if word == "sign_out":
        forget(service)
        return
    if word in ("enable", "disable"):
        services.update_server(service=service, data={"is_enabled": word == "enable"})
        return
    act_on_tool(request, service, word)


@never_cache
@require_safe
@workspace_page()
def clients(request: WorkspaceRequest) -> HttpResponse:
    """How to use this workspace from an MCP client: the line to paste, and what a client finds."""
    url = (settings.PUBLIC_URL or request.build_absolute_uri("/")).rstrip("/")
    lines = page.paste_lines(url)
    name = listing.choice(request.GET, "client", [one[0] for one in lines], lines[0][0])
    context = {"lines": lines, "line": next(one for one in lines if one[0] == name)}
    return render(request, "tools/mcp_clients.html", {**context, "can_key": request.access.allows("api_keys:write")})


def _to_server(request: WorkspaceRequest, service: RemoteService) -> HttpResponse:
    query = {"server": service.name}
    if back := safe_next(request.GET.get("next", ""), request.workspace.slug):
        query["next"] = back
    return redirect(f"{reverse('mcp_servers', args=[request.workspace.slug])}?{urlencode(query)}")
