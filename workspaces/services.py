"""Changes: workspaces, and who belongs to them."""

import uuid
from typing import Any

from django.db import transaction

from automatos.checking import Problems
from automatos.errors import NotAllowed
from automatos.slugs import insert_with_slug
from workspaces import slug_register
from workspaces.audit import log as audit
from workspaces.models import Membership, Role, User, Workspace
from workspaces.scope.tenancy import person_scope, workspace_scope


@transaction.atomic
def create_personal_workspace(*, user: User) -> Workspace:
    """The user's own workspace with them as owner; the one they have when there is one already."""
    User.objects.select_for_update().get(pk=user.pk)
    with person_scope(user.pk):
        own = Workspace.objects.filter(
            kind=Workspace.Kind.PERSONAL, memberships__user=user, memberships__role=Role.OWNER
        ).first()
    if own:
        return own
    name = f"{user.display_name}'s workspace"[:120]
    return _insert(name=name, slug_from=user.display_name, owner=user, kind=Workspace.Kind.PERSONAL)


@transaction.atomic
def create_workspace(*, name: str, owner: User, slug: str = "") -> Workspace:
    """A shared workspace with its first owner. slug: the wished address; numbered when it is taken."""
    problems = Problems()
    name = problems.text("name", name, longest=120, required=True)
    problems.raise_any()
    return _insert(name=name, slug_from=slug or name, owner=owner, kind=Workspace.Kind.SHARED)


def _insert(*, name: str, slug_from: str, owner: User, kind: Workspace.Kind) -> Workspace:
    workspace_id = uuid.uuid4()
    with workspace_scope(workspace_id, owner.pk):
        workspace = insert_with_slug(
            lambda slug: insert_workspace(pk=workspace_id, slug=slug, name=name, kind=kind),
            name=slug_from,
            longest=60,
            otherwise="workspace",
        )
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        audit.record(
            "workspace.created",
            workspace_id=workspace.pk,
            target=("workspace", workspace.pk, name),
            after={"name": name, "slug": workspace.slug, "kind": kind, "owner": owner.email},
        )
        return workspace


def insert_workspace(*, slug: str, **columns: Any) -> Workspace:
    """A new row with its address taken for good. Raises IntegrityError when another workspace has or had it."""
    workspace = Workspace.objects.create(slug=slug, **columns)
    slug_register.claim(workspace, slug)
    return workspace


def set_role(*, workspace: Workspace, user: User, role: Role) -> Membership:
    """Make the user a member with this role, or change the role they have; the last owner stays."""
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        owners = workspace.memberships.filter(role=Role.OWNER).exclude(user=user)
        current = workspace.memberships.filter(user=user).first()
        if current and current.role == Role.OWNER and role != Role.OWNER and not owners.exists():
            raise NotAllowed("This is the last owner. Make someone else an owner first.")
        membership, _ = Membership.objects.update_or_create(workspace=workspace, user=user, defaults={"role": role})
        audit.record(
            "member.role_changed" if current else "member.added",
            workspace_id=workspace.pk,
            target=("member", user.pk, user.email),
            before={"role": current.role} if current else None,
            after={"role": role},
        )
    return membership
