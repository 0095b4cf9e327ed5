"""REST: an agent's status, which touches the runs it works for."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from agents.api import AgentOut
from agents.models import Agent, AgentStatus
from automatos.api import InputSerializer, WordField
from recipes.crew import services
from recipes.crew.services import StopMode
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class StatusIn(InputSerializer):
    """Where the agent goes, and what becomes of the work it has."""

    status = WordField(help_text=", ".join(AgentStatus.values))
    mode = WordField(
        required=False,
        help_text="graceful (the default): finish the current step. immediate: abort it. "
        "scheduled: stay active until the live runs that need it are over, and take no new ones.",
    )


class AgentStatusOut(AgentOut):
    """An agent; pending_status is what it becomes once its live runs are over, else empty."""

    pending_status = serializers.CharField()


class ImpactRunOut(serializers.Serializer[Any]):
    """A live run."""

    execution_id = serializers.UUIDField(source="id")
    recipe_name = serializers.CharField()
    status = serializers.CharField()


class ImpactRecipeOut(serializers.Serializer[Any]):
    """A recipe that names the agent."""

    template_id = serializers.CharField()
    name = serializers.CharField()
    steps = serializers.IntegerField()


class StatusImpactOut(serializers.Serializer[Any]):
    """What a stop would touch."""

    status = serializers.ChoiceField(choices=AgentStatus.choices)
    pending_status = serializers.CharField()
    moves = serializers.ListField(child=serializers.CharField(), help_text="What the agent may become now.")
    modes = serializers.ListField(child=serializers.ChoiceField(choices=StopMode.choices))
    steps_cooking = serializers.IntegerField()
    live_runs = serializers.IntegerField()
    runs = ImpactRunOut(many=True, help_text="The newest 20 of them.")
    recipes = ImpactRecipeOut(many=True)


class AgentStatusChange(WorkspaceView):
    """Moves between an agent's states."""

    needs = {"GET": "agents:read", "POST": "agents:write"}

    @extend_schema(
        operation_id="agents_status_impact",
        parameters=[WORKSPACE_HEADER],
        responses={200: StatusImpactOut, **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Its status, its moves, and what a stop would touch: live runs, recipes that name it."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        return Response(StatusImpactOut(_touched(agent)).data)

    @extend_schema(
        operation_id="agents_status",
        parameters=[WORKSPACE_HEADER],
        request=StatusIn,
        responses={200: AgentStatusOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """The agent in its new status; 409 names the moves there are."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = StatusIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.change_status(agent=agent, user=self.caller, **body.validated_data)
        return Response(AgentStatusOut(changed).data)


def _touched(agent: Agent) -> dict[str, Any]:
    touched = services.impact(agent)
    return {
        "status": agent.status,
        "pending_status": agent.pending_status,
        "moves": services.moves(agent),
        "modes": StopMode.values,
        "steps_cooking": touched.cooking,
        "live_runs": touched.run_count,
        "runs": touched.runs,
        "recipes": [
            {"template_id": template_id, "name": name, "steps": steps} for template_id, name, steps in touched.recipes
        ],
    }
