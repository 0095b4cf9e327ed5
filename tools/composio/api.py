"""REST: apps, their actions, connections, syncs."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.rest_lists import choice, list_parameters, listing, page_of
from tools.composio import jobs, queries
from tools.composio.connections import ComposioEntityManager
from tools.composio.safe_paths import safe_next
from tools.composio.shapes import (
    STATUSES,
    ActionOut,
    AppOut,
    ConnectIn,
    ConnectionOut,
    ConnectOut,
    SyncIn,
    SyncOut,
)
from tools.composio.tasks import send_sync
from tools.composio.waiting import api_answer
from tools.models import ComposioActionCache, ComposioSyncJob, in_catalogue
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors

FOUND = [WORKSPACE_HEADER]


class AppList(WorkspaceView):
    """The catalogue of apps."""

    needs = {"GET": "apps:read"}

    @extend_schema(
        operation_id="apps_list",
        parameters=[*FOUND, *list_parameters(filters={"category": (), "connection": STATUSES})],
        responses={200: page_of(AppOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """By name; `search` looks at names, descriptions and what apps can do."""
        state = queries.state_of(self.workspace)
        rows = queries.searched(queries.apps_of(self.workspace, state), request.query_params.get("search", "")[:200])
        if category := request.query_params.get("category"):
            rows = rows.filter(categories__contains=[category])
        if status := choice(request, "connection", STATUSES):
            own = queries.connections_of(self.workspace).filter(status=status)
            rows = rows.filter(slug__in=own.order_by().values("app"))
        found: dict[str, Any] = {}

        class Item(AppOut):
            """With the connections of the page's apps at hand."""

            def __init__(self, *args: Any, **more: Any) -> None:
                super().__init__(*args, **{**more, "context": found})

        def prepare(page: Any) -> Any:
            found["connections"] = queries.by_app(self.workspace, [app.slug for app in page])
            return page

        return listing(request, rows, Item, prepare=prepare)


class AppDetail(WorkspaceView):
    """One app."""

    needs = {"GET": "apps:read"}

    @extend_schema(operation_id="apps_read", parameters=FOUND, responses={200: AppOut, **errors(404)})
    def get(self, request: Request, app: str) -> Response:
        """The app, and how the workspace is connected to it."""
        row = queries.app_of(self.workspace, app)
        context = {"connections": queries.by_app(self.workspace, [row.slug])}
        return Response(AppOut(row, context=context).data)


class ActionList(WorkspaceView):
    """What an app can do."""

    needs = {"GET": "apps:read"}

    @extend_schema(
        operation_id="apps_actions",
        parameters=[*FOUND, *list_parameters(filters={"category": ComposioActionCache.Category.values})],
        responses={200: page_of(ActionOut), **errors(404)},
    )
    def get(self, request: Request, app: str) -> Response:
        """Reading ones first, destroying ones last; `search` looks at names and descriptions."""
        rows = queries.actions_of(queries.app_of(self.workspace, app))
        rows = queries.searched_actions(rows, request.query_params.get("search", ""))
        if category := choice(request, "category", ComposioActionCache.Category.values):
            rows = rows.filter(category=category)
        return listing(request, rows, ActionOut)


class ConnectionList(WorkspaceView):
    """The workspace's connections."""

    needs = {"GET": "apps:read"}

    @extend_schema(
        operation_id="apps_connections",
        parameters=[*FOUND, *list_parameters(search=False, filters={"status": STATUSES})],
        responses={200: page_of(ConnectionOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Broken ones first."""
        rows = queries.connections_of(self.workspace)
        if status := choice(request, "status", STATUSES):
            rows = rows.filter(status=status)
        return listing(request, rows, ConnectionOut)


class ConnectionDetail(WorkspaceView):
    """The connection to one app."""

    needs = {"GET": "apps:read", "DELETE": "apps:disconnect"}

    @extend_schema(operation_id="apps_connection", parameters=FOUND, responses={200: ConnectionOut, **errors(404)})
    def get(self, request: Request, app: str) -> Response:
        """As it is known now."""
        return Response(ConnectionOut(ComposioEntityManager(self.workspace.pk).connection(app)).data)

    @extend_schema(
        operation_id="apps_disconnect", parameters=FOUND, responses={200: ConnectionOut, **errors(404, 409, 502)}
    )
    def delete(self, request: Request, app: str) -> HttpResponseBase:
        """End it: the app's permission is taken back, its events are ended, its row stays as `added`."""
        manager = ComposioEntityManager(self.workspace.pk)
        manager.connection(app)

        def work() -> HttpResponse:
            manager.disconnect(app)
            with self.entered():
                return JsonResponse(ConnectionOut(manager.connection(app)).data)

        return api_answer(self._actor(self.request), work)


class Connect(WorkspaceView):
    """Connecting an app."""

    needs = {"POST": "apps:connect"}

    @extend_schema(
        operation_id="apps_connect",
        parameters=FOUND,
        request=ConnectIn,
        responses={201: ConnectOut, **errors(404, 409, 415, 502, 503, 504)},
    )
    def post(self, request: Request, app: str) -> HttpResponseBase:
        """Begin, or begin anew; the person allows it on the app's own page, and comes back here."""
        body = ConnectIn(data=request.data)
        body.is_valid(raise_exception=True)
        queries.app_of(self.workspace, app)
        slug, next_page = self.workspace.slug, safe_next(body.validated_data.get("next", ""), self.workspace.slug)

        def back(state: str) -> str:
            return request.build_absolute_uri(reverse("app_callback", args=[slug, state]))

        def work() -> HttpResponse:
            url = ComposioEntityManager(self.workspace.pk).connect(app, back, next_page)
            return JsonResponse({"app": app, "status": "pending", "redirect_url": url}, status=201)

        return api_answer(self._actor(self.request), work)


class SyncList(WorkspaceView):
    """Readings of the catalogue."""

    needs = {"GET": "apps:read", "POST": "apps:sync"}
    starts_work = True

    @extend_schema(
        operation_id="apps_syncs",
        parameters=[*FOUND, *list_parameters(search=False)],
        responses={200: page_of(SyncOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first; those of the catalogue this workspace sees."""
        catalogue = queries.state_of(self.workspace).catalogue(self.workspace.pk)
        return listing(
            request, ComposioSyncJob.objects.filter(in_catalogue(catalogue)).order_by("-created_at", "pk"), SyncOut
        )

    @extend_schema(
        operation_id="apps_sync",
        parameters=[*FOUND, ONCE_HEADER],
        request=SyncIn,
        responses={202: SyncOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """Read everything, what changed, or one app. One at a time."""
        body = SyncIn(data=request.data)
        body.is_valid(raise_exception=True)
        job = jobs.request_sync(workspace=self.workspace, user=self.caller, **body.validated_data)
        send_sync(job.pk)
        return Response(SyncOut(job).data, status=202)
