"""REST: what one agent used in 30 days."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from recipes.crew.usage import AgentUsage, Spell, usage_of
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class AgentSpellOut(serializers.Serializer[Spell]):
    """One day (UTC), or all days together where day is null."""

    day = serializers.DateField(allow_null=True)
    runs = serializers.IntegerField()
    completed = serializers.IntegerField(help_text="Steps.")
    failed = serializers.IntegerField(help_text="Steps.")
    success = serializers.IntegerField(allow_null=True, help_text="Percent of the finished steps.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=20, decimal_places=8, help_text="US dollars.")
    is_estimated = serializers.BooleanField(help_text="Servers did not tell all tokens: these are about right.")
    p50 = serializers.FloatField(allow_null=True, help_text="Milliseconds of a completed step, the median.")
    p95 = serializers.FloatField(allow_null=True, help_text="Milliseconds that 95 of 100 stayed under.")


class AgentUsageOut(serializers.Serializer[AgentUsage]):
    """The last 30 days."""

    whole = AgentSpellOut()
    days = AgentSpellOut(many=True, help_text="Oldest first.")


class AgentUsageReport(WorkspaceView):
    """An agent's usage."""

    needs = {"GET": "usage:read"}

    @extend_schema(
        operation_id="agents_usage", parameters=[WORKSPACE_HEADER], responses={200: AgentUsageOut, **errors(404)}
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Counted now, from the steps themselves."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        shown: dict[str, Any] = AgentUsageOut(usage_of(agent)).data
        return Response(shown)
