"""The tools' REST operations."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tools import queries
from tools.contract import Tool
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

EFFECTS = ("none", "reads", "writes", "outside")


class ToolOut(serializers.Serializer[Tool]):
    """A tool an agent may be given."""

    name = serializers.CharField(help_text="What a model calls it by.")
    title = serializers.CharField(help_text="What people call it.")
    description = serializers.CharField(help_text="What a model is told about it.")
    schema = serializers.DictField(help_text="JSON Schema 2020-12 of the arguments.")
    effects = serializers.ChoiceField(
        choices=EFFECTS,
        help_text="The most a call can do: nothing, read, change the workspace, or send something outside.",
    )


class ToolsOut(serializers.Serializer[Any]):
    """All of them."""

    items = ToolOut(many=True)
    total = serializers.IntegerField()


class ToolList(WorkspaceView):
    """Tools to give to agents."""

    needs = {"GET": "tools:read"}

    @extend_schema(operation_id="tools_list", parameters=[WORKSPACE_HEADER], responses={200: ToolsOut, **errors(404)})
    def get(self, request: Request) -> Response:
        """The built-in tools, each with its arguments' schema and what it can do."""
        tools = queries.built_in()
        return Response(ToolsOut({"items": tools, "total": len(tools)}).data)
