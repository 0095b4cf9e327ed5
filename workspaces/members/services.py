"""Changes: who belongs to a workspace, and as what. The workspace's row is locked, so that two changes take turns."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from automatos import events
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workspaces.audit import log as audit
from workspaces.models import ApiKey, Invitation, Membership, Role, User, Workspace
from workspaces.scope.permissions import RANK

LAST_OWNER = "last_owner"


def change_role(*, workspace: Workspace, member_id: UUID, role: str, by: Role) -> Membership:
    """The member with another role. by: the role of whoever changes it; only owners make or touch owners."""
    problems = Problems()
    problems.choice("role", role, Role.values)
    problems.raise_any()
    with transaction.atomic():
        member = _locked_member(workspace, member_id)
        before, after = Role(member.role), Role(role)
        if before == after:
            return member
        check_may_give(by, before, after)
        _refuse_clerks(member, after)
        if before == Role.OWNER:
            _refuse_last_owner(member, "Make someone else an owner first; then this role can change.")
        member.role = after
        member.save(update_fields=["role"])
        if RANK[after] < RANK[Role.ADMIN]:
            withdraw_invitations(member)
        record_member("member.role_changed", member, before={"role": before}, after={"role": after})
    return member


def remove_member(*, workspace: Workspace, member_id: UUID, by: Role) -> Membership:
    """The member is out at once: their keys of this workspace and the invitations they sent are ended with it."""
    with transaction.atomic():
        member = _locked_member(workspace, member_id)
        check_may_give(by, Role(member.role))
        _refuse_clerks(member, None)
        if member.role == Role.OWNER:
            _refuse_last_owner(member, "Make someone else an owner first, or delete the workspace.")
        end_membership(member, "member.removed")
    return member


def leave(*, workspace: Workspace, user: User) -> None:
    """The person's own way out. Conflict for the last owner, and for whoever Clerk would bring back."""
    with transaction.atomic():
        member = _locked_member(workspace, user.pk)
        _refuse_clerks(member, None)
        if member.role == Role.OWNER:
            _refuse_last_owner(member, "Make someone else an owner first, or delete the workspace.")
        end_membership(member, "member.left")


def transfer_ownership(*, workspace: Workspace, owner: User, member_id: UUID) -> Membership:
    """The member is an owner now, and the owner an admin; both stay. The new owner's membership."""
    with transaction.atomic():
        heir = _locked_member(workspace, member_id)
        giver = _member(workspace, owner.pk)
        if heir.user_id == giver.user_id:
            text = "You own it already. Choose another member."
            raise InvalidInput(f"user_id: {text}", fields={"user_id": [text]})
        if giver.role != Role.OWNER:
            raise NotAllowed("Only an owner can hand a workspace over.")
        _refuse_clerks(heir, Role.OWNER)
        before = {"owner": giver.user.email, "role": heir.role}
        heir.role, giver.role = Role.OWNER, Role.ADMIN
        heir.save(update_fields=["role"])
        giver.save(update_fields=["role"])
        record_member(
            "workspace.transferred", heir, before=before, after={"owner": heir.user.email, "role": Role.OWNER}
        )
    return heir


def check_may_give(by: Role, *roles: Role) -> None:
    """Pass when somebody of the role `by` may turn one of these roles into the next; NotAllowed for an owner's."""
    if Role.OWNER in roles and by != Role.OWNER:
        raise NotAllowed("Only owners can make, change or remove owners. Ask an owner of the workspace.")


def _locked_member(workspace: Workspace, user_id: UUID) -> Membership:
    if not Workspace.objects.select_for_update().filter(pk=workspace.pk, deleted_at=None).exists():
        raise NotFound()
    return _member(workspace, user_id)


def _member(workspace: Workspace, user_id: UUID) -> Membership:
    rows = Membership.objects.filter(workspace=workspace, user_id=user_id).select_related("user", "workspace")
    member = rows.first()
    if member is None:
        raise NotFound()
    return member


def _refuse_last_owner(member: Membership, cure: str) -> None:
    others = Membership.objects.filter(workspace_id=member.workspace_id, role=Role.OWNER).exclude(pk=member.pk)
    if not others.exists():
        raise Conflict(f"{member.user.display_name} is the last owner. {cure}", code=LAST_OWNER)


def _refuse_clerks(member: Membership, wished: Role | None) -> None:
    """Clerk would undo the change when it next tells of the member; ownership, which it does not know, is ours."""
    if not member.from_clerk or not settings.CLERK.on:
        return
    if wished is None or {Role(member.role), wished} != {Role.ADMIN, Role.OWNER}:
        raise Conflict(
            f"Clerk keeps the membership of {member.user.display_name}. Change it in the organisation at Clerk.",
            code="kept_by_clerk",
        )


def end_membership(member: Membership, action: str) -> None:
    """The member is out, with their keys and the invitations they sent. action: what the audit log calls it."""
    now = timezone.now()
    ApiKey.objects.filter(workspace_id=member.workspace_id, user_id=member.user_id, revoked_at=None).update(
        revoked_at=now
    )
    withdraw_invitations(member)
    Membership.objects.filter(pk=member.pk).delete()
    events.access_changed_on_commit(member.workspace_id)
    record_member(action, member, before={"role": member.role})


def withdraw_invitations(member: Membership) -> None:
    """End the invitations they sent, or they could open the door to themselves again."""
    sent = Invitation.objects.filter(workspace_id=member.workspace_id, invited_by_id=member.user_id)
    sent.filter(accepted_at=None, revoked_at=None).update(revoked_at=timezone.now())


def record_member(action: str, member: Membership, **changes: Any) -> None:
    """Note in the audit log what became of a member. changes: `before` and `after`."""
    target = ("member", member.user_id, member.user.email)
    audit.record(action, workspace_id=member.workspace_id, target=target, **changes)
