"""Reads: members and invitations of a workspace."""

from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from automatos.errors import NotFound
from workspaces.models import Invitation, Membership, Role, Workspace
from workspaces.scope.permissions import RANK


def members_of(workspace: Workspace) -> QuerySet[Membership]:
    """The workspace's members with their people: owners first, then by role and name."""
    ranks = [When(role=role, then=Value(rank)) for role, rank in RANK.items()]
    rows = Membership.objects.filter(workspace=workspace).select_related("user")
    return rows.annotate(rank=Case(*ranks, output_field=IntegerField())).order_by("-rank", "user__name", "user__email")


def member(workspace: Workspace, user_id: UUID) -> Membership:
    """One member; NotFound when they do not belong."""
    found = members_of(workspace).filter(user_id=user_id).first()
    if found is None:
        raise NotFound()
    return found


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody else owns the workspace."""
    owners = Membership.objects.filter(workspace_id=membership.workspace_id, role=Role.OWNER)
    return membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists()


def open_invitations_of(workspace: Workspace) -> QuerySet[Invitation]:
    """Those neither accepted nor withdrawn, the newest first. Expired ones are among them: they can be sent again."""
    rows = Invitation.objects.filter(workspace=workspace, accepted_at=None, revoked_at=None)
    return rows.select_related("workspace", "invited_by").order_by("-created_at", "pk")


def open_invitation(workspace: Workspace, invitation_id: UUID) -> Invitation:
    """One of them; NotFound when it is over."""
    found = open_invitations_of(workspace).filter(pk=invitation_id).first()
    if found is None:
        raise NotFound()
    return found
