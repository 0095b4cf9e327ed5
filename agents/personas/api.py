"""REST: a workspace's own personas."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.personas import queries as personas_queries
from agents.personas import services
from agents.personas.agent_api import PersonaList, PersonaOut
from agents.personas.services import PersonaInput
from automatos.api import InputSerializer
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class PersonaIn(InputSerializer):
    """What is decided about a persona."""

    shown_only = ("id", "slug", "scope")

    name = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_blank=True)
    system_prompt = serializers.CharField(allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)
    voice_description = serializers.CharField(required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    suggested_temperature = serializers.FloatField(required=False, help_text="0 to 2.")
    suggested_models = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="provider:model each."
    )


class Personas(PersonaList):
    """Personas to put on, and a workspace's own ones."""

    needs = {"GET": "agents:read", "POST": "agents:write"}

    @extend_schema(
        operation_id="personas_create",
        parameters=[WORKSPACE_HEADER],
        request=PersonaIn,
        responses={201: PersonaOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A persona of this workspace."""
        body = PersonaIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.create_persona(workspace=self.workspace, data=PersonaInput(**body.validated_data))
        return Response(PersonaOut(made).data, status=201, headers={"Location": f"/api/personas/{made.pk}"})


class PersonaDetail(WorkspaceView):
    """One persona."""

    needs = {"GET": "agents:read", "PATCH": "agents:write", "DELETE": "agents:delete"}

    @extend_schema(
        operation_id="personas_get", parameters=[WORKSPACE_HEADER], responses={200: PersonaOut, **errors(404)}
    )
    def get(self, request: Request, persona_id: UUID) -> Response:
        """The persona, global or the workspace's own."""
        return Response(PersonaOut(personas_queries.persona_of(workspace=self.workspace, persona_id=persona_id)).data)

    @extend_schema(
        operation_id="personas_change",
        parameters=[WORKSPACE_HEADER],
        request=PersonaIn,
        responses={200: PersonaOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, persona_id: UUID) -> Response:
        """Only what is sent changes; 409 for a global persona."""
        persona = personas_queries.persona_of(workspace=self.workspace, persona_id=persona_id)
        body = PersonaIn(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        persona = services.lock_persona(persona)  # what is not sent stays as it is by now
        given = {name: getattr(persona, name) for name in services.NAMES}
        data = PersonaInput(**{**given, **body.validated_data})
        return Response(PersonaOut(services.update_persona(persona=persona, data=data)).data)

    @extend_schema(
        operation_id="personas_delete", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404, 409)}
    )
    def delete(self, request: Request, persona_id: UUID) -> Response:
        """Out of the choice; agents that wear it keep it. 409 for a global persona."""
        persona = personas_queries.persona_of(workspace=self.workspace, persona_id=persona_id)
        services.delete_persona(persona=persona)
        return Response(status=204)


class PersonaRestore(WorkspaceView):
    """A deleted persona."""

    needs = {"POST": "agents:delete"}

    @extend_schema(
        operation_id="personas_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: PersonaOut, **errors(404)},
    )
    def post(self, request: Request, persona_id: UUID) -> Response:
        """The persona back in the choice."""
        found = services.restore_persona(workspace=self.workspace, persona_id=persona_id)
        return Response(PersonaOut(found).data)


class PersonaDuplicate(WorkspaceView):
    """A copy of a persona."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="personas_duplicate",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={201: PersonaOut, **errors(404)},
    )
    def post(self, request: Request, persona_id: UUID) -> Response:
        """A copy of any persona, global or not, as the workspace's own."""
        found = personas_queries.persona_of(workspace=self.workspace, persona_id=persona_id)
        copy = services.duplicate_persona(workspace=self.workspace, persona=found)
        return Response(PersonaOut(copy).data, status=201, headers={"Location": f"/api/personas/{copy.pk}"})
