"""REST: the credentials of a workspace. What is secret goes in and never comes out."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import choice, list_parameters, listing, page_of, searched
from workspaces.credentials import queries, services
from workspaces.credentials.queries import is_testing
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.models import Credential, CredentialType


class CredentialFieldOut(serializers.Serializer[Any]):
    """A field of a type."""

    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField(
        default="text", help_text="text, secret, url, integer, choice or hosts (one host a line)"
    )
    help = serializers.CharField(default="")
    required = serializers.BooleanField(default=False)  # type: ignore[assignment]
    default = serializers.CharField(default="")
    choices = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), default=list, help_text="Value and label of each."
    )


class CredentialTypeOut(serializers.Serializer[CredentialType]):
    """A type of credentials and its fields."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    fields_ = CredentialFieldOut(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`fields` is a name the framework uses itself, so it is put in place here."""
        fields = super().get_fields()
        return {"fields" if name == "fields_" else name: field for name, field in fields.items()}


class CredentialTestOut(serializers.Serializer[Credential]):
    """The last test. ok is null before the first one, and when it could not be found out."""

    running = serializers.SerializerMethodField()
    at = serializers.DateTimeField(source="tested_at", allow_null=True)
    ok = serializers.BooleanField(source="test_ok", allow_null=True)
    message = serializers.CharField(source="test_message")
    models = serializers.ListField(
        child=serializers.CharField(), source="offered", help_text="What a model server of your own said it offers."
    )

    works = serializers.DictField(
        child=serializers.BooleanField(),
        source="test_works",
        help_text="What a model there did when it was tried: text, stream, tools, json, pictures, thinking.",
    )

    def get_running(self, row: Credential) -> bool:
        """Whether one is under way."""
        return is_testing(row)


class CredentialOut(serializers.Serializer[Credential]):
    """A credential without its secrets: of each, `hints` shows the last four characters, or nothing of a short one."""

    id = serializers.UUIDField()
    type = serializers.CharField(source="type_id")
    name = serializers.CharField()
    values = serializers.DictField(child=serializers.CharField(), help_text="The fields that are not secret.")
    hints = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text="By secret field.")
    created_by = serializers.EmailField(source="created_by.email", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    server = serializers.CharField(
        help_text="What stands in front of the models of a server of your own, as in server:model. Else empty."
    )
    test = CredentialTestOut(source="*")


FIELDS_HELP = "Text by field name, as the type lists them."


class CredentialIn(InputSerializer):
    """A new credential."""

    type = serializers.CharField(help_text="The slug of a type, as /api/credential-types lists them.")
    name = serializers.CharField(allow_blank=True)
    fields_ = serializers.DictField(
        child=serializers.CharField(allow_blank=True, allow_null=True, trim_whitespace=False),
        default=dict,
        help_text=FIELDS_HELP,
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`fields` under its own name."""
        fields = super().get_fields()
        return {"fields" if name == "fields_" else name: field for name, field in fields.items()}


class CredentialChange(CredentialIn):
    """What changes. A secret left out or empty stays; null empties a field."""

    type = None  # type: ignore[assignment]
    name = serializers.CharField(required=False, allow_blank=True)


class CredentialTypeList(WorkspaceView):
    """The types there are."""

    needs = {"GET": "credentials:read"}

    @extend_schema(
        operation_id="credential_types_list",
        parameters=[WORKSPACE_HEADER, *list_parameters()],
        responses={200: page_of(CredentialTypeOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Each with its fields."""
        rows = searched(queries.credential_types(), request, ["name", "slug", "description"])
        return listing(request, rows, CredentialTypeOut)


class CredentialList(WorkspaceView):
    """The workspace's credentials."""

    needs = {"GET": "credentials:read", "POST": "credentials:write"}

    @extend_schema(
        operation_id="credentials_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(filters={"type": ()})],
        responses={200: page_of(CredentialOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = searched(queries.credentials_of(self.workspace), request, ["name", "type__name"])
        known = queries.credential_types().values_list("slug", flat=True)
        if kind := choice(request, "type", known):
            rows = rows.filter(type_id=kind)
        return listing(request, rows, CredentialOut)

    @extend_schema(
        operation_id="credentials_create",
        parameters=[WORKSPACE_HEADER],
        request=CredentialIn,
        responses={201: CredentialOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new one; its secrets are sealed and never shown again."""
        body = CredentialIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        row = services.create(
            workspace=self.workspace,
            user=self.caller,
            type_slug=values["type"],
            name=values["name"],
            fields=values["fields"],
        )
        return Response(CredentialOut(row).data, status=201, headers={"Location": f"/api/credentials/{row.pk}"})


class CredentialDetail(WorkspaceView):
    """One credential."""

    needs = {"GET": "credentials:read", "PATCH": "credentials:write", "DELETE": "credentials:write"}

    @extend_schema(parameters=[WORKSPACE_HEADER], responses={200: CredentialOut, **errors(404)})
    def get(self, request: Request, credential_id: UUID) -> Response:
        """The credential without its secrets."""
        row = queries.credential(workspace=self.workspace, credential_id=credential_id)
        return Response(CredentialOut(row).data)

    @extend_schema(
        parameters=[WORKSPACE_HEADER],
        request=CredentialChange,
        responses={200: CredentialOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, credential_id: UUID) -> Response:
        """Only what is sent changes. A secret has to be sent again when it would go to another address."""
        body = CredentialChange(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.update(
            workspace_id=self.workspace.pk,
            credential_id=credential_id,
            name=body.validated_data.get("name"),
            fields=body.validated_data["fields"],
        )
        return Response(CredentialOut(row).data)

    @extend_schema(parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)})
    def delete(self, request: Request, credential_id: UUID) -> Response:
        """Out of use at once; for 30 days /restore brings it back."""
        services.delete(workspace_id=self.workspace.pk, credential_id=credential_id)
        return Response(status=204)


class CredentialTest(WorkspaceView):
    """Trying a credential where it belongs."""

    needs = {"POST": "credentials:write"}

    @extend_schema(
        operation_id="credentials_test",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={202: CredentialOut, **errors(404)},
    )
    def post(self, request: Request, credential_id: UUID) -> Response:
        """Starts a test, which takes ten seconds at most; the result then stands in `test` of the credential."""
        row = services.request_check(workspace_id=self.workspace.pk, credential_id=credential_id)
        return Response(CredentialOut(row).data, status=202)


class CredentialRestore(WorkspaceView):
    """Bringing a deleted credential back."""

    needs = {"POST": "credentials:write"}

    @extend_schema(
        operation_id="credentials_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: CredentialOut, **errors(404, 409)},
    )
    def post(self, request: Request, credential_id: UUID) -> Response:
        """In use again; 409 when another one has its name now."""
        row = services.restore(workspace_id=self.workspace.pk, credential_id=credential_id)
        return Response(CredentialOut(row).data)
