"""The pages of a website among the documents: how its pages stand, reading them again, and removing it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.knowledge import queries
from agents.knowledge import site_services as services
from agents.knowledge.page import rights
from automatos import listing
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role


@never_cache
@require_safe
@workspace_page()
def site_detail(request: WorkspaceRequest, site_id: UUID) -> HttpResponse:
    """One website: how its pages stand, and each of them. While one is read, its part of the page asks again."""
    site = queries.site(workspace=request.workspace, site_id=site_id)
    rows = queries.documents_of(request.workspace).filter(site=site).order_by("url")
    page = listing.page_of(rows, request.GET)
    context = {
        "site": site,
        "state": queries.state_of(site),
        "page": page,
        "watched": any(queries.is_watched(row) for row in rows),
        **rights(request),
    }
    return render_live(request, "knowledge/site.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def site_refresh(request: WorkspaceRequest, site_id: UUID) -> HttpResponse:
    """Read all its pages again."""
    site = services.refresh_site(workspace=request.workspace, site_id=site_id)
    messages.success(request, f"The pages below {site.below} are being read again.")
    return redirect("document_site", request.workspace.slug, site_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def site_delete(request: WorkspaceRequest, site_id: UUID) -> HttpResponse:
    """Ask, then put the website's pages out of sight."""
    site = queries.site(workspace=request.workspace, site_id=site_id)
    if request.method != "POST":
        return render(request, "knowledge/site_delete.html", {"site": site})
    services.delete_site(workspace=request.workspace, site_id=site_id)
    messages.success(request, "The website and its pages were deleted. For 30 days each page can be restored below.")
    return redirect("knowledge", request.workspace.slug)
