"""Reads: the apps there are, what they can do, and how a workspace is connected to them."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, Value, When

from automatos.errors import NotFound
from tools.composio.access import KeyState, key_state
from tools.models import (
    ComposioActionCache,
    ComposioAppCache,
    ComposioAppLogo,
    ComposioConnection,
    ComposioEvent,
    ComposioTrigger,
    in_catalogue,
)
from workspaces.models import Workspace


def state_of(workspace: Workspace) -> KeyState:
    """Whether apps are set up for the workspace."""
    return key_state(workspace.pk)


def apps_of(workspace: Workspace, state: KeyState) -> QuerySet[ComposioAppCache]:
    """The apps that can be had, by name."""
    rows = ComposioAppCache.objects.filter(in_catalogue(state.catalogue(workspace.pk)), status="active")
    return rows.order_by("display_name", "id")


def searched(rows: QuerySet[ComposioAppCache], text: str) -> QuerySet[ComposioAppCache]:
    """Apps whose name, description or actions hold the words, those with the words in their name first."""
    if not text:
        return rows
    named = Q(display_name__icontains=text) | Q(slug__icontains=text)
    # Looked up once for all apps: a condition on each app's actions would be asked for every app.
    doing = ComposioActionCache.objects.filter(
        words=SearchQuery(text, config="english", search_type="websearch"), status="active"
    )
    apps = doing.values("app_id").distinct()
    order = Case(
        When(display_name__istartswith=text, then=0), When(named, then=1), default=2, output_field=IntegerField()
    )
    found = rows.filter(named | Q(description__icontains=text) | Q(pk__in=apps))
    return found.annotate(nearness=order).order_by("nearness", "display_name", "id")


def categories_of(rows: QuerySet[ComposioAppCache]) -> list[tuple[str, int]]:
    """Each category with its number of apps, by name."""
    unnested = Func(F("categories"), function="unnest")
    counted = rows.order_by().annotate(name=unnested).values("name").annotate(number=Count("pk")).order_by("name")
    return [(row["name"], row["number"]) for row in counted]


def app_of(workspace: Workspace, slug: str) -> ComposioAppCache:
    """One app, also one that is no longer offered; NotFound."""
    catalogue = key_state(workspace.pk).catalogue(workspace.pk)
    found = ComposioAppCache.objects.filter(in_catalogue(catalogue), slug=slug).first()
    if found is None:
        raise NotFound()
    return found


def actions_of(app: ComposioAppCache) -> QuerySet[ComposioActionCache]:
    """What an app can do, grouped; without vectors and answers' schemas, which lists do not show."""
    order = Case(
        *(When(category=name, then=Value(place)) for place, name in enumerate(("reads", "changes", "destroys"))),
        output_field=IntegerField(),
    )
    rows = ComposioActionCache.objects.filter(app=app, status="active")
    return rows.defer("embedding", "words", "response_schema").annotate(place=order).order_by("place", "action")


def group_counts(app: ComposioAppCache) -> dict[str, int]:
    """How many actions of each group there are."""
    rows = ComposioActionCache.objects.filter(app=app, status="active").values("category").annotate(n=Count("pk"))
    return {row["category"]: row["n"] for row in rows.order_by()}


def searched_actions(rows: QuerySet[ComposioActionCache], text: str) -> QuerySet[ComposioActionCache]:
    """Those that hold every word."""
    for word in text.replace("\x00", "").split()[:10]:
        rows = rows.filter(Q(action__icontains=word) | Q(display_name__icontains=word) | Q(description__icontains=word))
    return rows


def action_of(app: ComposioAppCache, action: str) -> ComposioActionCache:
    """One action; NotFound."""
    found = ComposioActionCache.objects.filter(app=app, action=action).defer("embedding", "words").first()
    if found is None:
        raise NotFound()
    return found


def connections_of(workspace: Workspace) -> QuerySet[ComposioConnection]:
    """The workspace's connections, broken ones first."""
    place = Case(
        *(When(status=status, then=Value(n)) for n, status in enumerate(("error", "active", "pending", "added"))),
        output_field=IntegerField(),
    )
    rows = ComposioConnection.objects.filter(workspace=workspace).select_related("connected_by")
    return rows.annotate(place=place).order_by("place", "app")


def by_app(workspace: Workspace, apps: Iterable[str]) -> Mapping[str, ComposioConnection]:
    """The connections of these apps."""
    rows = ComposioConnection.objects.filter(workspace=workspace, app__in=list(apps)).select_related("connected_by")
    return {row.app: row for row in rows}


def connection_of(workspace: Workspace, app: str) -> ComposioConnection | None:
    """The connection of one app."""
    return ComposioConnection.objects.filter(workspace=workspace, app=app).select_related("connected_by").first()


def broken(workspace_id: UUID) -> QuerySet[ComposioConnection]:
    """Connections that need reconnecting."""
    return ComposioConnection.objects.filter(workspace_id=workspace_id, status="error").order_by("app")


def names_of(workspace: Workspace, slugs: Iterable[str]) -> Mapping[str, ComposioAppCache]:
    """The apps of these slugs, as the workspace sees them."""
    catalogue = key_state(workspace.pk).catalogue(workspace.pk)
    rows = ComposioAppCache.objects.filter(in_catalogue(catalogue), slug__in=list(slugs))
    return {row.slug: row for row in rows}


def with_logos(apps: Sequence[ComposioAppCache]) -> set[int]:
    """Those of which there is a picture."""
    rows = ComposioAppLogo.objects.filter(app__in=[app.pk for app in apps]).exclude(media_type="")
    return set(rows.values_list("app_id", flat=True))


def logo_of(app: ComposioAppCache) -> ComposioAppLogo:
    """The app's picture; NotFound."""
    found = ComposioAppLogo.objects.filter(app=app).exclude(media_type="").first()
    if found is None:
        raise NotFound()
    return found


def triggers_of(workspace: Workspace, app: str = "") -> QuerySet[ComposioTrigger]:
    """The events the workspace listens to, newest first."""
    rows = ComposioTrigger.objects.filter(workspace=workspace).select_related("connection", "created_by")
    rows = rows.filter(connection__app=app) if app else rows
    return rows.order_by("-created_at", "pk")


def trigger_of(workspace: Workspace, trigger_id: UUID) -> ComposioTrigger:
    """One of them; NotFound."""
    found = triggers_of(workspace).filter(pk=trigger_id).first()
    if found is None:
        raise NotFound()
    return found


def events_of(workspace: Workspace, app: str = "") -> QuerySet[ComposioEvent]:
    """What came in, newest first."""
    rows = ComposioEvent.objects.filter(workspace=workspace).select_related("trigger")
    return (rows.filter(app=app) if app else rows).order_by("-received_at", "pk")
