"""REST: a run gone through again from its record."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recipes.runs.api import RUN, RunView
from recipes.runs.replay_queries import MOST_SHOWN, replay
from workspaces.doors.endpoints import WORKSPACE_HEADER, errors


class DifferenceOut(serializers.Serializer[Any]):
    """Where the run does not come out the same."""

    execution_id = serializers.UUIDField(source="run", help_text="The run, or one inside of it.")
    step = serializers.CharField(help_text="The path of the step; empty for the run's own result.")
    what = serializers.CharField(help_text="prompt, calls, output, error or result.")
    at = serializers.IntegerField(help_text="The first byte that differs, counted from 0.")
    recorded = serializers.CharField(help_text="From that byte on, 200 bytes at most.")
    came = serializers.CharField(help_text="The same of what comes out now; for calls what cannot be answered.")


class ReplayOut(serializers.Serializer[Any]):
    """What came of it."""

    same = serializers.BooleanField(help_text="Whether every byte comes out as it was.")
    runs = serializers.IntegerField(help_text="The run, and those inside of it.")
    steps = serializers.IntegerField(help_text="Steps that were gone through.")
    calls = serializers.IntegerField(help_text="Calls that the record answered.")
    bytes = serializers.IntegerField(help_text="Bytes that were compared.")
    kept = serializers.DictField(
        child=serializers.CharField(), help_text="Steps that were left as they are recorded, by path, with the reason."
    )
    first = DifferenceOut(allow_null=True)
    differences = DifferenceOut(many=True, help_text=f"The first {MOST_SHOWN}.")


class ExecutionReplay(RunView):
    """Going through a run again."""

    needs = {"GET": "executions:read"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: ReplayOut, **errors(404, 409)})
    def get(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Every step once more, its calls answered by the record alone; nothing leaves the machine or is written."""
        found = replay(self.bare(execution_id, recipe_id))
        shown = {
            "same": not found.differences,
            "runs": found.runs,
            "steps": found.again,
            "calls": found.calls,
            "bytes": found.bytes,
            "kept": found.kept,
            "first": found.differences[0] if found.differences else None,
            "differences": found.differences[:MOST_SHOWN],
        }
        return Response(ReplayOut(shown).data)
