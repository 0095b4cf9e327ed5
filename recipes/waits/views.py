"""Pages: what waits for a person, and the decision."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import Conflict
from recipes.runs.files import browser_download
from recipes.runs.reading import execution as find_execution
from recipes.waits import services
from recipes.waits.queries import waiting
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@never_cache
@require_safe
@workspace_page()
def approval_list(request: WorkspaceRequest) -> HttpResponse:
    """Every side effect that waits in this workspace."""
    shown = {"asked": waiting(request.workspace, 200), "may_decide": request.access.allows("approvals:decide")}
    return render(request, "recipes/approval_list.html", shown)


@require_POST
@workspace_page()
def decide(request: WorkspaceRequest, approval_id: UUID) -> HttpResponse:
    """Approve or reject, and back to where it was asked."""
    request.access.require("approvals:decide")
    approve = request.POST.get("decision") == "approve"
    try:
        found = services.decide(
            workspace=request.workspace, approval_id=approval_id, approve=approve, user=request.user
        )
    except Conflict as late:
        messages.error(request, late.message)
        return redirect("approvals", request.workspace.slug)
    word = "approved" if approve else "rejected"
    messages.success(request, f"The call of {found.tool} was {word}.")
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("run", workspace=request.workspace.slug, execution_id=found.step.execution_id)


@require_safe
@workspace_page()
def run_file(request: WorkspaceRequest, execution_id: UUID, name: str) -> HttpResponse:
    """One file of a run, to keep."""
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    return browser_download(request.workspace.pk, found.pk, name)
