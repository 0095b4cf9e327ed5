"""REST: agents as documents: export, import, duplicate."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from agents.api import AgentOut
from agents.copies import files, services
from agents.versions.document import document_of
from automatos.api import InputSerializer
from automatos.rest_lists import choice
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

AS = OpenApiParameter("as", str, enum=["json", "yaml"], description="By default json.")


class AgentExport(WorkspaceView):
    """An agent as a document."""

    needs = {"GET": "agents:read"}

    @extend_schema(
        operation_id="agents_export",
        parameters=[WORKSPACE_HEADER, AS],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "application/yaml"): str, **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID) -> Response | HttpResponse:
        """Everything a person decided about it; persona and skills by their slugs. No secrets are in it."""
        kind = choice(request, "as", files.TYPES) or "json"
        document = document_of(queries.agent(workspace=self.workspace, agent_id=agent_id))
        if kind == "json":
            return Response(document)
        return HttpResponse(files.written(document, kind), content_type=f"{files.TYPES[kind]}; charset=utf-8")


class AgentImportIn(InputSerializer):
    """A document that export wrote."""

    document = serializers.JSONField()
    leave_out_missing = serializers.BooleanField(
        required=False, default=False, help_text="Do without personas, tools and skills that are not here."
    )


class AgentImport(WorkspaceView):
    """Taking an agent in."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="agents_import",
        parameters=[WORKSPACE_HEADER],
        request=AgentImportIn,
        responses={201: AgentOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new, inactive agent; 400 with the code missing_parts names what this workspace does not have."""
        body = AgentImportIn(data=request.data)
        body.is_valid(raise_exception=True)
        agent = services.import_agent(
            workspace=self.workspace,
            user=self.caller,
            document=body.validated_data["document"],
            leave_out=body.validated_data["leave_out_missing"],
        )
        return Response(AgentOut(agent).data, status=201, headers={"Location": f"/api/agents/{agent.pk}"})


class AgentDuplicate(WorkspaceView):
    """Copying an agent."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="agents_duplicate",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={201: AgentOut, **errors(402, 404)},
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """A copy with the same settings, inactive."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        copy = services.duplicate_agent(agent=agent, user=self.caller)
        return Response(AgentOut(copy).data, status=201, headers={"Location": f"/api/agents/{copy.pk}"})
