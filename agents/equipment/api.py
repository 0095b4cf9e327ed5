"""REST: what an agent has to work with, and what its model is told of it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries, services
from agents.equipment.context_queries import assembled_context
from agents.models import Agent
from agents.skills import queries as skills_queries
from agents.work import queries as work_queries
from agents.work.toolbox import toolbox_of
from automatos.api import InputSerializer
from automatos.llm.types import ToolSpec
from automatos.skill_format.skill import Brief
from marketplace.enabling import queries as plugin_queries
from marketplace.models import EnabledPlugin, VersionStatus
from marketplace.plugins.serializers import ContentsOut
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class SkillsIn(InputSerializer):
    """The skills an agent is to have, in their order."""

    skill_ids = serializers.ListField(child=serializers.UUIDField())


class ToolsIn(InputSerializer):
    """The built-in tools an agent is to have, in their order."""

    tool_ids = serializers.ListField(child=serializers.CharField(), help_text="As /api/tools lists them.")


class AgentSkillOut(serializers.Serializer[Any]):
    """A skill of an agent."""

    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="The name the model calls it by.")
    name = serializers.CharField()
    description = serializers.CharField()
    metadata_tokens = serializers.IntegerField(help_text="Estimated cost in every prompt.")
    body_tokens = serializers.IntegerField(help_text="Estimated cost when it is loaded.")


class AgentSkillsOut(serializers.Serializer[Any]):
    """The skills of an agent."""

    items = AgentSkillOut(many=True)
    total = serializers.IntegerField()


class AgentToolsOut(serializers.Serializer[Any]):
    """The tools of an agent. all_tools: with those that its skills bring."""

    tool_ids = serializers.ListField(child=serializers.CharField())
    all_tools = serializers.ListField(child=serializers.CharField())


class PluginsIn(InputSerializer):
    """The plugins an agent is to have, in their order."""

    plugin_ids = serializers.ListField(child=serializers.UUIDField())


class AgentPluginOut(serializers.Serializer[EnabledPlugin]):
    """A plugin of an agent, in the version the workspace has."""

    plugin_id = serializers.UUIDField()
    slug = serializers.CharField(source="plugin.slug")
    name = serializers.CharField(source="plugin.name")
    description = serializers.CharField(source="plugin.description")
    version = serializers.CharField(source="version.version")
    status = serializers.ChoiceField(
        source="version.status", choices=VersionStatus.choices, help_text="Only an approved one has any effect."
    )
    is_signed = serializers.SerializerMethodField()
    contents = ContentsOut(source="version.contents")
    token_estimate = serializers.IntegerField(source="version.token_estimate")

    def get_is_signed(self, row: EnabledPlugin) -> bool:
        """By a key of its publisher that is not revoked."""
        key = row.version.signed_by
        return key is not None and key.revoked_at is None


class AgentPluginsOut(serializers.Serializer[Any]):
    """The plugins of an agent."""

    items = AgentPluginOut(many=True)
    total = serializers.IntegerField()


class AgentPlugins(WorkspaceView):
    """An agent's plugins."""

    needs = {"GET": "agents:read", "PUT": "agents:write"}

    @extend_schema(
        operation_id="agents_plugins", parameters=[WORKSPACE_HEADER], responses={200: AgentPluginsOut, **errors(404)}
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """In its order, which is their priority."""
        return _plugins(queries.agent(workspace=self.workspace, agent_id=agent_id))

    @extend_schema(
        operation_id="agents_plugins_change",
        parameters=[WORKSPACE_HEADER],
        request=PluginsIn,
        responses={200: AgentPluginsOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Exactly these; 400 names each that is not enabled in the workspace."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = PluginsIn(data=request.data)
        body.is_valid(raise_exception=True)
        return _plugins(services.equip_agent(agent=agent, user=self.caller, **body.validated_data))


class AgentSkills(WorkspaceView):
    """An agent's skills."""

    needs = {"GET": "agents:read", "PUT": "agents:write"}

    @extend_schema(
        operation_id="agents_skills", parameters=[WORKSPACE_HEADER], responses={200: AgentSkillsOut, **errors(404)}
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """The skills it can use, in its order."""
        return _skills(queries.agent(workspace=self.workspace, agent_id=agent_id))

    @extend_schema(
        operation_id="agents_skills_change",
        parameters=[WORKSPACE_HEADER],
        request=SkillsIn,
        responses={200: AgentSkillsOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Exactly these; 400 names each that is not enabled in the workspace."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = SkillsIn(data=request.data)
        body.is_valid(raise_exception=True)
        return _skills(services.equip_agent(agent=agent, user=self.caller, **body.validated_data))


class AgentTools(WorkspaceView):
    """An agent's tools."""

    needs = {"GET": "agents:read", "PUT": "agents:write"}

    @extend_schema(
        operation_id="agents_tools", parameters=[WORKSPACE_HEADER], responses={200: AgentToolsOut, **errors(404)}
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """The tools chosen for it, and all it has."""
        return _tools(queries.agent(workspace=self.workspace, agent_id=agent_id))

    @extend_schema(
        operation_id="agents_tools_change",
        parameters=[WORKSPACE_HEADER],
        request=ToolsIn,
        responses={200: AgentToolsOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Exactly these; 400 names each that is no tool, with the nearest one."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = ToolsIn(data=request.data)
        body.is_valid(raise_exception=True)
        return _tools(services.equip_agent(agent=agent, user=self.caller, **body.validated_data))


class LoadedSkillOut(serializers.Serializer[Brief]):
    """A skill as the system prompt lists it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    summary = serializers.CharField()


class LoadedPluginOut(serializers.Serializer[Any]):
    """A plugin as the system prompt has it. in_full: its text fits the task, and is there whole."""

    plugin_id = serializers.UUIDField()
    slug = serializers.CharField()
    version = serializers.CharField()
    in_full = serializers.BooleanField()


class ToldToolOut(serializers.Serializer[ToolSpec]):
    """A tool as the model is told of it."""

    name = serializers.CharField()
    description = serializers.CharField()
    schema = serializers.DictField()


class AssembledOut(serializers.Serializer[Any]):
    """What the model is told before its task."""

    agent_id = serializers.UUIDField()
    model = serializers.CharField(help_text="provider:model")
    temperature = serializers.FloatField()
    system_prompt = serializers.CharField()
    persona = serializers.CharField(allow_null=True, help_text="The persona's slug.")
    plugins_loaded = LoadedPluginOut(many=True)
    skills_loaded = LoadedSkillOut(many=True)
    tools = ToldToolOut(many=True)
    token_estimate = serializers.IntegerField(help_text="Of the system prompt.")


class AssembledContext(WorkspaceView):
    """What an agent brings to a task."""

    needs = {"GET": "agents:read"}

    @extend_schema(
        operation_id="agents_assembled_context",
        parameters=[
            WORKSPACE_HEADER,
            OpenApiParameter("task", str, description="The task whose plugins' texts are chosen; empty: none."),
        ],
        responses={200: AssembledOut, **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Exactly what the runtime sends ahead of the prompt."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        return Response(AssembledOut(assembled_context(agent, request.query_params.get("task", ""))).data)


def _plugins(agent: Agent) -> Response:
    rows = plugin_queries.plugins_of(agent.workspace, agent.pk)
    return Response(AgentPluginsOut({"items": rows, "total": len(rows)}).data)


def _skills(agent: Agent) -> Response:
    rows = skills_queries.skills_of_agent(agent)
    return Response(AgentSkillsOut({"items": rows, "total": len(rows)}).data)


def _tools(agent: Agent) -> Response:
    every = list(toolbox_of(work_queries.spec_of(agent)))
    return Response(AgentToolsOut({"tool_ids": agent.tool_ids, "all_tools": every}).data)
