"""REST: the members of a workspace."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.errors import NotAllowed
from automatos.rest_lists import choice, list_parameters, listing, page_of, searched
from workspaces.doors.endpoints import WorkspaceView, errors
from workspaces.members import queries, services
from workspaces.members.invitation_api import InvitationIn, Inviting, NewInvitationOut, RoleField
from workspaces.models import Membership, Role


class MemberOut(serializers.Serializer[Membership]):
    """A member. from_clerk: Clerk keeps the membership, so it changes there."""

    user_id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.display_name")
    role = serializers.ChoiceField(choices=Role.choices)
    from_clerk = serializers.BooleanField()
    joined_at = serializers.DateTimeField(source="created_at")


class RoleIn(InputSerializer):
    """Another role."""

    role = RoleField(help_text="Only owners make or change owners.")


class TransferIn(InputSerializer):
    """Who is to own the workspace."""

    user_id = serializers.UUIDField()


class MemberList(Inviting):
    """The workspace's members."""

    needs = {"GET": "members:read", "POST": "members:write"}

    @extend_schema(
        operation_id="members_list",
        parameters=list_parameters(filters={"role": Role.values}),
        responses={200: page_of(MemberOut), **errors(404)},
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Owners first, then by role and name."""
        rows = searched(queries.members_of(self.workspace), request, ["user__name", "user__email"])
        if role := choice(request, "role", Role.values):
            rows = rows.filter(role=role)
        return listing(request, rows, MemberOut)

    @extend_schema(
        operation_id="members_invite", request=InvitationIn, responses={202: NewInvitationOut, **errors(404, 409, 415)}
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Nobody becomes a member unasked: this sends an invitation, as POST …/invitations does."""
        return self.sent(self.invited(request), 202)


class MemberDetail(WorkspaceView):
    """One member."""

    needs = {"GET": "members:read", "PATCH": "members:write", "DELETE": "members:write"}

    @extend_schema(operation_id="members_retrieve", responses={200: MemberOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID, user_id: UUID) -> Response:
        """The member and their role."""
        return Response(MemberOut(queries.member(self.workspace, user_id)).data)

    @extend_schema(operation_id="members_update", request=RoleIn, responses={200: MemberOut, **errors(404, 409, 415)})
    def patch(self, request: Request, workspace_id: UUID, user_id: UUID) -> Response:
        """Another role. The last owner keeps theirs."""
        body = RoleIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.change_role(
            workspace=self.workspace, member_id=user_id, role=body.validated_data["role"], by=self.access.role
        )
        return Response(MemberOut(changed).data)

    @extend_schema(operation_id="members_remove", responses={204: None, **errors(404, 409)})
    def delete(self, request: Request, workspace_id: UUID, user_id: UUID) -> Response:
        """Out at once, with the keys they made here. The last owner stays."""
        services.remove_member(workspace=self.workspace, member_id=user_id, by=self.access.role)
        return Response(status=204)


class WorkspaceLeave(WorkspaceView):
    """The caller's own way out."""

    needs = {"POST": "workspace:leave"}

    @extend_schema(operation_id="workspaces_leave", request=None, responses={204: None, **errors(404, 409)})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """The caller is no member any more. The last owner stays."""
        if self.presented.bound_to:
            raise NotAllowed("An API key cannot leave for its person. Sign in to leave.")
        services.leave(workspace=self.workspace, user=self.caller)
        return Response(status=204)


class WorkspaceTransfer(WorkspaceView):
    """Handing the workspace over."""

    needs = {"POST": "workspace:transfer"}

    @extend_schema(
        operation_id="workspaces_transfer", request=TransferIn, responses={200: MemberOut, **errors(404, 409, 415)}
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """The member becomes an owner, the caller an admin; both stay."""
        body = TransferIn(data=request.data)
        body.is_valid(raise_exception=True)
        heir = services.transfer_ownership(
            workspace=self.workspace, owner=self.caller, member_id=body.validated_data["user_id"]
        )
        return Response(MemberOut(heir).data)
