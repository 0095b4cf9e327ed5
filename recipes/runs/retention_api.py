"""REST: how long a workspace keeps its runs."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from recipes.runs.retention import DAYS, days_of, past
from recipes.runs.retention_services import set_retention
from workspaces.doors.endpoints import WorkspaceView, errors
from workspaces.models import Workspace


class RetentionIn(InputSerializer):
    """How long runs are kept."""

    shown_only = ("runs_past",)

    keep_runs_days = serializers.IntegerField(allow_null=True, help_text=DAYS)


class RetentionOut(serializers.Serializer[Any]):
    """How long runs are kept, and what that means."""

    keep_runs_days = serializers.IntegerField(allow_null=True, help_text=DAYS)
    runs_past = serializers.IntegerField(help_text="Runs that are older, and go within the next hour or so.")


class WorkspaceRetention(WorkspaceView):
    """The workspace's runs and time."""

    needs = {"GET": "workspace:read", "PUT": "workspace:write"}

    @extend_schema(
        operation_id="workspaces_retention",
        parameters=[OpenApiParameter("days", int, description="Count as if so many days were set.")],
        responses={200: RetentionOut, **errors(404)},
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """What is set; with `days`, how many runs would go if that were set."""
        asked = days_of(request.query_params.get("days", ""))
        return Response(_shown(self.workspace, self.workspace.keep_runs_days if asked is None else asked))

    @extend_schema(
        operation_id="workspaces_retention_set", request=RetentionIn, responses={200: RetentionOut, **errors(404, 415)}
    )
    def put(self, request: Request, workspace_id: UUID) -> Response:
        """Runs that are older go for good, with their files; never one under way. Totals of agents stay."""
        body = RetentionIn(data=request.data)
        body.is_valid(raise_exception=True)
        found = set_retention(workspace=self.workspace, days=body.validated_data["keep_runs_days"])
        return Response(_shown(found, found.keep_runs_days))


def _shown(workspace: Workspace, days: int | None) -> dict[str, Any]:
    number = 0 if days is None else past(workspace.pk, days).count()
    return dict(RetentionOut({"keep_runs_days": days, "runs_past": number}).data)
