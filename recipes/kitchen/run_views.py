"""Pages of the run list: the list with its panel, what is done to several runs at once, and the list as CSV."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from agents.models import Agent
from automatos.errors import AppError, Conflict, NotFound
from automatos.ids import as_uuid
from automatos.local_time import zone_of
from recipes.kitchen import run_list
from recipes.kitchen.run_panel import Panel, panel_of
from recipes.models import Recipe
from recipes.runs import removal
from recipes.runs import services as runs
from recipes.runs.csv_export import csv_of
from recipes.runs.filters import RunFilter, narrowed, query_of
from recipes.runs.reading import bare_execution as find_execution
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role, User, Workspace

MOST_AT_ONCE = 50


@require_safe
@workspace_page()
def run_index(request: WorkspaceRequest) -> HttpResponse:
    """The runs, narrowed by what stands in the address; `?run=` opens one in the panel beside them."""
    zone = zone_of(request)
    query = request.GET
    wanted = RunFilter.of(query, zone)
    page = run_list.page_of_runs(request.workspace, wanted, request.user, query)
    tabs = run_list.tabs(request.workspace, wanted, request.user, query)
    own = next((tab for tab in tabs if tab.current and tab.key), None)
    shown = {
        "page": page,
        "wanted": wanted,
        "zone": zone,
        "tabs": tabs,
        "own": own,
        "to_save": "" if own else query_of(query),
        "beside": _beside(query),
        "fortnight": run_list.fortnight(request.workspace, wanted, query),
        "chips": run_list.chips(wanted, query, _names(request.workspace)),
        "choices": run_list.choices(request.workspace),
        "panel": _panel(request, page),
        "may_run": request.access.allows("executions:run"),
    }
    return render_live(request, "recipes/runs.html", shown)


def _beside(query: QueryDict) -> str:
    """The list's address as it is, up to which run is shown beside it."""
    kept = query.copy()
    kept.pop("run", None)
    return f"?{kept.urlencode()}&" if kept else "?"


def _panel(request: WorkspaceRequest, page: run_list.RunPage) -> Panel | None:
    try:
        key = UUID(request.GET.get("run", ""))
        return panel_of(request.workspace, key, [row.run for row in page.rows])
    except (ValueError, NotFound):
        return None


def _names(workspace: Workspace) -> Callable[[str, UUID], str]:
    """What people call what a chip names; the id itself where it is gone."""

    def name(field: str, key: UUID) -> str:
        if field == "person":
            person = User.objects.filter(pk=key, memberships__workspace=workspace).first()
            return person.display_name if person else str(key)[:8]
        rows = Recipe.objects if field == "recipe" else Agent.objects
        found = rows.filter(workspace=workspace, pk=key).values_list("name", flat=True).first()
        return found or str(key)[:8]

    return name


@require_safe
@workspace_page()
def run_csv(request: WorkspaceRequest) -> HttpResponse:
    """The list as a spreadsheet reads it, narrowed as the address says."""
    wanted = RunFilter.of(request.GET, zone_of(request))
    response = HttpResponse(csv_of(narrowed(request.workspace, wanted, request.user)), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="runs.csv"'
    return response


@require_POST
@workspace_page(Role.EDITOR)
def run_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Stop or delete the runs that were chosen; those to which it cannot be done are counted."""
    keys = [key for text in request.POST.getlist("run")[:MOST_AT_ONCE] if (key := as_uuid(text))]
    act = {"stop": _stop, "delete": _delete}.get(request.POST.get("action", ""))
    if act and keys:
        act(request, keys)
    return redirect(_back(request))


def _stop(request: WorkspaceRequest, keys: list[UUID]) -> None:
    stopped = 0
    for key in keys:
        try:
            runs.cancel(execution=find_execution(workspace=request.workspace, execution_id=key), user=request.user)
            stopped += 1
        except (Conflict, NotFound):
            continue
    _say(request, stopped, len(keys), "stopped", "was over already")


def _delete(request: WorkspaceRequest, keys: list[UUID]) -> None:
    deleted: list[UUID] = []
    for key in keys:
        try:
            deleted.append(removal.delete(workspace=request.workspace, execution_id=key).pk)
        except (Conflict, NotFound):
            continue
    if deleted:
        undo = {"text": f"{_count(len(deleted))} deleted.", "keys": deleted}
        messages.success(request, render_to_string("recipes/runs_undo.html", undo, request))
    if len(deleted) < len(keys):
        messages.warning(request, f"{_count(len(keys) - len(deleted))} not deleted: stop what still cooks first.")


@require_POST
@workspace_page(Role.EDITOR)
def run_restore(request: WorkspaceRequest) -> HttpResponse:
    """Bring deleted runs back."""
    restored = 0
    for key in filter(None, map(as_uuid, request.POST.getlist("run")[:MOST_AT_ONCE])):
        try:
            removal.restore(workspace=request.workspace, execution_id=key)
            restored += 1
        except AppError:
            continue
    if not restored:
        raise NotFound()
    messages.success(request, f"{_count(restored)} back.")
    return redirect("runs", request.workspace.slug)


def _say(request: WorkspaceRequest, done: int, asked: int, what: str, why_not: str) -> None:
    if done:
        messages.success(request, f"{_count(done)} {what}.")
    if done < asked:
        messages.info(request, f"{_count(asked - done)} left alone: it {why_not}.")


def _count(number: int) -> str:
    return f"{number} run{' was' if number == 1 else 's were'}"


def _back(request: WorkspaceRequest) -> str:
    """The list as it was narrowed."""
    back = request.POST.get("next", "")
    here = f"/w/{request.workspace.slug}/runs/"
    return back if back.startswith(here) and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else here
