"""REST: the MCP servers of a workspace."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.rest_lists import choice, list_parameters, listing, page_of, searched
from tools.composio.waiting import api_answer
from tools.mcp import services
from tools.mcp.oauth import services as sign_ins
from tools.models import RemoteService
from tools.remote import queries
from tools.remote.shapes import McpServerChange, McpServerIn, McpServerOut, McpSignInLinkOut
from tools.remote_calls import tool_api
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

HEADER = [WORKSPACE_HEADER]
KIND = RemoteService.Kind.MCP


class McpServerList(WorkspaceView):
    """The workspace's MCP servers."""

    needs = {"GET": "tools:read", "POST": "services:write"}

    @extend_schema(
        operation_id="mcp_servers_list",
        parameters=[*HEADER, *list_parameters(filters={"state": RemoteService.State.values})],
        responses={200: page_of(McpServerOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """By name; `search` looks at names, titles and addresses."""
        rows = searched(queries.services_of(self.workspace, KIND), request, ("name", "title", "url", "command"))
        if state := choice(request, "state", RemoteService.State.values):
            rows = rows.filter(state=state)
        return listing(request, rows, McpServerOut)

    @extend_schema(
        operation_id="mcp_servers_add",
        parameters=HEADER,
        request=McpServerIn,
        responses={201: McpServerOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> Response:
        """Add a server. A worker reads its tools next; `is_being_read` tells when that is done."""
        body = McpServerIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.create_server(workspace=self.workspace, user=self.caller, data=body.validated_data)
        return Response(McpServerOut(queries.service_of(self.workspace, KIND, made.pk)).data, status=201)


class McpServerDetail(WorkspaceView):
    """One MCP server."""

    needs = {"GET": "tools:read", "PATCH": "services:write", "DELETE": "services:write"}

    @extend_schema(operation_id="mcp_servers_read", parameters=HEADER, responses={200: McpServerOut, **errors(404)})
    def get(self, request: Request, service_id: UUID) -> Response:
        """How it is, and how its last reading went."""
        return Response(McpServerOut(queries.service_of(self.workspace, KIND, service_id)).data)

    @extend_schema(
        operation_id="mcp_servers_change",
        parameters=HEADER,
        request=McpServerChange,
        responses={200: McpServerOut, **errors(404, 415)},
    )
    def patch(self, request: Request, service_id: UUID) -> Response:
        """Change it; it is read again."""
        service = queries.service_of(self.workspace, KIND, service_id)
        body = McpServerChange(data=request.data)
        body.is_valid(raise_exception=True)
        services.update_server(service=service, data=body.validated_data)
        return Response(McpServerOut(queries.service_of(self.workspace, KIND, service_id)).data)

    @extend_schema(operation_id="mcp_servers_remove", parameters=HEADER, responses={204: None, **errors(404)})
    def delete(self, request: Request, service_id: UUID) -> Response:
        """Take it away with its tools, also from the agents that have them."""
        services.delete_server(service=queries.service_of(self.workspace, KIND, service_id))
        return Response(status=204)


class McpServerReading(WorkspaceView):
    """Reading a server again."""

    needs = {"POST": "services:write"}

    @extend_schema(
        operation_id="mcp_servers_refresh",
        parameters=HEADER,
        request=None,
        responses={202: McpServerOut, **errors(404)},
    )
    def post(self, request: Request, service_id: UUID) -> Response:
        """A worker reads its tools; what changed is suspended until somebody accepts it."""
        services.request_reading(service=queries.service_of(self.workspace, KIND, service_id))
        return Response(McpServerOut(queries.service_of(self.workspace, KIND, service_id)).data, status=202)


class McpSigningIn(WorkspaceView):
    """Signing in at a server by OAuth."""

    needs = {"POST": "services:write", "DELETE": "services:write"}

    @extend_schema(
        operation_id="mcp_servers_sign_in",
        parameters=HEADER,
        request=None,
        responses={200: McpSignInLinkOut, **errors(404, 409, 502)},
    )
    def post(self, request: Request, service_id: UUID) -> HttpResponseBase:
        """Where a person signs in; what was allowed before, and what the server wants besides, is asked for."""
        service = queries.service_of(self.workspace, KIND, service_id)
        back, slug, caller = request.build_absolute_uri(reverse("mcp_sign_in_back")), self.workspace.slug, self.caller

        def work() -> HttpResponse:
            return JsonResponse({"url": sign_ins.begin(service, caller, back, slug)})

        return api_answer(self._actor(self.request), work)

    @extend_schema(operation_id="mcp_servers_sign_out", parameters=HEADER, responses={204: None, **errors(404)})
    def delete(self, request: Request, service_id: UUID) -> Response:
        """Give the tokens up."""
        sign_ins.forget(queries.service_of(self.workspace, KIND, service_id))
        return Response(status=204)


@extend_schema_view(get=extend_schema(operation_id="mcp_tools_list"))
class McpTools(tool_api.ToolsView):
    """The tools of an MCP server."""


@extend_schema_view(
    get=extend_schema(operation_id="mcp_tools_read"), patch=extend_schema(operation_id="mcp_tools_change")
)
class McpTool(tool_api.ToolView):
    """A tool of an MCP server."""


@extend_schema_view(post=extend_schema(operation_id="mcp_tools_accept"))
class McpToolAccept(tool_api.AcceptView):
    """Accepting what an MCP server changed."""


@extend_schema_view(post=extend_schema(operation_id="mcp_tools_try"))
class McpToolTry(tool_api.TryView):
    """Trying a tool of an MCP server."""
