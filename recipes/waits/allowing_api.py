"""REST: what people allowed for the rest of a run."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recipes.runs.api import RUN, RunView
from recipes.waits.allowing import allowances_of, revoke
from workspaces.doors.endpoints import WORKSPACE_HEADER, errors

ALLOWANCE = OpenApiParameter("allowance_id", UUID, OpenApiParameter.PATH)


class AllowanceOut(serializers.Serializer[Any]):
    """A person's word for calls of one tool in the rest of a run."""

    id = serializers.UUIDField()
    what = serializers.CharField(help_text="Which calls it holds for: the tool, and whom or what it reaches.")
    allowed_at = serializers.DateTimeField()
    allowed_by = serializers.CharField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.CharField(allow_blank=True)
    used = serializers.IntegerField(help_text="Calls that were made under it.")
    is_open = serializers.BooleanField(help_text="Whether it holds for calls to come.")


class AllowancesOut(serializers.Serializer[Any]):
    """All of a run; there are never many."""

    items = AllowanceOut(many=True)


class RunAllowances(RunView):
    """What people allowed for the rest of a run."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="run_allowances",
        parameters=[WORKSPACE_HEADER, RUN],
        responses={200: AllowancesOut, **errors(404)},
    )
    def get(self, request: Request, execution_id: UUID) -> Response:
        """Those that hold first, then the newest."""
        run = self.bare(execution_id, None)
        return Response(AllowancesOut({"items": allowances_of(run)}).data)


class RunAllowance(RunView):
    """One of them."""

    needs = {"DELETE": "approvals:decide"}

    @extend_schema(
        operation_id="run_allowance_revoke",
        parameters=[WORKSPACE_HEADER, RUN, ALLOWANCE],
        responses={204: None, **errors(404, 409)},
    )
    def delete(self, request: Request, execution_id: UUID, allowance_id: UUID) -> Response:
        """Such calls are asked about again; 409 when it was taken back before or the run is over."""
        run = self.bare(execution_id, None)
        revoke(workspace=self.workspace, execution=run, allowance_id=allowance_id, user=self.caller)
        return Response(status=204)
