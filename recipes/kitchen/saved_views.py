"""Pages: a person's own tabs of the run list."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from automatos.errors import Conflict, InvalidInput
from automatos.local_time import zone_of
from recipes.runs.filters import RunFilter, query_of
from recipes.runs.saved_view_services import remove_view, save_view
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@require_POST
@workspace_page()
def save(request: WorkspaceRequest) -> HttpResponse:
    """Keep what `query` narrows the list to as a tab called `name`, and show it."""
    asked = QueryDict(request.POST.get("query", "")[:4000])
    name = request.POST.get("name", "")
    wrong = RunFilter.of(asked, zone_of(request)).problems
    try:
        view = save_view(workspace=request.workspace, user=request.user, name=name, query=query_of(asked), wrong=wrong)
    except (InvalidInput, Conflict) as error:
        messages.error(request, " ".join([error.message, *(text for texts in error.fields.values() for text in texts)]))
        return _list(request, query_of(asked))
    messages.success(request, f"{view.name} is a tab of yours now.")
    return _list(request, view.query)


@require_POST
@workspace_page()
def remove(request: WorkspaceRequest, view_id: UUID) -> HttpResponse:
    """Take a tab away, and offer it back."""
    view = remove_view(workspace=request.workspace, user=request.user, view_id=view_id)
    messages.success(request, render_to_string("recipes/runs_view_undo.html", {"view": view}, request))
    return _list(request, view.query)


def _list(request: WorkspaceRequest, query: str) -> HttpResponseRedirect:
    address = reverse("runs", args=[request.workspace.slug])
    return redirect(f"{address}?{query}" if query else address)
