"""REST: which tools of MCP servers and APIs an agent may use."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from agents.models import Agent
from automatos.api import InputSerializer
from tools.models import RemoteTool
from tools.remote import queries as remote_queries
from tools.remote.services import assign_tools
from tools.remote_calls.source import name_for
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class AgentRemoteToolsIn(InputSerializer):
    """The tools an agent is to have."""

    tool_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="As /api/mcp-servers/{id}/tools lists them."
    )


class AgentRemoteToolOut(serializers.Serializer[RemoteTool]):
    """A tool of an agent."""

    id = serializers.UUIDField()
    service = serializers.CharField(source="service.name")
    kind = serializers.CharField(source="service.kind")
    name = serializers.CharField()
    called = serializers.SerializerMethodField(help_text="What the model calls it by.")
    is_usable = serializers.BooleanField(help_text="False while it waits for a person, is gone or switched off.")

    def get_called(self, tool: RemoteTool) -> str:
        """Its name with its service's in front."""
        return name_for(tool.service.name, tool.name)


class AgentRemoteToolsOut(serializers.Serializer[Any]):
    """All of them."""

    items = AgentRemoteToolOut(many=True)
    total = serializers.IntegerField()


class AgentRemoteTools(WorkspaceView):
    """An agent's tools of servers and APIs."""

    needs = {"GET": "agents:read", "PUT": "agents:write"}

    @extend_schema(
        operation_id="agents_remote_tools",
        parameters=[WORKSPACE_HEADER],
        responses={200: AgentRemoteToolsOut, **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Those it may use."""
        return self._tools(queries.agent(workspace=self.workspace, agent_id=agent_id))

    @extend_schema(
        operation_id="agents_remote_tools_change",
        parameters=[WORKSPACE_HEADER],
        request=AgentRemoteToolsIn,
        responses={200: AgentRemoteToolsOut, **errors(404, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Exactly these. 400 names each tool there is not."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = AgentRemoteToolsIn(data=request.data)
        body.is_valid(raise_exception=True)
        assign_tools(workspace=self.workspace, agent_id=agent.pk, user=self.caller, **body.validated_data)
        return self._tools(agent)

    def _tools(self, agent: Agent) -> Response:
        rows = list(remote_queries.tools_of_agent(self.workspace, agent.pk))
        return Response(AgentRemoteToolsOut({"items": rows, "total": len(rows)}).data)
