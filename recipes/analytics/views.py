"""The page of a workspace's usage."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recipes.analytics.usage import usage
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Workspace


@never_cache
@require_safe
@workspace_page()
def page(request: WorkspaceRequest) -> HttpResponse:
    """The limits of the plan, and what the last 30 days came to."""
    request.access.require("usage:read")
    plan = Workspace.Plan(request.workspace.plan).label
    return render(request, "workspaces/usage.html", {"usage": usage(request.workspace), "plan": plan})
