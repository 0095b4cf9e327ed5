"""REST: personas, and the one an agent wears."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries, services
from agents.models import Agent, Persona
from agents.personas import queries as personas_queries
from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, ordered, page_of, searched
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class PersonaOut(serializers.Serializer[Persona]):
    """A persona."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    system_prompt = serializers.CharField()
    voice_description = serializers.CharField()
    suggested_temperature = serializers.FloatField()
    suggested_models = serializers.ListField(child=serializers.CharField())
    scope = serializers.ChoiceField(choices=["global", "workspace"])


@extend_schema_field(OpenApiTypes.STR)
class PersonaField(serializers.Field[Any, Any, Any, Any]):
    """The id of a persona, or the slug of one that comes with the product, in any case."""

    default_error_messages = {"unknown": "There is no such persona. GET /api/personas lists those you can use."}

    def to_internal_value(self, data: Any) -> UUID:
        """The persona's id; whether the workspace may use it is for the service to say."""
        if not isinstance(data, str):
            self.fail("unknown")
        try:
            return UUID(data)
        except ValueError:
            found = Persona.objects.filter(workspace=None, deleted_at=None, slug=data.strip().lower()).first()
        if found is None:
            self.fail("unknown")
        return found.pk


class AgentPersonaIn(InputSerializer):
    """How the agent speaks."""

    shown_only = ("persona",)

    persona_id = PersonaField(required=False, allow_null=True)
    custom_prompt = serializers.CharField(required=False, allow_blank=True)


class AgentPersonaOut(serializers.Serializer[Agent]):
    """How an agent speaks."""

    persona_id = serializers.UUIDField(allow_null=True)
    persona = PersonaOut(allow_null=True)
    custom_prompt = serializers.CharField()


class AgentPersona(WorkspaceView):
    """An agent's persona and own instructions."""

    needs = {"GET": "agents:read", "PUT": "agents:write"}

    @extend_schema(
        operation_id="agents_persona", parameters=[WORKSPACE_HEADER], responses={200: AgentPersonaOut, **errors(404)}
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """The persona it wears, if any, and its own instructions."""
        return Response(AgentPersonaOut(queries.agent(workspace=self.workspace, agent_id=agent_id)).data)

    @extend_schema(
        operation_id="agents_persona_change",
        parameters=[WORKSPACE_HEADER],
        request=AgentPersonaIn,
        responses={200: AgentPersonaOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Another persona (null takes it off), other instructions; what is left out is emptied."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = AgentPersonaIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = {"persona_id": None, "custom_prompt": "", **body.validated_data}
        agent = services.lock_agent(agent)
        data = replace(services.as_input(agent), **values)
        services.update_agent(agent=agent, user=self.caller, data=data)
        return Response(AgentPersonaOut(queries.agent(workspace=self.workspace, agent_id=agent_id)).data)


class PersonaList(WorkspaceView):
    """Personas to put on."""

    needs = {"GET": "agents:read"}

    @extend_schema(
        operation_id="personas_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(orderings=("name", "category"), filters={"category": ()}),
        ],
        responses={200: page_of(PersonaOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The global personas and the workspace's own, by category and name."""
        rows = searched(personas_queries.personas_for(self.workspace), request, ["name", "description", "category"])
        if category := request.query_params.get("category"):
            rows = rows.filter(category__iexact=category)
        return listing(request, ordered(rows, request, ("name", "category")), PersonaOut)
