"""Changes: workspaces, and who belongs to them."""

import re
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from automatos import events
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotAllowed, NotFound
from automatos.rows import locked
from automatos.slugs import RESERVED, insert_with_slug
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
    name = problems.name("name", name, longest=120, required=True)
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


def insert_workspace(*, slug: str, **columns: Any) -> Workspace | None:
    """A new row with its address taken for good; None when another workspace has or had it."""
    workspace = Workspace(slug=slug, **columns)
    # First the address: the row of another workspace that has it is not to be seen here.
    if not slug_register.claim(workspace, slug):
        return None
    workspace.save(force_insert=True)
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


LONGEST_SLUG = 60


SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


# How long a deleted workspace can be brought back.
UNDO_DAYS = 30


def update_workspace(
    *, workspace: Workspace, name: str | None = None, slug: str | None = None, approval_policy: str | None = None
) -> Workspace:
    """The workspace with another name, address or policy; None leaves it. Its old addresses go on leading to it.

    Raises InvalidInput, for an address also when any other workspace has it or had it once.
    """
    with transaction.atomic():
        found = _locked(workspace)
        before = {"name": found.name, "slug": found.slug, "approval_policy": found.approval_policy}
        given = {"name": name, "slug": slug, "approval_policy": approval_policy}
        after = _checked(found, before | {field: value for field, value in given.items() if value is not None})
        changed = [field for field in after if after[field] != before[field]]
        if not changed:
            return found
        found.name, found.slug, found.approval_policy = after["name"], after["slug"], after["approval_policy"]
        _save(found, before["slug"], changed)
        audit.record_row(
            "workspace.updated", found, before={f: before[f] for f in changed}, after={f: after[f] for f in changed}
        )
    return found


def delete_workspace(*, workspace: Workspace, user: User) -> None:
    """Out of everybody's sight; for 30 days an owner can bring it back. Conflict for a personal one."""
    with transaction.atomic():
        found = _locked(workspace)
        if found.kind == Workspace.Kind.PERSONAL:
            raise Conflict(
                "A personal workspace goes with the account. Delete the account to be rid of it.", code="personal"
            )
        found.deleted_at, found.deleted_by = timezone.now(), user
        found.save(update_fields=["deleted_at", "deleted_by"])
        events.access_changed_on_commit(found.pk)
        audit.record_row(
            "workspace.deleted", found, before={"deleted_at": None}, after={"deleted_at": found.deleted_at}
        )


def restore_workspace(*, workspace: Workspace) -> Workspace:
    """A deleted workspace back as it was, with its address and members; one that was not deleted stays as it is."""
    with transaction.atomic():
        found = Workspace.objects.select_for_update().filter(pk=workspace.pk).first()
        if found is None:
            raise NotFound()
        if found.deleted_at is not None:
            before = {"deleted_at": found.deleted_at}
            found.deleted_at, found.deleted_by = None, None
            found.save(update_fields=["deleted_at", "deleted_by"])
            audit.record_row("workspace.restored", found, before=before, after={"deleted_at": None})
    return found


def days_left(workspace: Workspace) -> int:
    """In how many days a deleted workspace is gone for good."""
    if workspace.deleted_at is None:
        return UNDO_DAYS
    return max(0, UNDO_DAYS - (timezone.now() - workspace.deleted_at).days)


def _locked(workspace: Workspace) -> Workspace:
    """The row as it is now, ours until the transaction ends; NotFound when it was deleted meanwhile."""
    return locked(Workspace.objects.all(), pk=workspace.pk, deleted_at=None)


def _checked(workspace: Workspace, wished: dict[str, str]) -> dict[str, str]:
    problems = Problems()
    name = problems.name("name", wished["name"], longest=120, required=True)
    slug = wished["slug"].strip()
    if slug != workspace.slug:
        slug = problems.text("slug", slug, longest=LONGEST_SLUG, required=True)
        if "slug" not in problems and not SLUG.fullmatch(slug):
            problems.add("slug", "Use small letters, digits and single hyphens between them, such as my-team.")
        elif slug in RESERVED:
            problems.add("slug", f"“{slug}” is an address of the product itself. Choose another one.")
    policy = wished["approval_policy"]
    if policy not in Workspace.ApprovalPolicy.values:
        known = ", ".join(Workspace.ApprovalPolicy.values)
        problems.add("approval_policy", f"{policy[:40]!r} is no policy. Use one of {known}.")
    problems.raise_any()
    return {"name": name, "slug": slug, "approval_policy": policy}


def _save(workspace: Workspace, old_slug: str, changed: list[str]) -> None:
    try:
        with transaction.atomic():
            if "slug" in changed:
                slug_register.claim(workspace, old_slug)
                if not slug_register.claim(workspace, workspace.slug):
                    raise _address_taken()
            workspace.save(update_fields=changed)
    except IntegrityError:
        raise _address_taken() from None


def _address_taken() -> InvalidInput:
    text = "Another workspace has this address, or had it once. Choose another one."
    return InvalidInput(f"slug: {text}", fields={"slug": [text]})
