"""REST: the log of tools."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import InvalidInput
from automatos.rest_lists import choice, list_parameters, listing, page_of
from tools.logs import queries
from tools.models import ToolExecutionLog
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

# Given as they are; a run by its id, an agent by the name it has in the log.
NARROWING = ("tool", "app", "agent", "run")
SOURCES, STATUSES = ToolExecutionLog.Source.values, ToolExecutionLog.Status.values


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


class ToolLogOut(serializers.Serializer[ToolExecutionLog]):
    """One call of a tool."""

    id = serializers.UUIDField()
    tool = serializers.CharField()
    source = serializers.ChoiceField(choices=ToolExecutionLog.Source.choices)  # type: ignore[assignment]  # only read by name
    app = serializers.CharField()
    status = serializers.ChoiceField(choices=ToolExecutionLog.Status.choices)
    is_dry_run = serializers.BooleanField()
    agent_id = serializers.UUIDField(allow_null=True)
    agent_name = serializers.CharField()
    execution_id = serializers.UUIDField(allow_null=True)
    call_id = serializers.UUIDField(allow_null=True, help_text="In the run's journal.")
    arguments = serializers.DictField(help_text="With secrets masked.")
    result = serializers.CharField(help_text="The beginning of what the model was given.")
    size = serializers.IntegerField(help_text="Characters of the whole result.")
    duration_ms = serializers.IntegerField(allow_null=True)
    cost = serializers.DecimalField(max_digits=14, decimal_places=8, help_text="US dollars.")
    remote_id = serializers.CharField(help_text="The other side's name for the call.")
    created_at = serializers.DateTimeField()


class ToolFiguresOut(serializers.Serializer[Any]):
    """What the calls of one tool came to in the last seven days."""

    tool = serializers.CharField(source="name")
    calls = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    refused = serializers.IntegerField()
    uncertain = serializers.IntegerField()
    typical_ms = serializers.FloatField(source="typical", allow_null=True)
    slow_ms = serializers.FloatField(source="slow", allow_null=True, help_text="95 of 100 calls took no longer.")
    cost = serializers.DecimalField(max_digits=14, decimal_places=8)


class ToolFiguresListOut(serializers.Serializer[Any]):
    """The tools called most."""

    items = ToolFiguresOut(many=True)
    total = serializers.IntegerField()


class ToolLogs(WorkspaceView):
    """Calls of tools."""

    needs = {"GET": "tools:read"}

    @extend_schema(
        operation_id="tool_logs",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(filters=dict.fromkeys(NARROWING, ()) | {"source": SOURCES, "status": STATUSES}),
        ],
        responses={200: page_of(ToolLogOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first; `search` looks at tools, apps, arguments and results. agent: a name; run: its id."""
        wanted = {
            "q": request.query_params.get("search", ""),
            "source": choice(request, "source", SOURCES),
            "status": choice(request, "status", STATUSES),
            **{name: request.query_params.get(name, "").replace("\x00", "") for name in NARROWING},
        }
        if wanted["run"] and not _is_uuid(wanted["run"]):
            text = "This is no id of a run, which is a UUID."
            raise InvalidInput(text, fields={"run": [text]})
        return listing(request, queries.log_of(self.workspace, wanted), ToolLogOut)


class ToolLog(WorkspaceView):
    """One call of a tool."""

    needs = {"GET": "tools:read"}

    @extend_schema(
        operation_id="tool_logs_read", parameters=[WORKSPACE_HEADER], responses={200: ToolLogOut, **errors(404)}
    )
    def get(self, request: Request, log_id: UUID) -> Response:
        """As the log has it: its arguments, and the beginning of what came back."""
        return Response(ToolLogOut(queries.call_of(self.workspace, log_id)).data)


class ToolFigures(WorkspaceView):
    """What calls came to."""

    needs = {"GET": "tools:read"}

    @extend_schema(
        operation_id="tool_logs_by_tool",
        parameters=[WORKSPACE_HEADER],
        responses={200: ToolFiguresListOut, **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """By tool, those called most in the last seven days."""
        rows = queries.by_tool(self.workspace, 100)
        return Response(ToolFiguresListOut({"items": rows, "total": len(rows)}).data)
