"""REST: the events of apps a workspace listens to, and what came in."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.rest_lists import list_parameters, listing, page_of
from tools.composio import queries, triggers
from tools.composio.shapes import AppEventOut, EventKindOut, EventKindsOut, TriggerIn, TriggerOut
from tools.composio.waiting import api_answer
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

FOUND = [WORKSPACE_HEADER]


class EventKinds(WorkspaceView):
    """The events an app can tell of."""

    needs = {"GET": "apps:read"}

    @extend_schema(
        operation_id="apps_event_kinds", parameters=FOUND, responses={200: EventKindsOut, **errors(404, 409, 502, 504)}
    )
    def get(self, request: Request, app: str) -> HttpResponseBase:
        """As Composio lists them now, each with the schema of what it is narrowed to."""
        row, workspace_id = queries.app_of(self.workspace, app), self.workspace.pk

        def work() -> HttpResponse:
            found = triggers.kinds(workspace_id, row.slug)
            return JsonResponse({"items": EventKindOut(found, many=True).data, "total": len(found)})

        return api_answer(self._actor(self.request), work)


class TriggerList(WorkspaceView):
    """What the workspace listens to."""

    needs = {"GET": "apps:read", "POST": "apps:connect"}

    @extend_schema(
        operation_id="apps_triggers",
        parameters=[*FOUND, *list_parameters(search=False, filters={"app": ()})],
        responses={200: page_of(TriggerOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        return listing(request, queries.triggers_of(self.workspace, request.query_params.get("app", "")), TriggerOut)

    @extend_schema(
        operation_id="apps_trigger_create",
        parameters=FOUND,
        request=TriggerIn,
        responses={201: TriggerOut, **errors(404, 409, 415, 502, 503, 504)},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Listen to an event of a connected app."""
        body = TriggerIn(data=request.data)
        body.is_valid(raise_exception=True)
        values, workspace_id, user = body.validated_data, self.workspace.pk, self.caller

        def work() -> HttpResponse:
            made = triggers.listen(workspace_id, values["app"], values["event"], values.get("config", {}), user)
            with self.entered():
                return JsonResponse(TriggerOut(queries.trigger_of(self.workspace, made.pk)).data, status=201)

        return api_answer(self._actor(self.request), work)


class TriggerDetail(WorkspaceView):
    """One event the workspace listens to."""

    needs = {"GET": "apps:read", "DELETE": "apps:disconnect"}

    @extend_schema(operation_id="apps_trigger", parameters=FOUND, responses={200: TriggerOut, **errors(404)})
    def get(self, request: Request, trigger_id: UUID) -> Response:
        """As it is."""
        return Response(TriggerOut(queries.trigger_of(self.workspace, trigger_id)).data)

    @extend_schema(
        operation_id="apps_trigger_delete", parameters=FOUND, responses={204: None, **errors(404, 409, 502, 504)}
    )
    def delete(self, request: Request, trigger_id: UUID) -> HttpResponseBase:
        """Listen no more."""
        queries.trigger_of(self.workspace, trigger_id)
        workspace_id = self.workspace.pk

        def work() -> HttpResponse:
            triggers.ignore(workspace_id, trigger_id)
            return HttpResponse(status=204)

        return api_answer(self._actor(self.request), work)


class EventList(WorkspaceView):
    """What came in."""

    needs = {"GET": "apps:read"}

    @extend_schema(
        operation_id="apps_events",
        parameters=[*FOUND, *list_parameters(search=False, filters={"app": ()})],
        responses={200: page_of(AppEventOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first, each once however often it was delivered."""
        return listing(request, queries.events_of(self.workspace, request.query_params.get("app", "")), AppEventOut)
