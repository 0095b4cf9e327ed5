"""Pages: to an MCP server's sign-in and back, and what we say of ourselves to authorization servers."""

import re
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import AppError
from tools.composio.waiting import page_answer
from tools.mcp.oauth import services
from tools.mcp.oauth.services import DOCUMENT_PATH, Returned
from tools.models import RemoteService
from tools.remote import queries
from workspaces.doors.pages import WorkspaceRequest, actor_of, workspace_page
from workspaces.scope.permissions import NEEDED_ROLE
from workspaces.scope.tenancy import workspace_scope

STATE = re.compile(r"([\w-]{1,100})\.[\w-]{20,100}", re.ASCII)
LONGEST = 4_000


@require_POST
@workspace_page(NEEDED_ROLE["services:write"])
def connect(request: WorkspaceRequest, service_id: UUID) -> HttpResponseBase:
    """Send the person to the server's own sign-in."""
    service = queries.service_of(request.workspace, RemoteService.Kind.MCP, service_id)
    slug, back = request.workspace.slug, request.build_absolute_uri(reverse("mcp_sign_in_back"))

    def work() -> HttpResponse:
        url = services.begin(service, request.user, back, slug)
        context = {
            "name": service.name,
            "url": url,
            "workspace_slug": slug,
            "place": "mcp_servers",
            "title": "MCP servers",
        }
        with workspace_scope(request.workspace.pk, request.user.pk):
            answer = render(request, "tools/app_leave.html", context)
        # No redirect: the policy for forms lets none lead to another site.
        answer.headers["Refresh"] = f"0; url={url}"
        return answer

    return page_answer(actor_of(request), work, lambda refusal: _refused(request, refusal, service.name))


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Where every authorization server sends browsers back to; on to the workspace that the state names."""
    found = STATE.fullmatch(request.GET.get("state", ""))
    if found is None:
        raise Http404
    asked = {name: request.GET[name][:LONGEST] for name in ("state", "code", "iss", "error") if name in request.GET}
    return redirect(f"{reverse('mcp_sign_in_done', args=[found[1]])}?{urlencode(asked)}")


@never_cache
@require_safe
@workspace_page(NEEDED_ROLE["services:write"])
def done(request: WorkspaceRequest) -> HttpResponseBase:
    """The person came back: the code is changed for tokens, if it is their own doing."""
    given = request.GET
    returned = Returned(given.get("state", ""), given.get("code", ""), given.get("iss", ""), given.get("error", ""))

    def work() -> HttpResponse:
        service = services.finish(request.workspace.pk, request.user, returned)
        return redirect(f"{reverse('mcp_servers', args=[request.workspace.slug])}?server={service.name}")

    return page_answer(actor_of(request), work, lambda refusal: _refused(request, refusal, ""))


@require_safe
def document(request: HttpRequest) -> JsonResponse:
    """What we say of ourselves, at the address that is our name (a client id metadata document)."""
    shape = services.client_document(request.build_absolute_uri(reverse("mcp_sign_in_back")))
    return JsonResponse({"client_id": request.build_absolute_uri(DOCUMENT_PATH), **shape})


def _refused(request: WorkspaceRequest, refusal: AppError, name: str) -> HttpResponse:
    """A page that says why: what is given later comes after the session, so no message would outlast a redirect."""
    context = {"name": name, "problem": refusal.message, "workspace_slug": request.workspace.slug}
    with workspace_scope(request.workspace.pk, request.user.pk):
        return render(request, "tools/mcp_sign_in_failed.html", context, status=refusal.http_status)
