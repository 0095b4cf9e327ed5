"""Clerk's organisations as workspaces. Each has one, made with its first member; Clerk's roles are kept as Clerk tells.

An admin there is an admin here, anyone else an editor. A workspace needs an owner: the first admin who comes is it.
Memberships marked from_clerk are Clerk's to change and to end; any other was made by hand and stays.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from automatos.slugs import insert_with_slug
from workspaces.audit import log as audit
from workspaces.clerk import people_services, states
from workspaces.clerk.people_services import Person
from workspaces.members.services import end_membership, record_member, withdraw_invitations
from workspaces.models import Membership, Role, User, Workspace
from workspaces.services import insert_workspace

logger = logging.getLogger(__name__)

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as Clerk tells of it."""

    id: str
    name: str = ""
    slug: str = ""


def membership_in(organisation_id: str, user: User) -> Membership | None:
    """The user's membership in the organisation's workspace."""
    found = Membership.objects.filter(user=user, workspace__clerk_org_id=organisation_id)
    return found.select_related("workspace").first()


def role_here(clerk_role: str, current: str = "") -> Role:
    """The role that Clerk's role, without `org:`, gives; an owner who is an admin there stays owner."""
    if clerk_role != ADMIN:
        return Role.EDITOR
    return Role.OWNER if current == Role.OWNER else Role.ADMIN


@transaction.atomic
def joined(organisation: Organisation, user: User, clerk_role: str, told_at: datetime) -> Membership | None:
    """The membership as of this moment; None when Clerk has ended it, or removed the organisation, since."""
    states.lock(organisation.id)
    thing = states.membership_id(organisation.id, user.clerk_id or "")
    if states.is_gone(organisation.id):
        return None
    if states.is_older(thing, told_at):
        return membership_in(organisation.id, user)
    states.note(thing, told_at)
    workspace = _workspace_of(organisation)
    current = workspace.memberships.filter(user=user).first()
    if current is None:
        return _added(workspace, user, clerk_role)
    if current.from_clerk:
        _change_role(current, role_here(clerk_role, current.role))
    return current


@transaction.atomic
def member_changed(organisation: Organisation, person: Person, clerk_role: str, told_at: datetime) -> None:
    """A membership was made or changed at Clerk."""
    user = people_services.meet(person)
    if user and user.is_active:
        joined(organisation, user, clerk_role, told_at)


@transaction.atomic
def member_removed(organisation_id: str, person_id: str, told_at: datetime) -> None:
    """A membership was ended at Clerk."""
    states.lock(organisation_id)
    if not states.note(states.membership_id(organisation_id, person_id), told_at, gone=True):
        return
    user = people_services.find(person_id)
    membership = membership_in(organisation_id, user) if user else None
    if membership and membership.from_clerk:
        _end(membership)


@transaction.atomic
def renamed(organisation: Organisation, told_at: datetime) -> None:
    """An organisation was made or changed at Clerk. Without members it has no workspace yet."""
    states.lock(organisation.id)
    if states.is_gone(organisation.id) or not states.note(organisation.id, told_at):
        return
    workspace = Workspace.objects.filter(clerk_org_id=organisation.id).first()
    name = organisation.name[:120]
    if workspace and name and workspace.name != name:
        Workspace.objects.filter(pk=workspace.pk).update(name=name)
        audit.record_row("workspace.updated", workspace, before={"name": workspace.name}, after={"name": name})


@transaction.atomic
def removed(organisation_id: str, told_at: datetime) -> None:
    """An organisation was removed at Clerk: its members leave. What they made stays with the workspace's owner."""
    states.lock(organisation_id)
    states.note(organisation_id, told_at, gone=True)
    workspace = Workspace.objects.filter(clerk_org_id=organisation_id).first()
    if workspace:
        for membership in workspace.memberships.filter(from_clerk=True).exclude(role=Role.OWNER):
            _end(membership)


def _workspace_of(organisation: Organisation) -> Workspace:
    found = Workspace.objects.filter(clerk_org_id=organisation.id).first()
    if found:
        return found
    name = (organisation.name or organisation.slug or f"Organisation {organisation.id[-6:]}")[:120]
    workspace = insert_with_slug(
        lambda slug: insert_workspace(slug=slug, name=name, clerk_org_id=organisation.id),
        name=organisation.slug or name,
        longest=60,
        otherwise="workspace",
    )
    audit.record_row("workspace.created", workspace, after={"name": name, "clerk_org_id": organisation.id})
    return workspace


def _added(workspace: Workspace, user: User, clerk_role: str) -> Membership:
    role = role_here(clerk_role)
    if role == Role.ADMIN and not workspace.memberships.filter(role=Role.OWNER).exists():
        role = Role.OWNER
    membership = Membership.objects.create(workspace=workspace, user=user, role=role, from_clerk=True)
    record_member("member.added", membership, after={"role": role})
    return membership


def _change_role(membership: Membership, role: Role) -> None:
    before = membership.role
    if before == role or (before == Role.OWNER and not _other_owner(membership)):
        return
    membership.role = role
    membership.save(update_fields=["role"])
    if role == Role.EDITOR:
        withdraw_invitations(membership)
    record_member("member.role_changed", membership, before={"role": before}, after={"role": role})


def _end(membership: Membership) -> None:
    """Remove a member. The last owner hands over to the longest-serving admin, and stays when there is none."""
    if membership.role == Role.OWNER and not _other_owner(membership):
        heir = membership.workspace.memberships.filter(role=Role.ADMIN).order_by("created_at", "pk").first()
        if heir is None:
            logger.warning("Clerk removed the last owner of workspace %s; they stay.", membership.workspace_id)
            record_member("member.kept", membership, after={"reason": "They are the last owner."})
            return
        heir.role = Role.OWNER
        heir.save(update_fields=["role"])
        record_member("member.role_changed", heir, before={"role": Role.ADMIN}, after={"role": Role.OWNER})
    end_membership(membership, "member.removed")


def _other_owner(membership: Membership) -> bool:
    return membership.workspace.memberships.filter(role=Role.OWNER).exclude(pk=membership.pk).exists()
