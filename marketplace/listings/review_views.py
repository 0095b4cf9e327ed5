"""The form in which a workspace says what it thinks of a listing that it installed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from automatos.errors import AppError, NotFound
from marketplace.listings import queries, review_services
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.scope.permissions import NEEDED_ROLE


@require_POST
@workspace_page(NEEDED_ROLE["listings:review"])
def listing_review(request: WorkspaceRequest, listing: str) -> HttpResponse:
    """Say what the workspace thinks of it, or take that back."""
    row = queries.listing(workspace=request.workspace, slug=listing)
    stars = request.POST.get("stars", "")
    try:
        if request.POST.get("do") == "remove":
            review_services.remove_review(workspace=request.workspace, listing=row)
            messages.success(request, "The review is taken back.")
        else:
            review_services.review_listing(
                workspace=request.workspace,
                user=request.user,
                listing=row,
                stars=int(stars) if stars in set("12345") else 0,
                text=request.POST.get("text", ""),
            )
            messages.success(request, "The review is published.")
    except NotFound:
        messages.error(request, "There is no review of yours.")
    except AppError as error:
        messages.error(request, error.message)
    return redirect("listing", request.workspace.slug, row.slug)
