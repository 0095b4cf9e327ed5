"""REST: the API keys of a workspace."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.errors import NotAllowed, NotFound
from automatos.rest_lists import list_parameters, listing, page_of, searched
from workspaces import queries, services_keys
from workspaces.endpoints import WorkspaceView, errors
from workspaces.models import ApiKey, Role
from workspaces.permissions import lower


class ApiKeyOut(serializers.Serializer[ApiKey]):
    """An API key without its text."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    scopes = serializers.ListField(child=serializers.CharField())
    user = serializers.EmailField(source="user.email")
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewApiKeyOut(ApiKeyOut):
    """A new key. `key` is shown this once."""

    key = serializers.CharField()


class ApiKeyIn(InputSerializer):
    """A key that acts as the caller."""

    name = serializers.CharField(allow_blank=True)
    role = serializers.CharField(required=False, help_text="owner, admin, editor (the default) or viewer")
    scopes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The only actions it is good for, e.g. recipes:read."
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ApiKeyList(WorkspaceView):
    """The workspace's API keys."""

    needs = {"GET": "api_keys:read", "POST": "api_keys:write"}

    @extend_schema(
        operation_id="api_keys_list", parameters=list_parameters(), responses={200: page_of(ApiKeyOut), **errors(404)}
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Those not revoked, newest first."""
        rows = searched(queries.api_keys_of(self.workspace), request, ["name", "prefix", "user__email"])
        return listing(request, rows, ApiKeyOut)

    @extend_schema(operation_id="api_keys_create", request=ApiKeyIn, responses={201: NewApiKeyOut, **errors(404, 415)})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """A key with at most the caller's role; its text is shown in this answer only."""
        body = ApiKeyIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = {"role": lower(Role.EDITOR, self.access.role), **body.validated_data}
        if values["role"] in Role.values and lower(values["role"], self.access.role) != values["role"]:
            raise NotAllowed(f"Your role here is {self.access.role}; a key you make cannot do more.")
        if self.access.scopes and not set(values.get("scopes") or ["*"]) <= set(self.access.scopes):
            raise NotAllowed("This API key is limited to its scopes; a key it makes cannot do more.")
        key, plaintext = services_keys.create_api_key(workspace=self.workspace, user=self.caller, **values)
        return Response({**ApiKeyOut(key).data, "key": plaintext}, status=201)


class ApiKeyDetail(WorkspaceView):
    """One API key."""

    needs = {"DELETE": "api_keys:write"}

    @extend_schema(operation_id="api_keys_revoke", responses={204: None, **errors(404)})
    def delete(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """The key opens nothing from now on."""
        key = queries.api_keys_of(self.workspace).filter(pk=key_id).first()
        if key is None:
            raise NotFound()
        services_keys.revoke_api_key(key=key)
        return Response(status=204)
