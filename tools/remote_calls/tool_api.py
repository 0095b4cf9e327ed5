"""REST: what can be done with a tool of a server or an API, whichever it is. Each kind has these at its own address."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import Conflict
from automatos.rest_lists import choice, list_parameters, listing, page_of
from tools.composio.waiting import api_answer
from tools.models import RemoteService, RemoteTool
from tools.remote import pins, queries, services
from tools.remote.shapes import AcceptIn, RemoteToolChange, RemoteToolOut, TryRemoteIn, TryRemoteOut
from tools.remote_calls.execution import WOULD_BE_SENT, misfit, refusal_of
from tools.remote_calls.stored import Named, try_by_hand
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

HEADER = [WORKSPACE_HEADER]


class RemoteView(WorkspaceView):
    """An operation below a service of one kind."""

    kind: ClassVar[str] = RemoteService.Kind.MCP

    def service(self, service_id: UUID) -> RemoteService:
        """The one meant; NotFound."""
        return queries.service_of(self.workspace, self.kind, service_id)

    def tool(self, service_id: UUID, tool_id: UUID) -> RemoteTool:
        """The tool meant; NotFound."""
        return queries.tool_in(self.service(service_id), tool_id)


class ToolsView(RemoteView):
    """The tools of a service."""

    needs = {"GET": "tools:read"}

    @extend_schema(
        parameters=[*HEADER, *list_parameters(filters={"state": RemoteTool.State.values})],
        responses={200: page_of(RemoteToolOut), **errors(404)},
    )
    def get(self, request: Request, service_id: UUID) -> Response:
        """Those that wait for a person first; `search` looks at names and descriptions."""
        rows = queries.searched(queries.tools_of(self.service(service_id)), request.query_params.get("search", ""))
        if state := choice(request, "state", RemoteTool.State.values):
            rows = rows.filter(state=state)
        return listing(request, rows, RemoteToolOut)


class ToolView(RemoteView):
    """One tool."""

    needs = {"GET": "tools:read", "PATCH": "tools:write"}

    @extend_schema(parameters=HEADER, responses={200: RemoteToolOut, **errors(404)})
    def get(self, request: Request, service_id: UUID, tool_id: UUID) -> Response:
        """As accepted, with what differs by now."""
        return Response(RemoteToolOut(self.tool(service_id, tool_id)).data)

    @extend_schema(parameters=HEADER, request=RemoteToolChange, responses={200: RemoteToolOut, **errors(404, 415)})
    def patch(self, request: Request, service_id: UUID, tool_id: UUID) -> Response:
        """Change whether it is offered, what it counts as, and when it asks."""
        tool = self.tool(service_id, tool_id)
        body = RemoteToolChange(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(RemoteToolOut(services.update_tool(tool=tool, data=body.validated_data)).data)


class AcceptView(RemoteView):
    """Accepting what a service changed."""

    needs = {"POST": "tools:write"}

    @extend_schema(parameters=HEADER, request=AcceptIn, responses={200: RemoteToolOut, **errors(404, 409, 415)})
    def post(self, request: Request, service_id: UUID, tool_id: UUID) -> Response:
        """The tool can be used again, as it reads now. 409 when it changed once more since `digest`."""
        tool = self.tool(service_id, tool_id)
        body = AcceptIn(data=request.data)
        body.is_valid(raise_exception=True)
        pins.accept(tool, digest=body.validated_data["digest"], user=self.caller)
        return Response(RemoteToolOut(self.tool(service_id, tool_id)).data)


class TryView(RemoteView):
    """Trying a tool by hand."""

    needs = {"POST": "tools:run"}

    @extend_schema(parameters=HEADER, request=TryRemoteIn, responses={200: TryRemoteOut, **errors(404, 409, 415)})
    def post(self, request: Request, service_id: UUID, tool_id: UUID) -> HttpResponseBase:
        """The call is made for real, and stands in the log under your name; with `dry_run` nothing is sent."""
        tool = self.tool(service_id, tool_id)
        body = TryRemoteIn(data=request.data)
        body.is_valid(raise_exception=True)
        arguments, refusal = body.validated_data.get("arguments", {}), refusal_of(tool)
        if body.validated_data["dry_run"]:
            says = refusal or misfit(arguments, tool.offer.get("schema") or {})
            return Response({"status": "refused" if says else "open", "content": says or WOULD_BE_SENT})
        if refusal:
            raise Conflict(refusal)
        named = Named(tool.pk, tool.service.name, tool.service.kind, tool.name)
        workspace_id, user_id = self.workspace.pk, self.caller.pk

        def work() -> HttpResponse:
            outcome = try_by_hand(workspace_id, user_id, named, arguments)
            return JsonResponse({"status": outcome.status, "content": outcome.result.content})

        return api_answer(self._actor(self.request), work)
