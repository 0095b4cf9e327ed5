"""REST: who I am, and my workspaces."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from automatos.errors import NotAllowed
from automatos.rest_lists import choice, list_parameters, listing, page_of, searched
from workspaces import queries, services
from workspaces import services as workspaces_services
from workspaces.accounts.services import choose_time_zone, rename_person
from workspaces.doors.endpoints import SignedInView, WorkspaceView, errors
from workspaces.models import Membership, Role, Workspace
from workspaces.scope.permissions import Access
from workspaces.services import restore_workspace

STATES = ("active", "deleted")


class WorkspaceOut(serializers.Serializer[Access]):
    """A workspace, and what the caller is in it."""

    id = serializers.UUIDField(source="workspace.id")
    slug = serializers.CharField(source="workspace.slug")
    name = serializers.CharField(source="workspace.name")
    kind = serializers.ChoiceField(source="workspace.kind", choices=Workspace.Kind.choices)
    plan = serializers.ChoiceField(source="workspace.plan", choices=Workspace.Plan.choices)
    approval_policy = serializers.ChoiceField(
        source="workspace.approval_policy",
        choices=Workspace.ApprovalPolicy.choices,
        help_text="When a person is asked before an agent changes or sends something.",
    )
    role = serializers.ChoiceField(choices=Role.choices)
    created_at = serializers.DateTimeField(source="workspace.created_at")
    deleted_at = serializers.DateTimeField(source="workspace.deleted_at", allow_null=True)


class MeOut(serializers.Serializer[Any]):
    """The caller. An API key sees only its own workspace, with its own role."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    time_zone = serializers.CharField(help_text="In which pages show times; empty: that of the browser.")
    workspaces = WorkspaceOut(many=True)


class MeIn(InputSerializer):
    """What is left out stays."""

    name = serializers.CharField(required=False, allow_blank=True, help_text="Empty: the first part of the address.")
    time_zone = serializers.CharField(
        required=False, allow_blank=True, help_text="As Europe/Berlin; empty: the browser's."
    )


class WorkspaceIn(InputSerializer):
    """A new shared workspace."""

    name = serializers.CharField(allow_blank=True)


class WorkspaceChange(InputSerializer):
    """What is left out stays."""

    name = serializers.CharField(required=False, allow_blank=True)
    slug = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Its address. The one it had before goes on leading here; no other workspace may take it.",
    )
    approval_policy = WordField(required=False, help_text=", ".join(Workspace.ApprovalPolicy.values))


class _OwnWorkspaces(SignedInView):
    """Narrows the caller's memberships to the workspace of their key."""

    def _within_key(self, memberships: QuerySet[Membership]) -> QuerySet[Membership]:
        own = self.presented.bound_to
        return memberships.filter(workspace_id=own) if own else memberships

    def _show(self, memberships: Iterable[Membership]) -> list[Access]:
        presented = self.presented
        return [Access(member.workspace, Role(member.role)).narrowed(presented.role, ()) for member in memberships]


class Me(_OwnWorkspaces):
    """The caller."""

    @extend_schema(operation_id="me", responses={200: MeOut, **errors()})
    def get(self, request: Request) -> Response:
        """Who the credential belongs to, and where they may go."""
        return self._me()

    @extend_schema(operation_id="me_change", request=MeIn, responses={200: MeOut, **errors(415)})
    def patch(self, request: Request) -> Response:
        """Another name, as others see it, or another time zone. Not by an API key, which is bound to a workspace."""
        if self.presented.bound_to:
            raise NotAllowed("An API key does not change its person. Sign in.")
        body = MeIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if "name" in given:
            rename_person(user=self.caller, name=given["name"])
        if "time_zone" in given:
            choose_time_zone(user=self.caller, time_zone=given["time_zone"])
        return self._me()

    def _me(self) -> Response:
        user = self.caller
        workspaces = self._show(self._within_key(queries.memberships_of(user)))
        shape = {"id": user.pk, "email": user.email, "name": user.display_name, "time_zone": user.time_zone}
        return Response(MeOut({**shape, "workspaces": workspaces}).data)


class WorkspaceList(_OwnWorkspaces):
    """The caller's workspaces."""

    @extend_schema(
        operation_id="workspaces_list",
        parameters=list_parameters(filters={"state": STATES}),
        responses={200: page_of(WorkspaceOut), **errors()},
    )
    def get(self, request: Request) -> Response:
        """The personal one first, then by name. With state=deleted those that can still be brought back."""
        gone = choice(request, "state", STATES) == "deleted"
        rows = queries.deleted_memberships_of(self.caller) if gone else queries.memberships_of(self.caller)
        rows = self._within_key(searched(rows, request, ["workspace__name", "workspace__slug"]))
        return listing(request, rows, WorkspaceOut, prepare=self._show)

    @extend_schema(operation_id="workspaces_create", request=WorkspaceIn, responses={201: WorkspaceOut, **errors(415)})
    def post(self, request: Request) -> Response:
        """A shared workspace with the caller as its owner."""
        if self.presented.bound_to:
            raise NotAllowed("An API key is bound to its workspace. Sign in to create another one.")
        body = WorkspaceIn(data=request.data)
        body.is_valid(raise_exception=True)
        workspace = services.create_workspace(name=body.validated_data["name"], owner=self.caller)
        return Response(
            WorkspaceOut(Access(workspace, Role.OWNER)).data,
            status=201,
            headers={"Location": f"/api/workspaces/{workspace.pk}"},
        )


class WorkspaceDetail(WorkspaceView):
    """One workspace."""

    needs = {"GET": "workspace:read", "PATCH": "workspace:write", "DELETE": "workspace:delete"}

    @extend_schema(operation_id="workspaces_retrieve", responses={200: WorkspaceOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """The workspace and the caller's role in it."""
        return Response(WorkspaceOut(self.access).data)

    @extend_schema(
        operation_id="workspaces_update", request=WorkspaceChange, responses={200: WorkspaceOut, **errors(404, 415)}
    )
    def patch(self, request: Request, workspace_id: UUID) -> Response:
        """Another name, address or policy of approvals."""
        body = WorkspaceChange(data=request.data)
        body.is_valid(raise_exception=True)
        workspace = workspaces_services.update_workspace(workspace=self.workspace, **body.validated_data)
        return Response(WorkspaceOut(Access(workspace, self.access.role)).data)

    @extend_schema(operation_id="workspaces_delete", responses={204: None, **errors(404, 409)})
    def delete(self, request: Request, workspace_id: UUID) -> Response:
        """Out of everybody's sight, with all that is in it. For 30 days an owner can restore it."""
        workspaces_services.delete_workspace(workspace=self.workspace, user=self.caller)
        return Response(status=204)


class WorkspaceRestore(WorkspaceView):
    """The undo of DELETE /api/workspaces/{id}."""

    needs = {"POST": "workspace:delete"}
    deleted_too = True

    @extend_schema(operation_id="workspaces_restore", request=None, responses={200: WorkspaceOut, **errors(404)})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Back as it was, within 30 days; one that was not deleted stays as it is."""
        workspace = restore_workspace(workspace=self.workspace)
        return Response(WorkspaceOut(Access(workspace, self.access.role)).data)
