"""Pages: a recipe's triggers, their secrets, what came to them, and having it once more."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooMany
from automatos.listing import page_of
from recipes.models import Recipe, RecipeTrigger, TriggerKind
from recipes.queries import recipe as recipe_at
from recipes.triggers import delivery_services, queries, trigger_services
from recipes.triggers.trigger_forms import TriggerEditor
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def trigger_new(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The form of a new trigger; a POST makes it, and shows the secret of a webhook, once."""
    return _form(request, recipe_at(workspace=request.workspace, key=key), None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def trigger_edit(request: WorkspaceRequest, key: str, recipe_trigger_id: UUID) -> HttpResponse:
    """The form of a trigger; a POST changes it."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    return _form(request, recipe, queries.trigger_of(recipe, recipe_trigger_id))


def _form(request: WorkspaceRequest, recipe: Recipe, trigger: RecipeTrigger | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    editor = TriggerEditor(recipe, trigger, posted, request.GET)
    saved = editor.save(request.user) if posted is not None else None
    if saved is None:
        status = 200 if posted is None else 422
        return render(request, "recipes/trigger_form.html", editor.context(), status=status)
    if editor.secret:
        return _secret(request, recipe, saved, editor.secret)
    messages.success(request, f"{saved.name} was saved.")
    return redirect("recipe_triggers", request.workspace.slug, recipe.template_id)


def _secret(request: WorkspaceRequest, recipe: Recipe, trigger: RecipeTrigger, secret: str) -> HttpResponse:
    path = reverse("hook", args=[trigger.pk])
    address = request.build_absolute_uri(path) if trigger.kind == TriggerKind.WEBHOOK else ""
    context = {"recipe": recipe, "trigger": trigger, "secret": secret, "address": address}
    return render(request, "recipes/trigger_secret.html", context)


@never_cache
@require_safe
@workspace_page()
def trigger_deliveries(request: WorkspaceRequest, key: str, recipe_trigger_id: UUID) -> HttpResponse:
    """What came to a trigger, the newest first."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    trigger = queries.trigger_of(recipe, recipe_trigger_id)
    context = {
        "recipe": recipe,
        "trigger": trigger,
        "page": page_of(queries.deliveries_of(trigger), request.GET),
        "can_run": request.access.allows("executions:run"),
    }
    return render(request, "recipes/trigger_deliveries.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def delivery_replay(request: WorkspaceRequest, key: str, recipe_trigger_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Have a message once more."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    trigger = queries.trigger_of(recipe, recipe_trigger_id)
    try:
        taken = delivery_services.replay(trigger, delivery_id, request.user, request.POST.get("token", ""))
    except TooMany as error:
        messages.error(request, error.message)
    else:
        if taken.error is None:
            return redirect("run", request.workspace.slug, taken.delivery.execution_id)
        messages.error(request, taken.error.message)
    return redirect("trigger_deliveries", request.workspace.slug, recipe.template_id, recipe_trigger_id)


@require_POST
@workspace_page(Role.EDITOR)
def trigger_change(request: WorkspaceRequest, key: str, recipe_trigger_id: UUID) -> HttpResponse:
    """Pause, let go on, rotate the secret, remove or bring back, as the button says."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    action = request.POST.get("action", "")
    try:
        if action == "rotate":
            return _rotated(request, recipe, recipe_trigger_id)
        _act(request, recipe, recipe_trigger_id, action)
    except (InvalidInput, Conflict, NotAllowed) as error:
        messages.error(request, error.message)
    return redirect("recipe_triggers", request.workspace.slug, recipe.template_id)


def _rotated(request: WorkspaceRequest, recipe: Recipe, trigger_id: UUID) -> HttpResponse:
    secret = trigger_services.rotate_secret(recipe=recipe, trigger_id=trigger_id)
    trigger = queries.trigger_of(recipe, trigger_id)
    if trigger.kind != TriggerKind.FORM:
        return _secret(request, recipe, trigger, secret)
    messages.success(request, "The form has a new link; the old one opens nothing any more.")
    return redirect("recipe_triggers", request.workspace.slug, recipe.template_id)


def _act(request: WorkspaceRequest, recipe: Recipe, trigger_id: UUID, action: str) -> None:
    match action:
        case "pause" | "resume":
            trigger_services.set_paused(
                recipe=recipe, trigger_id=trigger_id, user=request.user, is_paused=action == "pause"
            )
        case "remove":
            gone = trigger_services.remove_trigger(recipe=recipe, trigger_id=trigger_id)
            undo = {"text": f"{gone.name} was removed.", "action": "restore", "trigger": gone, "recipe": recipe}
            messages.success(request, render_to_string("recipes/schedule_undo.html", undo, request))
        case "restore":
            back = trigger_services.restore_trigger(recipe=recipe, trigger_id=trigger_id)
            messages.success(request, f"{back.name} is back.")
        case _:
            raise NotFound()
