"""REST: agents."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries, services
from agents.equipment.services import fetch_plugins, plugin_ids_of, skill_ids_of
from agents.model_choice.catalogue import not_taken
from agents.model_choice.choice import EFFORTS, PROVIDERS, ModelInput
from agents.models import Agent, AgentModelConfig, AgentStatus, AgentType, Category
from agents.personas.agent_api import PersonaField
from agents.services import AgentInput
from agents.skills import queries as skills_queries
from automatos.api import InputSerializer, WordField
from automatos.rest_lists import choice, list_parameters, listing, ordered, page_of, searched
from workspaces.credentials.provider_keys import server_names
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.models import Workspace

ORDERINGS = ("name", "created_at", "updated_at", "status")
STATES = ("live", "deleted")


class ModelConfigIn(InputSerializer):
    """The model and its parameters. What the model does not take is kept, and not sent."""

    shown_only = ("not_taken",)

    provider = serializers.CharField(required=False, allow_blank=True, help_text="For example local or openai.")
    model_id = serializers.CharField(required=False, allow_blank=True)
    temperature = serializers.FloatField(required=False, help_text="0 to 2.")
    max_tokens = serializers.IntegerField(required=False)
    top_p = serializers.FloatField(required=False, help_text="0 to 1.")
    frequency_penalty = serializers.FloatField(required=False, help_text="-2 to 2.")
    presence_penalty = serializers.FloatField(required=False, help_text="-2 to 2.")
    fallback_model_id = serializers.CharField(required=False, allow_blank=True, help_text="provider:model")
    effort = serializers.CharField(required=False, allow_blank=True, help_text=f"{', '.join(EFFORTS)}, or empty.")
    response_schema = serializers.JSONField(
        required=False, allow_null=True, help_text="A JSON Schema of an object that every answer follows."
    )
    max_task_tokens = serializers.IntegerField(required=False, allow_null=True, help_text="In and out, for one task.")
    max_task_cost = serializers.DecimalField(
        max_digits=None, decimal_places=None, required=False, allow_null=True, help_text="US dollars for one task."
    )


class ModelConfigOut(serializers.Serializer[Any]):
    """The model an agent thinks with."""

    provider = serializers.CharField()
    model_id = serializers.CharField()
    temperature = serializers.FloatField()
    max_tokens = serializers.IntegerField()
    top_p = serializers.FloatField()
    frequency_penalty = serializers.FloatField()
    presence_penalty = serializers.FloatField()
    fallback_model_id = serializers.CharField()
    effort = serializers.CharField()
    response_schema = serializers.JSONField(allow_null=True)
    max_task_tokens = serializers.IntegerField(allow_null=True)
    max_task_cost = serializers.FloatField(allow_null=True, help_text="US dollars.")
    not_taken = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_not_taken(self, config: AgentModelConfig) -> dict[str, str]:
        """Parameters that this model does not take, each with the reason. They are kept and not sent."""
        return not_taken(config.model)


class AgentOut(serializers.Serializer[Agent]):
    """An agent."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.ChoiceField(choices=Category.choices)
    agent_type = serializers.ChoiceField(choices=AgentType.choices)
    tags = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=AgentStatus.choices)
    persona_id = serializers.UUIDField(allow_null=True)
    custom_prompt = serializers.CharField()
    agent_model_config = ModelConfigOut()
    tool_ids = serializers.ListField(child=serializers.CharField())
    skill_ids = serializers.SerializerMethodField()
    plugin_ids = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_skill_ids(self, agent: Agent) -> list[UUID]:
        """The skills it can use, in its order."""
        return skill_ids_of(agent)

    def get_plugin_ids(self, agent: Agent) -> list[UUID]:
        """Its plugins, in its order; a blocked one stays named and has no effect."""
        return plugin_ids_of(agent)


class AgentIn(InputSerializer):
    """What is decided about an agent. What is left out comes from the defaults."""

    shown_only: tuple[str, ...] = ("id", "slug", "version", "created_at", "updated_at")

    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)
    category = WordField(required=False, help_text=", ".join(Category.values))
    agent_type = WordField(
        required=False, help_text=f"By default what the category implies. {', '.join(AgentType.values)}"
    )
    tags = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    persona_id = PersonaField(required=False, allow_null=True)
    custom_prompt = serializers.CharField(required=False, allow_blank=True)
    agent_model_config = ModelConfigIn(required=False)
    tool_ids = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Names of built-in tools, as /api/tools lists them."
    )
    skill_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="Enabled skills of the workspace, in their order."
    )
    plugin_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="Enabled plugins of the workspace, in their order."
    )


class NewAgentIn(AgentIn):
    """A new agent, by default active."""

    status = WordField(required=False, help_text="draft, inactive or active")


class ChangedAgentIn(AgentIn):
    """An agent's new values. Its status changes at /status."""

    shown_only = (*AgentIn.shown_only, "status")

    version = serializers.IntegerField(
        required=False, help_text="The version the change was made from; 409 when it is not the newest any more."
    )


def _input(start: AgentInput | None, values: Mapping[str, Any], workspace: Workspace) -> AgentInput:
    """The values over those of `start`; a new category implies a new type unless one is given."""
    given = dict(values)
    model = given.pop("agent_model_config", None)
    if start is None:
        given = {"tool_ids": (), "skill_ids": (), "plugin_ids": (), **given}
        return AgentInput(**given, agent_model_config=ModelInput(**(model or {})))
    if model is not None:
        if model.get("model_id", "").partition(":")[0] in (*PROVIDERS, *server_names(workspace.pk, deleted=True)):
            model.setdefault("provider", "")  # the name carries another one
        elif model.get("provider", start.agent_model_config.provider) != start.agent_model_config.provider:
            model.setdefault("model_id", "")
        given["agent_model_config"] = replace(start.agent_model_config, **model)
    if "category" in given:
        given.setdefault("agent_type", None)
    return replace(start, **given)


class AgentList(WorkspaceView):
    """The workspace's agents."""

    needs = {"GET": "agents:read", "POST": "agents:write"}

    @extend_schema(
        operation_id="agents_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(
                orderings=ORDERINGS,
                filters={"status": AgentStatus.values, "category": Category.values, "state": STATES},
            ),
        ],
        responses={200: page_of(AgentOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Agents, by name unless ordered otherwise; `search` looks at name and description.

        With state=deleted those that can still be brought back.
        """
        gone = choice(request, "state", STATES) == "deleted"
        agents = queries.deleted_agents(self.workspace) if gone else queries.agents_of(self.workspace)
        agents = agents.prefetch_related(skills_queries.usable_skills())
        rows = searched(agents, request, ["name", "description"])
        if status := choice(request, "status", AgentStatus.values):
            rows = rows.filter(status=status)
        if category := choice(request, "category", Category.values):
            rows = rows.filter(category=category)
        return listing(request, ordered(rows, request, ORDERINGS), AgentOut, prepare=fetch_plugins)

    @extend_schema(
        operation_id="agents_create",
        parameters=[WORKSPACE_HEADER],
        request=NewAgentIn,
        responses={201: AgentOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new agent with its model, in one go or not at all."""
        body = NewAgentIn(data=request.data)
        body.is_valid(raise_exception=True)
        status = body.validated_data.pop("status", AgentStatus.ACTIVE)
        data = _input(None, body.validated_data, self.workspace)
        agent = services.create_agent(workspace=self.workspace, user=self.caller, data=data, status=status)
        return Response(AgentOut(agent).data, status=201, headers={"Location": f"/api/agents/{agent.pk}"})


class AgentDetail(WorkspaceView):
    """One agent."""

    needs = {"GET": "agents:read", "PUT": "agents:write", "PATCH": "agents:write", "DELETE": "agents:delete"}

    @extend_schema(parameters=[WORKSPACE_HEADER], responses={200: AgentOut, **errors(404)})
    def get(self, request: Request, agent_id: UUID) -> Response:
        """The agent."""
        return Response(AgentOut(queries.agent(workspace=self.workspace, agent_id=agent_id)).data)

    @extend_schema(
        parameters=[WORKSPACE_HEADER], request=ChangedAgentIn, responses={200: AgentOut, **errors(404, 409, 415)}
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Everything new; what is left out goes back to the defaults."""
        return self._change(request, agent_id, partial=False)

    @extend_schema(
        parameters=[WORKSPACE_HEADER], request=ChangedAgentIn, responses={200: AgentOut, **errors(404, 409, 415)}
    )
    def patch(self, request: Request, agent_id: UUID) -> Response:
        """Only what is sent changes."""
        return self._change(request, agent_id, partial=True)

    @extend_schema(parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)})
    def delete(self, request: Request, agent_id: UUID) -> Response:
        """Out of sight; past runs keep it."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        services.delete_agent(agent=agent, user=self.caller)
        return Response(status=204)

    def _change(self, request: Request, agent_id: UUID, *, partial: bool) -> Response:
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = ChangedAgentIn(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        version = values.pop("version", None)
        if partial:  # what is not sent stays as it is by now: two changes at once keep each other's fields
            agent = services.lock_agent(agent)
        data = _input(services.as_input(agent) if partial else None, values, self.workspace)
        changed = services.update_agent(agent=agent, user=self.caller, data=data, expected_version=version)
        return Response(AgentOut(changed).data)
