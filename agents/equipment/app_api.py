"""REST: which apps an agent may use, and which of their actions."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from agents.models import Agent
from automatos.api import InputSerializer
from tools.assignments import services
from tools.assignments.lookup import switches_for_agent
from tools.assignments.switches import GROUPS
from tools.models.assignments import Level
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class AgentAppsIn(InputSerializer):
    """The apps an agent is to have."""

    apps = serializers.ListField(child=serializers.CharField(), help_text="Slugs, as /api/composio/apps lists them.")


class SwitchIn(InputSerializer):
    """One switch; without `allowed` it follows what stands above it."""

    app = serializers.CharField(max_length=100)
    level = serializers.ChoiceField(choices=Level.choices)
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    allowed = serializers.BooleanField(required=False, allow_null=True)


class AgentAppOut(serializers.Serializer[Any]):
    """An app of an agent. groups: whether each is on; actions: those set by themselves."""

    app = serializers.CharField()
    groups = serializers.DictField(child=serializers.BooleanField())
    actions = serializers.DictField(child=serializers.BooleanField())


class AgentAppsOut(serializers.Serializer[Any]):
    """All of them."""

    items = AgentAppOut(many=True)
    total = serializers.IntegerField()


class AgentApps(WorkspaceView):
    """An agent's apps."""

    needs = {"GET": "agents:read", "PUT": "agents:write", "PATCH": "agents:write"}

    @extend_schema(
        operation_id="agents_apps", parameters=[WORKSPACE_HEADER], responses={200: AgentAppsOut, **errors(404)}
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Those it may use, with what is on."""
        return self._apps(queries.agent(workspace=self.workspace, agent_id=agent_id))

    @extend_schema(
        operation_id="agents_apps_change",
        parameters=[WORKSPACE_HEADER],
        request=AgentAppsIn,
        responses={200: AgentAppsOut, **errors(404, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Exactly these; an app that goes takes its switches along. 400 names each app there is not."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = AgentAppsIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.assign_apps(workspace=self.workspace, agent_id=agent.pk, user=self.caller, **body.validated_data)
        return self._apps(agent)

    @extend_schema(
        operation_id="agents_apps_switch",
        parameters=[WORKSPACE_HEADER],
        request=SwitchIn,
        responses={200: AgentAppsOut, **errors(404, 415)},
    )
    def patch(self, request: Request, agent_id: UUID) -> Response:
        """Turn one app, group of actions or action on or off."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = SwitchIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        services.set_switch(
            workspace=self.workspace,
            agent_id=agent.pk,
            app=values["app"],
            place=(values["level"], values["name"]),
            allowed=values.get("allowed"),
            user=self.caller,
        )
        return self._apps(agent)

    def _apps(self, agent: Agent) -> Response:
        found = switches_for_agent(self.workspace.pk, agent.pk)
        items = [
            {
                "app": app,
                "groups": {group: own.group(group).is_on for group in GROUPS},
                "actions": {name: on for (level, name), on in own.rows.items() if level == Level.ACTION},
            }
            for app, own in found.items()
        ]
        return Response(AgentAppsOut({"items": items, "total": len(items)}).data)
