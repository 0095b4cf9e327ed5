"""REST: invitations to a workspace, and accepting one."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.errors import NotAllowed
from automatos.rest_lists import list_parameters, listing, page_of, searched
from workspaces.api import WorkspaceOut
from workspaces.doors.endpoints import SignedInView, WorkspaceView, errors
from workspaces.members import invitation_mail, invitation_services, queries
from workspaces.members.invitation_states import State, state_of
from workspaces.models import Invitation, Role
from workspaces.scope.permissions import Access


class InvitationOut(serializers.Serializer[Invitation]):
    """An invitation without its link. sent_at: when the mail server took the message, if it did."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    state = serializers.SerializerMethodField()
    invited_by = serializers.EmailField(source="invited_by.email", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()

    def get_state(self, invitation: Invitation) -> State:
        """As of now."""
        return state_of(invitation)


class NewInvitationOut(InvitationOut):
    """An invitation with a fresh link, shown this once."""

    link = serializers.CharField()


@extend_schema_field(serializers.ChoiceField(choices=Role.choices))
class RoleField(serializers.CharField):
    """A role; the services say what is wrong with another word."""


class InvitationIn(InputSerializer):
    """Whom to invite, as what."""

    email = serializers.CharField(allow_blank=True)
    role = RoleField(required=False, help_text="By default editor. Only owners invite owners.")


class TokenIn(InputSerializer):
    """The last part of an invitation's link."""

    token = serializers.CharField(max_length=200)


class Inviting(WorkspaceView):
    """Makes an invitation and sends its link."""

    def invited(self, request: Request) -> tuple[Invitation, str]:
        """The invitation the body asks for, and its token."""
        body = InvitationIn(data=request.data)
        body.is_valid(raise_exception=True)
        wished: dict[str, Any] = {"role": Role.EDITOR, **body.validated_data}
        return invitation_services.invite(workspace=self.workspace, inviter=self.caller, by=self.access.role, **wished)

    def sent(self, made: tuple[Invitation, str], status: int) -> Response:
        """The answer, with the link, once the message went out or could not."""
        invitation, token = made
        link = invitation_mail.link_of(self.request, token)
        if invitation_mail.send(invitation, inviter=self.caller, link=link):
            invitation_services.note_sent(invitation=invitation)
        return Response({**InvitationOut(invitation).data, "link": link}, status=status)


class InvitationList(Inviting):
    """The workspace's invitations."""

    needs = {"GET": "members:read", "POST": "members:write"}

    @extend_schema(
        operation_id="invitations_list",
        parameters=list_parameters(),
        responses={200: page_of(InvitationOut), **errors(404)},
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Those neither accepted nor withdrawn, the newest first."""
        rows = searched(queries.open_invitations_of(self.workspace), request, ["email"])
        return listing(request, rows, InvitationOut)

    @extend_schema(
        operation_id="invitations_create",
        request=InvitationIn,
        responses={201: NewInvitationOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Sends the link; an open invitation for the address gets a new link and role. 409 for a member."""
        return self.sent(self.invited(request), 201)


class InvitationDetail(WorkspaceView):
    """One open invitation."""

    needs = {"GET": "members:read", "DELETE": "members:write"}

    @extend_schema(operation_id="invitations_retrieve", responses={200: InvitationOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID, invitation_id: UUID) -> Response:
        """The invitation, until it is accepted or withdrawn."""
        return Response(InvitationOut(queries.open_invitation(self.workspace, invitation_id)).data)

    @extend_schema(operation_id="invitations_revoke", responses={204: None, **errors(404)})
    def delete(self, request: Request, workspace_id: UUID, invitation_id: UUID) -> Response:
        """The link opens nothing from now on."""
        invitation = queries.open_invitation(self.workspace, invitation_id)
        invitation_services.revoke(invitation=invitation)
        return Response(status=204)


class InvitationResend(Inviting):
    """Sending an invitation again."""

    needs = {"POST": "members:write"}

    @extend_schema(operation_id="invitations_resend", request=None, responses={200: NewInvitationOut, **errors(404)})
    def post(self, request: Request, workspace_id: UUID, invitation_id: UUID) -> Response:
        """A new link, good for another 7 days; the old one opens nothing any more."""
        invitation = queries.open_invitation(self.workspace, invitation_id)
        made = invitation_services.resend(invitation=invitation, inviter=self.caller, by=self.access.role)
        return self.sent(made, 200)


class InvitationAccept(SignedInView):
    """Becoming a member by an invitation."""

    @extend_schema(
        operation_id="invitations_accept", request=TokenIn, responses={200: WorkspaceOut, **errors(404, 409, 415)}
    )
    def post(self, request: Request) -> Response:
        """The workspace, with the caller's role in it. The token is good once, and for one address."""
        if self.presented.bound_to:
            raise NotAllowed("An API key is bound to its workspace. Sign in to accept an invitation.")
        body = TokenIn(data=request.data)
        body.is_valid(raise_exception=True)
        member = invitation_services.accept(token=body.validated_data["token"], user=self.caller)
        return Response(WorkspaceOut(Access(member.workspace, Role(member.role))).data)
