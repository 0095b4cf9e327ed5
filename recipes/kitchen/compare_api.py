"""REST: two runs side by side."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import DiffLineOut
from recipes.kitchen.compare import Pair, compare
from recipes.runs.api import RUN
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

OTHER = OpenApiParameter("other_id", UUID, OpenApiParameter.PATH, description="The run to compare it with.")
STEP = OpenApiParameter("step", str, description="The path of the step whose outputs are compared.")


class FigureOut(serializers.Serializer[Any]):
    """A number of both runs, in words."""

    name = serializers.CharField()
    a = serializers.CharField()
    b = serializers.CharField()
    change = serializers.CharField()
    tone = serializers.CharField(help_text="better, worse, or empty for neither.")


class ChangeOut(serializers.Serializer[Any]):
    """What was asked differently."""

    what = serializers.CharField()
    a = serializers.CharField()
    b = serializers.CharField()


class SideOut(serializers.Serializer[Any]):
    """A step in one of the runs."""

    status = serializers.CharField()
    model = serializers.CharField()
    duration_ms = serializers.IntegerField(allow_null=True)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")


class StepPairOut(serializers.Serializer[Pair]):
    """A step of both runs, or of one."""

    path = serializers.CharField(source="key")
    name = serializers.CharField()
    output = serializers.CharField(help_text="same, differs, only in A, or only in B.")
    a = SideOut(allow_null=True)
    b = SideOut(allow_null=True)


class DiffOut(serializers.Serializer[Any]):
    """Run a, the older one, against run b."""

    a = serializers.UUIDField()
    b = serializers.UUIDField()
    title = serializers.CharField(help_text="What differs most, in a sentence.")
    figures = FigureOut(many=True)
    changes = ChangeOut(many=True)
    steps = StepPairOut(many=True)
    step = serializers.CharField(allow_null=True, help_text="The path of the step whose outputs the lines are of.")
    lines = DiffLineOut(many=True, help_text="None where the outputs are the same.")


class ExecutionDiff(WorkspaceView):
    """Two runs side by side."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="executions_diff",
        parameters=[WORKSPACE_HEADER, RUN, OTHER, STEP],
        responses={200: DiffOut, **errors(404)},
    )
    def get(self, request: Request, execution_id: UUID, other_id: UUID) -> Response:
        """Time, tokens, cost and quality, what was asked differently, and an output as lines."""
        found = compare(self.workspace, execution_id, other_id, request.query_params.get("step", ""))
        shown = {
            "a": found.a.pk,
            "b": found.b.pk,
            "title": found.title,
            "figures": found.figures,
            "changes": [{"what": what, "a": one, "b": two} for what, one, two in found.changes],
            "steps": found.pairs,
            "step": found.step.key if found.step else None,
            "lines": found.lines,
        }
        return Response(DiffOut(shown).data)
