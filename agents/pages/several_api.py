"""REST: a status for several agents at once, and agents that were deleted."""

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import services
from agents.api import AgentOut
from agents.models import Agent
from agents.services import GIVEN, MOST_AT_ONCE
from automatos.api import InputSerializer, WordField
from automatos.checking import Problems
from automatos.errors import NotFound
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class SeveralStatusIn(InputSerializer):
    """Which agents, and what they are to become."""

    agent_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)
    status = WordField(help_text=", ".join(GIVEN))


class StayingOut(serializers.Serializer[Any]):
    """An agent that stays as it is."""

    agent_id = serializers.UUIDField()
    reason = serializers.CharField()


class SeveralStatusOut(serializers.Serializer[Any]):
    """What came of it."""

    changed = AgentOut(many=True)
    unchanged = StayingOut(many=True)


class AgentsStatus(WorkspaceView):
    """A status for several agents at once."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="agents_status_several",
        parameters=[WORKSPACE_HEADER],
        request=SeveralStatusIn,
        responses={200: SeveralStatusOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> Response:
        """Change those that may have the status; the others stay, each with the reason. 404 if one is unknown."""
        body = SeveralStatusIn(data=request.data)
        body.is_valid(raise_exception=True)
        ids, status = set(body.validated_data["agent_ids"]), body.validated_data["status"]
        problems = Problems()
        problems.choice("status", status, list(GIVEN))
        problems.raise_any()
        agents = services.hold_several(self.workspace, ids)
        if len(agents) < len(ids):
            raise NotFound()
        moving, staying = services.sort_by_move(agents, status)
        with transaction.atomic():
            changed = [services.change_status(agent=agent, user=self.caller, status=status) for agent in moving]
        left = [{"agent_id": agent.pk, "reason": why} for agent, why in staying]
        return Response(SeveralStatusOut({"changed": changed, "unchanged": left}).data)


class AgentRestore(WorkspaceView):
    """A deleted agent."""

    needs = {"POST": "agents:delete"}

    @extend_schema(
        operation_id="agents_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: AgentOut, **errors(402, 404)},
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """The agent back, under its slug or, when that was taken meanwhile, a new one."""
        found = Agent.objects.filter(workspace=self.workspace, pk=agent_id).first()
        if found is None:
            raise NotFound()
        return Response(AgentOut(services.restore_agent(agent=found, user=self.caller)).data)
