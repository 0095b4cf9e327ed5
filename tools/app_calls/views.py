"""Pages: trying an action by hand, and when a tool asks a person."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from automatos.checking import unstorable_text
from automatos.errors import InvalidInput
from tools.app_calls import forms, trial
from tools.app_calls.execution import AppCall
from tools.assignments import services
from tools.composio import page, queries
from tools.composio.safe_paths import safe_next
from tools.composio.waiting import page_answer
from tools.models import ComposioActionCache, ComposioAppCache
from workspaces.doors.pages import WorkspaceRequest, actor_of, workspace_page
from workspaces.scope.permissions import NEEDED_ROLE

EFFECTS = {"reads": "reads", "changes": "changes and sends", "destroys": "destroys"}
PREFIX = "a:"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def try_action(request: WorkspaceRequest, app: str, action: str) -> HttpResponseBase:
    """The form of an action's arguments; a POST says what would happen, or makes the call."""
    row = queries.app_of(request.workspace, app)
    found = queries.action_of(row, action)
    typed = {name.removeprefix(PREFIX): str(request.POST[name]) for name in request.POST if name.startswith(PREFIX)}
    context = _context(request, row, found)
    if request.method != "POST":
        return render(request, "tools/try.html", context)
    arguments, errors = _arguments(found.parameters, typed)
    context["fields"] = forms.fields_of(found.parameters, typed, errors)
    if errors:
        return render(request, "tools/try.html", {**context, "errors": errors}, status=422)
    if request.POST.get("do") != "run":
        dry = trial.dry_run(request.workspace.pk, context["agent_id"], row.slug, found.action, arguments)
        return render(request, "tools/try.html", {**context, "dry": dry})
    request.access.require("tools:run")
    call = AppCall(request.workspace.pk, context["agent_id"], row.slug, found.action, arguments)
    return _run(request, call, context)


def _context(request: WorkspaceRequest, row: ComposioAppCache, found: ComposioActionCache) -> dict[str, Any]:
    """What the page shows before anything was typed."""
    shown = page.one_app(request.workspace, row)
    agents = [use for use in shown.uses if use.kind == "agent"]
    chosen = request.POST.get("agent", "") or request.GET.get("agent", "")
    return {
        "shown": shown,
        "app": row,
        "action": found,
        "effect": EFFECTS[found.category],
        "agents": agents,
        "agent_id": next((use.id for use in agents if str(use.id) == chosen), None),
        "can_run": request.access.allows("tools:run"),
        "fields": forms.fields_of(found.parameters),
    }


def _run(request: WorkspaceRequest, call: AppCall, context: dict[str, Any]) -> HttpResponseBase:
    """Make the call once the request's transaction is over, and show what came back."""
    schema, user_id = context["action"].parameters, request.user.pk

    def work() -> HttpResponse:
        outcome = trial.run(call, user_id, schema)
        return render(request, "tools/try.html", {**context, "outcome": outcome, "status": trial.status_of(outcome)})

    here = reverse("tool_try", args=[request.workspace.slug, call.app, call.action])
    return page_answer(actor_of(request), work, lambda refusal: redirect(f"{here}?problem={refusal.code}"))


def _arguments(schema: dict[str, Any], typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    arguments, errors = forms.read(schema, typed)
    for name, text in typed.items():
        if problem := unstorable_text(text):
            errors.setdefault(name, []).append(problem)
    return arguments, errors


@require_POST
@workspace_page(NEEDED_ROLE["tools:write"])
def policy(request: WorkspaceRequest, app: str) -> HttpResponse:
    """Say when a tool or a group of tools asks a person; nothing said lets it follow what stands above it."""
    place = (request.POST.get("level", ""), request.POST.get("name", ""))
    asks = request.POST.get("asks", "") or None
    queries.app_of(request.workspace, app)
    try:
        services.set_policy(workspace=request.workspace, app=app, place=place, asks=asks, user=request.user)
    except InvalidInput as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Saved.")
    back = safe_next(request.POST.get("back", ""), request.workspace.slug)
    return redirect(back or reverse("apps", args=[request.workspace.slug]))
