"""The pages of apps: what there is, what is connected, one app, and the way to connect it."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos import listing
from automatos.errors import AppError, Conflict
from tools.assignments.lookup import policies_for
from tools.composio import jobs, page, queries
from tools.composio.access import KeyState
from tools.composio.app_uses import uses_of
from tools.composio.connections import ComposioEntityManager
from tools.composio.problems import text_of
from tools.composio.safe_paths import safe_next
from tools.composio.tasks import send_sync
from tools.composio.waiting import page_answer
from tools.models import ComposioAppCache, ComposioSyncJob, ToolPolicy
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, actor_of, workspace_page
from workspaces.models import Role
from workspaces.scope.permissions import NEEDED_ROLE
from workspaces.scope.tenancy import workspace_scope

TABS = ("actions", "events", "about")
SORTS = {"name": "By name", "actions": "Most actions"}
GROUPS = {
    "reads": ("Reads", "actions that change nothing"),
    "changes": ("Changes and sends", "actions"),
    "destroys": ("Destroys", "actions; left out of hints unless the task asks for them"),
}


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """What is connected and what there is; while the catalogue is read, the page asks for its progress again."""
    workspace, state = request.workspace, queries.state_of(request.workspace)
    if not state.has_key:
        ask = "" if request.access.allows("credentials:write") else whom_to_ask(workspace)
        back = safe_next(request.GET.get("next", ""), workspace.slug)
        return render(request, "tools/apps_no_key.html", {"ask": ask, "next": back})
    catalogue = state.catalogue(workspace.pk)
    sync = jobs.sync_state(catalogue)
    if request.htmx and request.GET.get("part") == "sync":
        return render(request, "tools/apps.html#sync", _sync_context(request, sync))
    connected = page.connected_apps(workspace)
    context = {
        "connected": connected,
        "broken": [app for app in connected if app.is_broken],
        "counts": page.sync_counts(workspace, state),
        "can_connect": request.access.allows("apps:connect"),
        "next": safe_next(request.GET.get("next", ""), workspace.slug),
        **_catalogue(request, state),
        **_sync_context(request, sync),
    }
    return render(request, "tools/apps.html", context)


def _catalogue(request: WorkspaceRequest, state: KeyState) -> dict[str, object]:
    """The apps that the address asks for, on the page it asks for."""
    workspace, everything = request.workspace, queries.apps_of(request.workspace, state)
    categories = queries.categories_of(everything)
    wanted = {
        "q": listing.words(request.GET),
        "category": listing.choice(request.GET, "category", [name for name, _ in categories]),
        "sort": listing.choice(request.GET, "sort", SORTS, "name"),
    }
    rows = queries.searched(everything, wanted["q"])
    if wanted["category"]:
        rows = rows.filter(categories__contains=[wanted["category"]])
    if wanted["sort"] == "actions" and not wanted["q"]:
        rows = rows.order_by("-action_count", "display_name", "id")
    found = listing.page_of(rows, request.GET)
    connections = queries.by_app(workspace, [app.slug for app in found])
    return {
        "page": found,
        "apps": page.shown(list(found), connections),
        "categories": categories,
        "wanted": wanted,
        "narrows": bool(wanted["q"] or wanted["category"]),
        "sorts": SORTS,
    }


def _sync_context(request: WorkspaceRequest, sync: jobs.SyncState) -> dict[str, object]:
    return {"sync": sync, "can_sync": request.access.allows("apps:sync")}


@require_POST
@workspace_page(NEEDED_ROLE["apps:sync"])
def sync(request: WorkspaceRequest) -> HttpResponse:
    """Have the catalogue read again: all of it, or what changed."""
    kind = listing.choice(request.POST, "kind", ComposioSyncJob.Kind.values, "incremental")
    app = text_of(request.POST.get("app", ""))[:100]
    try:
        job = jobs.request_sync(workspace=request.workspace, user=request.user, kind=kind, app=app)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        send_sync(job.pk)
    if kind == ComposioSyncJob.Kind.APP and app in queries.names_of(request.workspace, [app]):
        return redirect("app_detail", request.workspace.slug, app)
    return redirect("apps", request.workspace.slug)


@never_cache
@require_safe
@workspace_page()
def detail(request: WorkspaceRequest, app: str) -> HttpResponse:
    """One app: its connection, its actions with when they ask, its events, what is known of it."""
    row = queries.app_of(request.workspace, app)
    tab = listing.choice(request.GET, "tab", TABS, "actions")
    context = {
        "shown": page.one_app(request.workspace, row),
        "app": row,
        "tab": tab,
        "next": safe_next(request.GET.get("next", ""), request.workspace.slug),
        "can_connect": request.access.allows("apps:connect"),
        "can_disconnect": request.access.allows("apps:disconnect"),
        "can_write": request.access.allows("tools:write"),
        "can_sync": request.access.allows("apps:sync"),
        "key": queries.state_of(request.workspace),
        **(_actions(request, row) if tab == "actions" else {}),
    }
    if tab == "events":
        context |= {
            "triggers": list(queries.triggers_of(request.workspace, app)[:100]),
            "page": listing.page_of(queries.events_of(request.workspace, app), request.GET),
        }
    return render(request, "tools/app.html", context)


def _actions(request: WorkspaceRequest, row: ComposioAppCache) -> dict[str, object]:
    """The page of actions that the address asks for, with their policies, under their groups' heads."""
    policies = policies_for(request.workspace.pk, row.slug)
    text = listing.words(request.GET)
    found = listing.page_of(queries.searched_actions(queries.actions_of(row), text), request.GET)
    lines = [{"is": action, "asks": policies.action(action.action, action.category)} for action in found]
    numbers = queries.group_counts(row)
    return {
        "page": found,
        "q": text,
        "asks": ToolPolicy.Asks.choices,
        "groups": [
            {
                "name": name,
                "title": title,
                "note": note,
                "number": numbers.get(name, 0),
                "asks": policies.group(name),
                "lines": [line for line in lines if line["is"].category == name],  # type: ignore[attr-defined]
            }
            for name, (title, note) in GROUPS.items()
        ],
    }


@require_safe
@workspace_page()
def logo(request: WorkspaceRequest, app: str) -> HttpResponse:
    """The app's picture. Whatever stands in it, nothing of it is run."""
    found = queries.logo_of(queries.app_of(request.workspace, app))
    answer = HttpResponse(bytes(found.content), content_type=found.media_type)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


@require_POST
@workspace_page(NEEDED_ROLE["apps:connect"])
def connect(request: WorkspaceRequest, app: str) -> HttpResponseBase:
    """Send the person to the app's own page, where they allow the connection."""
    row = queries.app_of(request.workspace, app)
    slug = request.workspace.slug
    here = reverse("app_detail", args=[slug, row.slug])
    next_page = safe_next(request.POST.get("next", ""), slug)
    back = partial(_back, request, slug)

    def work() -> HttpResponse:
        url = ComposioEntityManager(request.workspace.pk).connect(row.slug, back, next_page)
        context = {"name": row.display_name, "url": url, "workspace_slug": slug}
        with workspace_scope(request.workspace.pk, request.user.pk):
            answer = render(request, "tools/app_leave.html", context)
        # No redirect: the policy for forms lets none lead to another site.
        answer.headers["Refresh"] = f"0; url={url}"
        return answer

    return page_answer(actor_of(request), work, lambda refusal: _problem_page(here, refusal))


def _back(request: WorkspaceRequest, slug: str, state: str) -> str:
    return request.build_absolute_uri(reverse("app_callback", args=[slug, state]))


def _problem_page(here: str, refusal: AppError) -> HttpResponse:
    """Back to the app's page, which says what went wrong: it stands in the connection's row."""
    return redirect(f"{here}?problem={refusal.code}")


@require_safe
@workspace_page(NEEDED_ROLE["apps:connect"])
def callback(request: WorkspaceRequest, state: str) -> HttpResponseBase:
    """A person comes back from the app's page. What the address says beside the state is not believed."""
    slug = request.workspace.slug

    def work() -> HttpResponse:
        done = ComposioEntityManager(request.workspace.pk).finish(state)
        return redirect(done.next_page or reverse("app_detail", args=[slug, done.connection.app]))

    return page_answer(actor_of(request), work, lambda refusal: _problem_page(reverse("apps", args=[slug]), refusal))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def disconnect(request: WorkspaceRequest, app: str) -> HttpResponseBase:
    """Ask first, naming what would miss it; a POST takes the app's permission back."""
    manager = ComposioEntityManager(request.workspace.pk)
    connection = manager.connection(app)
    row = queries.names_of(request.workspace, [app]).get(app)
    if request.method != "POST":
        context = {
            "connection": connection,
            "name": row.display_name if row else app,
            "app": row,
            "uses": uses_of(request.workspace, [app])[app],
            "triggers": connection.triggers.count(),
        }
        return render(request, "tools/app_disconnect.html", context)
    slug = request.workspace.slug
    here = reverse("app_detail", args=[slug, app]) if row else reverse("apps", args=[slug])

    def work() -> HttpResponse:
        manager.disconnect(app)
        return redirect(here)

    return page_answer(actor_of(request), work, lambda refusal: _problem_page(here, refusal))
