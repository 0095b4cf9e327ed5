"""REST: the name a workspace publishes under, and its keys."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from marketplace.models import PublisherKey
from marketplace.publishers import queries, services
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class PublisherKeyOut(serializers.Serializer[PublisherKey]):
    """A key the publisher signs with."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    public_key = serializers.CharField(help_text="32 bytes in Base64.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the key.")
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class PublisherOut(serializers.Serializer[Any]):
    """Under which name a workspace publishes. slug: null before it first did."""

    slug = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    website = serializers.CharField(allow_blank=True)
    is_public = serializers.BooleanField()
    is_verified = serializers.BooleanField()
    keys = PublisherKeyOut(many=True)


class PublisherChangeIn(InputSerializer):
    """What changes about it."""

    name = serializers.CharField(required=False)
    website = serializers.CharField(required=False, allow_blank=True)


class PublisherKeyIn(InputSerializer):
    """A public Ed25519 key, as PEM or as 32 bytes in Base64."""

    name = serializers.CharField()
    public_key = serializers.CharField()


class PublisherView(WorkspaceView):
    """What the views of a publisher share."""

    def answer(self) -> Response:
        """The publisher as it is now; the workspace's own name stands for one that is not there yet."""
        found = queries.publisher_of(self.workspace)
        shown: dict[str, Any] = {"slug": None, "name": self.workspace.name, "website": ""}
        shown |= {"is_public": False, "is_verified": False}
        if found is not None:
            shown = {name: getattr(found, name) for name in shown}
        return Response(PublisherOut({**shown, "keys": queries.keys_of(self.workspace)}).data)


class PublisherDetail(PublisherView):
    """The workspace's publisher."""

    needs = {"GET": "plugins:read", "PATCH": "plugins:submit"}

    @extend_schema(
        operation_id="publisher_read", parameters=[WORKSPACE_HEADER], responses={200: PublisherOut, **errors(404)}
    )
    def get(self, request: Request) -> Response:
        """With its keys."""
        return self.answer()

    @extend_schema(
        operation_id="publisher_change",
        parameters=[WORKSPACE_HEADER],
        request=PublisherChangeIn,
        responses={200: PublisherOut, **errors(404, 415)},
    )
    def patch(self, request: Request) -> Response:
        """Only what is sent changes."""
        body = PublisherChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.change_publisher(workspace=self.workspace, **body.validated_data)
        return self.answer()


class PublisherKeyList(WorkspaceView):
    """The keys a publisher signs with."""

    needs = {"POST": "plugins:submit"}

    @extend_schema(
        operation_id="publisher_keys_create",
        parameters=[WORKSPACE_HEADER],
        request=PublisherKeyIn,
        responses={201: PublisherKeyOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """Register a key. The private half never leaves its owner."""
        body = PublisherKeyIn(data=request.data)
        body.is_valid(raise_exception=True)
        key = services.add_key(workspace=self.workspace, user=self.caller, **body.validated_data)
        return Response(PublisherKeyOut(key).data, status=201)


class PublisherKeyDetail(WorkspaceView):
    """One key."""

    needs = {"DELETE": "plugins:submit"}

    @extend_schema(
        operation_id="publisher_keys_revoke", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, publisher_key_id: UUID) -> Response:
        """Revoke it: nothing can be signed with it from now on, and what was shows so."""
        services.revoke_key(workspace=self.workspace, key_id=publisher_key_id)
        return Response(status=204)
