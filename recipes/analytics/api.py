"""REST: what a workspace holds of its plan and what it used."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recipes.analytics.usage import Amount, Day, Share, Usage, usage
from workspaces.budgets.queries import UsageOfKind
from workspaces.doors.endpoints import WorkspaceView, errors
from workspaces.models import ModelUsage

COST = "US dollars."


def _cost() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=20, decimal_places=8, help_text=COST)


class UsageLimitOut(serializers.Serializer[Amount]):
    """How much of something is used; limit is null where the plan has none."""

    name = serializers.CharField(help_text="agents, recipes, concurrent_runs or storage_bytes")
    used = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)


class UsageDayOut(serializers.Serializer[Day]):
    """The runs started on one day (UTC)."""

    day = serializers.DateField()
    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    tokens = serializers.IntegerField()
    cost = _cost()
    is_estimated = serializers.BooleanField(help_text="Servers did not tell all tokens: these are about right.")


class UsageModelOut(serializers.Serializer[Share]):
    """What the steps on one model came to."""

    name = serializers.CharField()
    steps = serializers.IntegerField()
    tokens = serializers.IntegerField()
    cost = _cost()
    is_estimated = serializers.BooleanField(help_text="Servers did not tell all tokens: these are about right.")


class UsageAgentOut(UsageModelOut):
    """What the steps of one agent came to."""

    id = serializers.UUIDField()


class UsageOtherOut(serializers.Serializer[UsageOfKind]):
    """What calls of models outside of runs came to, by what they were for."""

    kind = serializers.ChoiceField(choices=ModelUsage.Kind.choices)
    calls = serializers.IntegerField()
    tokens = serializers.IntegerField()
    cost = _cost()
    is_estimated = serializers.BooleanField(help_text="Servers did not tell all tokens: these are about right.")


class UsageOut(serializers.Serializer[Usage]):
    """The limits of the plan, and the last 30 days."""

    plan = serializers.CharField()
    limits = UsageLimitOut(many=True)
    runs = serializers.IntegerField()
    tokens = serializers.IntegerField()
    cost = _cost()
    is_estimated = serializers.BooleanField(help_text="Servers did not tell all tokens: these are about right.")
    days = UsageDayOut(many=True, help_text="Oldest first.")
    agents = UsageAgentOut(many=True, help_text="The dearest first, at most 20.")
    models = UsageModelOut(many=True, help_text="The dearest first, at most 20.")
    others = UsageOtherOut(many=True, help_text="Outside of runs: trials, proposals, embedding, scans.")


class WorkspaceUsage(WorkspaceView):
    """The workspace's usage."""

    needs = {"GET": "usage:read"}

    @extend_schema(operation_id="workspaces_usage", responses={200: UsageOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Counted now, from the runs themselves."""
        shown: dict[str, Any] = UsageOut(usage(self.workspace)).data
        return Response(shown)
