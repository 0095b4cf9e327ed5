"""REST: when tools ask a person, and trying an action by hand."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of
from tools.app_calls import trial
from tools.app_calls.execution import AppCall
from tools.assignments import services
from tools.composio import queries
from tools.composio.waiting import api_answer
from tools.models import ToolPolicy
from tools.models.assignments import Level
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class ToolPolicyOut(serializers.Serializer[ToolPolicy]):
    """When a tool asks a person; what is not listed follows what stands above it."""

    app = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    name = serializers.CharField(help_text="The group or the action; empty for the whole app.")
    asks = serializers.ChoiceField(choices=ToolPolicy.Asks.choices)
    updated_at = serializers.DateTimeField()


class ToolPolicyIn(InputSerializer):
    """One policy; without asks it is taken away."""

    app = serializers.CharField(max_length=100)
    level = serializers.ChoiceField(choices=Level.choices)
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    asks = serializers.ChoiceField(choices=ToolPolicy.Asks.choices, required=False, allow_null=True)


class TryIn(InputSerializer):
    """The arguments to try it with."""

    arguments = serializers.DictField(required=False)
    agent_id = serializers.UUIDField(required=False, allow_null=True, help_text="As this agent; else as yourself.")
    dry_run = serializers.BooleanField(default=True, help_text="Ask every door, and send nothing.")


class DoorOut(serializers.Serializer[Any]):
    """What one of the doors says."""

    name = serializers.CharField()
    is_open = serializers.BooleanField()
    says = serializers.CharField()


class TryOut(serializers.Serializer[Any]):
    """What would happen, or what came back."""

    status = serializers.ChoiceField(choices=["open", "refused", "done", "failed", "uncertain"])
    doors = DoorOut(many=True)
    asks = serializers.CharField(help_text="When it asks a person, were an agent to call it.")
    content = serializers.CharField(help_text="What the model would be given.")


class ToolPolicies(WorkspaceView):
    """When tools ask a person."""

    needs = {"GET": "tools:read", "PUT": "tools:write"}

    @extend_schema(
        operation_id="tool_policies",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False, filters={"app": ()})],
        responses={200: page_of(ToolPolicyOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Those that were set here."""
        rows = ToolPolicy.objects.filter(workspace=self.workspace).order_by("app", "level", "name")
        if app := request.query_params.get("app"):
            rows = rows.filter(app=app)
        return listing(request, rows, ToolPolicyOut)

    @extend_schema(
        operation_id="tool_policies_change",
        parameters=[WORKSPACE_HEADER],
        request=ToolPolicyIn,
        responses={200: ToolPolicyIn, **errors(404, 415)},
    )
    def put(self, request: Request) -> Response:
        """Set one, or take it away."""
        body = ToolPolicyIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        services.set_policy(
            workspace=self.workspace,
            app=values["app"],
            place=(values["level"], values["name"]),
            asks=values.get("asks"),
            user=self.caller,
        )
        return Response({**values, "asks": values.get("asks")})


class TryAction(WorkspaceView):
    """Trying an action by hand."""

    needs = {"POST": "tools:run"}

    @extend_schema(
        operation_id="tools_try",
        parameters=[WORKSPACE_HEADER],
        request=TryIn,
        responses={200: TryOut, **errors(404, 409, 415, 502)},
    )
    def post(self, request: Request, app: str, action: str) -> HttpResponseBase:
        """What would happen; with `dry_run` false the call is made, and stands in the log under your name."""
        body = TryIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        row = queries.app_of(self.workspace, app)
        found = queries.action_of(row, action)
        arguments, agent_id = values.get("arguments", {}), values.get("agent_id")
        dry = trial.dry_run(self.workspace.pk, agent_id, row.slug, found.action, arguments)
        told = {"status": "open" if dry.is_open else "refused", "doors": dry.answers, "asks": dry.asks}
        if values["dry_run"]:
            return Response(TryOut({**told, "content": dry.reads}).data)
        call = AppCall(self.workspace.pk, agent_id, row.slug, found.action, arguments)
        user_id = self.caller.pk

        def work() -> HttpResponse:
            outcome = trial.run(call, user_id, found.parameters)
            status = trial.status_of(outcome) if dry.is_open else "refused"
            return JsonResponse(TryOut({**told, "status": status, "content": outcome.result.content}).data)

        return api_answer(self._actor(self.request), work)
