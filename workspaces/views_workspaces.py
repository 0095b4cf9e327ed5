"""The pages of a workspace itself: its general settings."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workspaces.pages import WorkspaceRequest, workspace_page


@require_safe
@workspace_page()
def general(request: WorkspaceRequest) -> HttpResponse:
    """What the workspace is."""
    return render(request, "workspaces/general.html")
