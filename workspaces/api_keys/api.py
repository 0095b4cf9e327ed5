"""REST: the API keys of a workspace."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from automatos.rest_lists import list_parameters, listing, page_of, searched
from workspaces import queries
from workspaces.api_keys import services
from workspaces.doors.endpoints import WorkspaceView, errors
from workspaces.models import ApiKey, Role
from workspaces.scope.permissions import lower

SEARCHED = ("name", "prefix", "user__email")


class ApiKeyOut(serializers.Serializer[ApiKey]):
    """An API key without its text."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    scopes = serializers.ListField(child=serializers.CharField())
    rate_limit = serializers.IntegerField(allow_null=True, help_text="Requests a minute; null: the installation's.")
    user = serializers.EmailField(source="user.email")
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True, help_text="The key it took over from.")
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewApiKeyOut(ApiKeyOut):
    """A new key. `key` is shown this once."""

    key = serializers.CharField()


class ApiKeyIn(InputSerializer):
    """A key that acts as the caller."""

    name = serializers.CharField(allow_blank=True)
    role = WordField(required=False, help_text="owner, admin, editor (the default) or viewer")
    scopes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The only actions it is good for, e.g. recipes:read."
    )
    rate_limit = serializers.IntegerField(
        required=False, allow_null=True, help_text="Requests a minute; null: the installation's."
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ApiKeyChange(InputSerializer):
    """What may be changed of a key; anything else takes a new one."""

    name = serializers.CharField(required=False, allow_blank=True)
    rate_limit = serializers.IntegerField(
        required=False, allow_null=True, help_text="Requests a minute; null: the installation's."
    )


class ApiKeyRotation(InputSerializer):
    """How long the old key goes on beside the new one."""

    overlap_hours = serializers.IntegerField(
        default=services.USUAL_OVERLAP, help_text=f"0 to {services.LONGEST_OVERLAP}; by default 24."
    )


class ApiKeyList(WorkspaceView):
    """The workspace's API keys."""

    needs = {"GET": "api_keys:read", "POST": "api_keys:write"}

    @extend_schema(
        operation_id="api_keys_list", parameters=list_parameters(), responses={200: page_of(ApiKeyOut), **errors(404)}
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Those not revoked, newest first."""
        return listing(request, searched(queries.api_keys_of(self.workspace), request, SEARCHED), ApiKeyOut)

    @extend_schema(operation_id="api_keys_create", request=ApiKeyIn, responses={201: NewApiKeyOut, **errors(404, 415)})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """A key with at most the caller's role; its text is shown in this answer only."""
        values = {"role": lower(Role.EDITOR, self.access.role), **_body(ApiKeyIn, request)}
        services.require_power(self.access, role=values["role"], scopes=values.get("scopes", ()))
        services.require_rate(self.presented, values.get("rate_limit"))
        key, plaintext = services.create_api_key(workspace=self.workspace, user=self.caller, **values)
        return _made(key, plaintext)


class ApiKeyDetail(WorkspaceView):
    """One API key."""

    needs = {"PATCH": "api_keys:write", "DELETE": "api_keys:write"}

    @extend_schema(operation_id="api_keys_change", request=ApiKeyChange, responses={200: ApiKeyOut, **errors(404, 415)})
    def patch(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """Another name or rate limit."""
        key = queries.api_key(workspace=self.workspace, key_id=key_id)
        changes = _body(ApiKeyChange, request)
        if "rate_limit" in changes:
            services.require_rate(self.presented, changes["rate_limit"])
        return Response(ApiKeyOut(services.change_api_key(key=key, **changes)).data)

    @extend_schema(operation_id="api_keys_revoke", responses={204: None, **errors(404)})
    def delete(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """The key opens nothing from now on."""
        services.revoke_api_key(key=queries.api_key(workspace=self.workspace, key_id=key_id))
        return Response(status=204)


class ApiKeyRotate(WorkspaceView):
    """Replacing a key without a gap."""

    needs = {"POST": "api_keys:write"}

    @extend_schema(
        operation_id="api_keys_rotate",
        request=ApiKeyRotation,
        responses={201: NewApiKeyOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """A key with the same rights that acts as the caller; the old one opens until the overlap is over."""
        hours = _body(ApiKeyRotation, request)["overlap_hours"]
        key = queries.api_key(workspace=self.workspace, key_id=key_id)
        services.require_rate(self.presented, key.rate_limit)
        fresh, plaintext = services.rotate_api_key(key=key, access=self.access, user=self.caller, overlap_hours=hours)
        return _made(fresh, plaintext)


def _body(shape: type[InputSerializer], request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _made(key: ApiKey, plaintext: str) -> Response:
    return Response({**ApiKeyOut(key).data, "key": plaintext}, status=201, headers={"Cache-Control": "no-store"})
