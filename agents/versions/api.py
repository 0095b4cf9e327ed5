"""REST: an agent's history."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from agents.api import AgentOut
from agents.copies import services as copies_services
from agents.models import AgentVersion
from agents.versions.document import changed
from agents.versions.log import version_of, versions_of
from automatos.api import DiffLineOut, InputSerializer
from automatos.rest_lists import list_parameters, listing, number, page_of
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

HIGHEST = 2_147_483_647
COMPARE = OpenApiParameter(
    "compare", OpenApiTypes.INT, description="Another version: `changes` then says what differs from it."
)


class AgentVersionOut(serializers.Serializer[AgentVersion]):
    """An agent as one change left it."""

    version = serializers.IntegerField()
    note = serializers.CharField()
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    snapshot = serializers.DictField(help_text="The shape GET /api/agents/{id}/export gives.")


class AgentVersionDetailOut(AgentVersionOut):
    """A version, compared with another one where that was asked for."""

    changes = DiffLineOut(many=True, required=False)


class AgentVersions(WorkspaceView):
    """An agent's history."""

    needs = {"GET": "agents:read"}

    @extend_schema(
        operation_id="agents_versions",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(AgentVersionOut), **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Every version that was kept, newest first."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        return listing(request, versions_of(agent), AgentVersionOut)


class AgentVersionDetail(WorkspaceView):
    """One version of an agent."""

    needs = {"GET": "agents:read"}

    @extend_schema(
        operation_id="agents_version",
        parameters=[WORKSPACE_HEADER, COMPARE],
        responses={200: AgentVersionDetailOut, **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID, version: int) -> Response:
        """The whole agent as it was."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        shown = version_of(agent, version)
        body = dict(AgentVersionOut(shown).data)
        if other := number(request, "compare", 0, low=1, high=HIGHEST):
            lines = changed(version_of(agent, other).snapshot, shown.snapshot)
            body["changes"] = DiffLineOut(lines, many=True).data
        return Response(body)


class RestoreIn(InputSerializer):
    """How sure the caller is of what is there now."""

    version = serializers.IntegerField(
        required=False, help_text="The version you saw as the newest; 409 when it is not any more."
    )


class AgentVersionRestore(WorkspaceView):
    """Bringing a version back."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="agents_version_restore",
        parameters=[WORKSPACE_HEADER],
        request=RestoreIn,
        responses={200: AgentOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, agent_id: UUID, version: int) -> Response:
        """The agent as it was then, as its next version; nothing of its history is lost."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = RestoreIn(data=request.data)
        body.is_valid(raise_exception=True)
        saved = copies_services.restore_version(
            agent=agent, version=version, user=self.caller, expected_version=body.validated_data.get("version")
        )
        return Response(AgentOut(saved).data)
