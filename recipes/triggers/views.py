"""Pages: what starts a recipe by itself."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import InvalidInput, NotFound
from automatos.listing import page_of, words
from recipes.models import Recipe, Schedule
from recipes.quality.page import tabs_of
from recipes.queries import recipe as recipe_at
from recipes.triggers import cron, queries, schedule_services
from recipes.triggers.forms import ScheduleEditor
from recipes.triggers.page import drafted_starts, schedule_rows, trigger_rows, unsigned_steps
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role

TRIGGERS_SHOWN = 100


@never_cache
@require_safe
@workspace_page()
def recipe_triggers(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The recipe's schedules, each with its next times and what became of the last ones."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    can_write = request.access.allows("triggers:write")
    context = {
        "recipe": recipe,
        "tabs": tabs_of("recipe_triggers"),
        "schedules": schedule_rows(recipe),
        "triggers": trigger_rows(recipe, may_edit=can_write),
        "unsigned": unsigned_steps(recipe),
        "can_write": can_write,
        "drafted": drafted_starts(recipe),
    }
    return render(request, "recipes/triggers.html", context)


@never_cache
@require_safe
@workspace_page()
def schedule_list(request: WorkspaceRequest) -> HttpResponse:
    """What starts by itself in this workspace, the one due next first."""
    wanted = words(request.GET)
    rows = queries.workspace_schedules(request.workspace)
    rows = rows.filter(Q(name__icontains=wanted) | Q(recipe__name__icontains=wanted)) if wanted else rows
    triggers = queries.workspace_triggers(request.workspace)
    triggers = triggers.filter(Q(name__icontains=wanted) | Q(recipe__name__icontains=wanted)) if wanted else triggers
    context = {"page": page_of(rows, request.GET), "wanted": wanted, "triggers": triggers[:TRIGGERS_SHOWN]}
    return render(request, "recipes/schedules.html", {**context, "number": triggers.count()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def schedule_new(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The form of a new schedule; a POST makes it."""
    return _schedule_form(request, recipe_at(workspace=request.workspace, key=key), None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def schedule_edit(request: WorkspaceRequest, key: str, schedule_id: UUID) -> HttpResponse:
    """The form of a schedule; a POST changes it."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    return _schedule_form(request, recipe, queries.schedule_of(recipe, schedule_id))


def _schedule_form(request: WorkspaceRequest, recipe: Recipe, schedule: Schedule | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    editor = ScheduleEditor(recipe, schedule, posted, cron=request.GET.get("cron", ""))
    if posted is not None and editor.save(request.user):
        messages.success(request, "The schedule was saved.")
        return redirect("recipe_triggers", request.workspace.slug, recipe.template_id)
    status = 200 if posted is None else 422
    return render(request, "recipes/schedule_form.html", editor.context(), status=status)


@require_safe
@workspace_page()
def schedule_times(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The next five times of what is being typed: a part of the form's page."""
    recipe_at(workspace=request.workspace, key=key)
    context: dict[str, object] = {"problem": "", "times": []}
    try:
        expression, zone = schedule_services.checked_times(
            request.GET.get("cron", ""), request.GET.get("time_zone") or "UTC"
        )
    except InvalidInput as error:
        context["problem"] = next(iter(error.fields.values()))[0]
    else:
        found = cron.next_times(expression, zone, timezone.now())
        context |= {"words": cron.explained(expression), "times": cron.local(found, zone), "zone": zone}
    return render(request, "recipes/schedule_times.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def schedule_change(request: WorkspaceRequest, key: str, schedule_id: UUID) -> HttpResponse:
    """Pause, let go on, remove or bring back, as the button says."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    try:
        _act(request, recipe, schedule_id, request.POST.get("action", ""))
    except InvalidInput as error:
        messages.error(request, f"{error.message} Edit the schedule.")
    return redirect("recipe_triggers", request.workspace.slug, recipe.template_id)


def _act(request: WorkspaceRequest, recipe: Recipe, schedule_id: UUID, action: str) -> None:
    match action:
        case "pause" | "resume":
            schedule_services.set_paused(
                recipe=recipe, schedule_id=schedule_id, user=request.user, is_paused=action == "pause"
            )
        case "remove":
            gone = schedule_services.remove_schedule(recipe=recipe, schedule_id=schedule_id)
            undo = {"text": f"{gone.name} was removed.", "action": "restore", "schedule": gone, "recipe": recipe}
            messages.success(request, render_to_string("recipes/schedule_undo.html", undo, request))
        case "restore":
            back = schedule_services.restore_schedule(recipe=recipe, schedule_id=schedule_id)
            messages.success(request, f"{back.name} is back.")
        case _:
            raise NotFound()
