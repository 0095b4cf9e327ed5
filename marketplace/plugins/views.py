"""Pages of a workspace: what it is told about plugins."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from marketplace.plugins import services
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_POST
@workspace_page(Role.ADMIN)
def notice_dismiss(request: WorkspaceRequest, notice_id: UUID) -> HttpResponse:
    """Put a notice away, for everybody here."""
    services.dismiss_notice(workspace=request.workspace, user=request.user, notice_id=notice_id)
    messages.success(request, "The notice is put away.")
    return redirect("dashboard", request.workspace.slug)
