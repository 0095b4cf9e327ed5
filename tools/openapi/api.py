"""REST: services with an OpenAPI document, whose operations are tools."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from tools.composio.waiting import api_answer
from tools.models import RemoteService
from tools.openapi import services
from tools.openapi.fetching import fetch
from tools.remote import queries
from tools.remote_calls import tool_api
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

HEADER = [WORKSPACE_HEADER]
KIND = RemoteService.Kind.OPENAPI


class OpenApiToolsOut(serializers.Serializer[RemoteService]):
    """A service of the workspace, made of its document."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Stands before its operations' names.")
    title = serializers.CharField()
    version = serializers.CharField()
    url = serializers.CharField(help_text="Where the document was read; empty when it was sent.")
    base_url = serializers.CharField(help_text="Where requests go.")
    credential_id = serializers.UUIDField(allow_null=True)
    is_enabled = serializers.BooleanField()
    is_trusted = serializers.BooleanField(help_text="Its descriptions count as words of this workspace.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What of it cannot be used, and why.")
    tool_count = serializers.IntegerField()
    suspended_count = serializers.IntegerField(help_text="Operations that wait for a person.")
    agent_count = serializers.IntegerField()
    checked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class OpenApiToolsIn(InputSerializer):
    """A document, by its address or as text."""

    name = serializers.CharField(max_length=40, help_text="Small letters, digits and hyphens.")
    url = serializers.CharField(required=False, allow_blank=True, max_length=2000, help_text="Read when no document.")
    document = serializers.CharField(required=False, allow_blank=True, help_text="OpenAPI 3.0 or 3.1, JSON or YAML.")
    base_url = serializers.CharField(required=False, allow_blank=True, max_length=2000, help_text="Instead of its own.")
    credential_id = serializers.UUIDField(required=False, allow_null=True, help_text="Of an HTTP type; sent as header.")
    operations = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Names of those agents may be given; else all."
    )
    is_trusted = serializers.BooleanField(required=False)


class OpenApiToolsChange(InputSerializer):
    """What is to change; what is left out stays."""

    name = serializers.CharField(max_length=40, required=False)
    url = serializers.CharField(
        required=False, max_length=2000, help_text="A newer document is read when none is sent."
    )
    document = serializers.CharField(required=False, help_text="What differs from before waits to be accepted.")
    base_url = serializers.CharField(required=False, max_length=2000)
    credential_id = serializers.UUIDField(required=False, allow_null=True)
    operations = serializers.ListField(child=serializers.CharField(), required=False)
    is_enabled = serializers.BooleanField(required=False)
    is_trusted = serializers.BooleanField(required=False)


class OpenApiToolsList(WorkspaceView):
    """The workspace's services."""

    needs = {"GET": "tools:read", "POST": "services:write"}

    @extend_schema(
        operation_id="openapi_list",
        parameters=[*HEADER, *list_parameters()],
        responses={200: page_of(OpenApiToolsOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """By name; `search` looks at names, titles and addresses."""
        rows = searched(queries.services_of(self.workspace, KIND), request, ("name", "title", "base_url"))
        return listing(request, rows, OpenApiToolsOut)

    @extend_schema(
        operation_id="openapi_add",
        parameters=HEADER,
        request=OpenApiToolsIn,
        responses={201: OpenApiToolsOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Add a service. Only references inside the document are followed."""
        body = OpenApiToolsIn(data=request.data)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(body.validated_data)
        if values.get("document") or not values.get("url"):
            return Response(self._add(values), status=201)

        def work() -> HttpResponse:
            values["document"] = fetch(values["url"])
            with self.entered():
                return JsonResponse(self._add(values), status=201)

        return api_answer(self._actor(self.request), work)

    def _add(self, values: dict[str, Any]) -> Any:
        made = services.create_api(workspace=self.workspace, user=self.caller, data=values)
        return OpenApiToolsOut(queries.service_of(self.workspace, KIND, made.pk)).data


class OpenApiToolsDetail(WorkspaceView):
    """One service."""

    needs = {"GET": "tools:read", "PATCH": "services:write", "DELETE": "services:write"}

    @extend_schema(operation_id="openapi_read", parameters=HEADER, responses={200: OpenApiToolsOut, **errors(404)})
    def get(self, request: Request, service_id: UUID) -> Response:
        """As it is now."""
        return Response(OpenApiToolsOut(queries.service_of(self.workspace, KIND, service_id)).data)

    @extend_schema(
        operation_id="openapi_change",
        parameters=HEADER,
        request=OpenApiToolsChange,
        responses={200: OpenApiToolsOut, **errors(404, 415)},
    )
    def patch(self, request: Request, service_id: UUID) -> HttpResponseBase:
        """Change it, or send a newer document, or have it read at its address."""
        queries.service_of(self.workspace, KIND, service_id)
        body = OpenApiToolsChange(data=request.data)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(body.validated_data)
        if values.get("document") or not values.get("url"):
            return Response(self._change(service_id, values))

        def work() -> HttpResponse:
            values["document"] = fetch(values["url"])
            with self.entered():
                return JsonResponse(self._change(service_id, values))

        return api_answer(self._actor(self.request), work)

    def _change(self, service_id: UUID, values: dict[str, Any]) -> Any:
        service = queries.service_of(self.workspace, KIND, service_id)
        services.update_api(service=service, user=self.caller, data=values)
        return OpenApiToolsOut(queries.service_of(self.workspace, KIND, service_id)).data

    @extend_schema(operation_id="openapi_remove", parameters=HEADER, responses={204: None, **errors(404)})
    def delete(self, request: Request, service_id: UUID) -> Response:
        """Take it away with its operations, also from the agents that have them."""
        services.delete_api(service=queries.service_of(self.workspace, KIND, service_id))
        return Response(status=204)


@extend_schema_view(get=extend_schema(operation_id="openapi_tools_list"))
class OpenApiOperations(tool_api.ToolsView):
    """The operations of a service."""

    kind = KIND


@extend_schema_view(
    get=extend_schema(operation_id="openapi_tools_read"), patch=extend_schema(operation_id="openapi_tools_change")
)
class OpenApiOperation(tool_api.ToolView):
    """An operation of a service."""

    kind = KIND


@extend_schema_view(post=extend_schema(operation_id="openapi_tools_accept"))
class OpenApiAccept(tool_api.AcceptView):
    """Accepting what a newer document changed."""

    kind = KIND


@extend_schema_view(post=extend_schema(operation_id="openapi_tools_try"))
class OpenApiTry(tool_api.TryView):
    """Trying an operation of a service."""

    kind = KIND
