"""Pages that belong to no app: the landing page, the demo's door, search for the palette, and errors."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from agents.queries import agents_of
from automatos import api, request_id
from automatos.demo import DEMO_EMAIL
from automatos.errors import AppError
from marketplace.browse.queries import named
from marketplace.models import Entry
from recipes.queries import recipes_of
from recipes.runs.reading import executions_of
from workspaces.accounts.adapter import home_of
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import User

FOUND_PER_KIND = 6
LONGEST_QUESTION = 100


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What Automatos is, and the ways in; who is signed in goes straight to their workspace, or to make one."""
    if isinstance(request.user, User):
        return redirect(home_of(request) or "workspaces")
    return render(request, "landing.html", {"demo": settings.EMBEDDED_DATABASE})


@require_POST
def enter_demo(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo's cook, without typing anything; only where the database is the embedded one."""
    cook = User.objects.filter(email=DEMO_EMAIL, is_active=True).first() if settings.EMBEDDED_DATABASE else None
    if cook is None:
        raise Http404
    login(request, cook, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("landing")


@require_safe
@workspace_page()
def search(request: WorkspaceRequest) -> JsonResponse:
    """?q=text: agents, recipes and runs whose name holds the text; without text, what is newest.

    A run is also found by its number and by the first characters of its id.
    """
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUESTION]
    groups = _found(request, text) if text else _recent(request)
    return JsonResponse({"groups": [group for group in groups if group["items"]]})


def _found(request: WorkspaceRequest, text: str) -> list[dict[str, Any]]:
    runs = executions_of(request.workspace).filter(
        Q(recipe_name__icontains=text) | _id_begins_with(text) | _number_is(text)
    )
    return [
        {"label": "Agents", "items": _agents(request, name__icontains=text)},
        {"label": "Recipes", "items": _recipes(request, name__icontains=text)},
        {"label": "Runs", "items": _runs(request, runs)},
        {"label": "Marketplace", "items": _listings(request, text)},
    ]


def _listings(request: WorkspaceRequest, text: str) -> list[dict[str, str]]:
    def under(row: Entry) -> str:
        return f"marketplace/{'plugins' if row.kind == Entry.Kind.PLUGIN else 'listings'}/{row.slug}/"

    found = named(text, FOUND_PER_KIND)
    return [_item(request, "listing", row.name, row.get_kind_display(), under(row)) for row in found]


def _recent(request: WorkspaceRequest) -> list[dict[str, Any]]:
    runs = _runs(request, executions_of(request.workspace))[:3]
    changed = [*_recipes(request, newest=True)[:2], *_agents(request, newest=True)[:2]]
    return [{"label": "Recent", "items": [*runs, *changed]}]


def _agents(request: WorkspaceRequest, newest: bool = False, **filters: str) -> list[dict[str, str]]:
    agents = agents_of(request.workspace).filter(**filters)
    agents = agents.order_by("-updated_at") if newest else agents
    return [
        _item(request, "agent", agent.name, agent.get_category_display(), f"agents/{agent.slug}/")
        for agent in agents[:FOUND_PER_KIND]
    ]


def _recipes(request: WorkspaceRequest, newest: bool = False, **filters: str) -> list[dict[str, str]]:
    recipes = recipes_of(request.workspace).filter(**filters).prefetch_related(None)
    recipes = recipes.order_by("-updated_at") if newest else recipes
    return [
        _item(request, "recipe", recipe.name, "", f"recipes/{recipe.template_id}/")
        for recipe in recipes[:FOUND_PER_KIND]
    ]


def _runs(request: WorkspaceRequest, runs: Any) -> list[dict[str, str]]:
    return [
        _item(request, "run", f"{run.recipe_name}, run {run.label}", run.get_status_display(), f"runs/{run.pk}/")
        for run in runs[:FOUND_PER_KIND]
    ]


def _item(request: WorkspaceRequest, kind: str, label: str, hint: str, under: str) -> dict[str, str]:
    return {"kind": kind, "label": label, "hint": hint, "href": f"/w/{request.workspace.slug}/{under}"}


def _number_is(text: str) -> Q:
    """The run with this number, "128" or "#1,312"."""
    number = text.removeprefix("#").replace(",", "")
    return Q(number=int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else Q(pk__in=[])


def _id_begins_with(text: str) -> Q:
    """Runs whose id begins with these hexadecimal digits: a range, so the primary key's index serves it."""
    digits = text.replace("-", "").lower()
    if not 4 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return Q(pk__in=[])
    return Q(pk__range=(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400 for what cannot be read at all, 413 for what is too much to be read."""
    too_much = isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent))
    return render(request, "errors/400.html", {"too_much": too_much}, status=413 if too_much else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403 without a reason of our own."""
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404: a page for people, JSON under /api/."""
    if request.path.startswith("/api/"):
        return api.not_found(request)
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500 with the request's id; rendered without context processors, so that nothing can fail twice."""
    if request.path.startswith(("/api/", "/v1/")):
        error = AppError("Something went wrong on our side. It was noted under this request id.", code="internal")
        return JsonResponse(api.error_body(error), status=500)
    return HttpResponse(render_to_string("errors/500.html", {"request_id": request_id.current()}), status=500)
