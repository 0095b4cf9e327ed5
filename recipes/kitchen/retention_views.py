"""The settings page of how long runs are kept: what would go is said before it is set."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from automatos.errors import InvalidInput
from recipes.runs.retention import FEWEST, MOST, days_of, past
from recipes.runs.retention_services import set_retention
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def retention(request: WorkspaceRequest) -> HttpResponse:
    """The days; `?days=` says what would go. A POST with `sure` sets them, one without asks first."""
    request.access.require("workspace:write" if request.method == "POST" else "workspace:read")
    typed = (request.POST if request.method == "POST" else request.GET).get("days", "").strip()
    shown: dict[str, Any] = {"days": request.workspace.keep_runs_days, "typed": typed, "fewest": FEWEST, "most": MOST}
    try:
        days = days_of(typed)
    except InvalidInput as wrong:
        return render(request, "recipes/retention.html", {**shown, "problem": wrong.fields["days"][0]}, status=422)
    number = past(request.workspace.pk, days).count() if days is not None else 0
    if request.method == "POST" and (request.POST.get("sure") or not number):
        set_retention(workspace=request.workspace, days=days)
        messages.success(request, f"Runs are kept {days:,} days." if days else "Runs are kept for ever.")
        return redirect("workspace_retention", request.workspace.slug)
    shown |= {"number": number, "asks": request.method == "POST", "wanted": days}
    shown["can_write"] = request.access.allows("workspace:write")
    return render(request, "recipes/retention.html", shown)
