"""Changes a person makes to their own account."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict
from workspaces import session_activity, tenancy
from workspaces.models import ApiKey, Membership, Role, User, Workspace
from workspaces.queries import memberships_of


def rename_person(*, user: User, name: str) -> None:
    """Another name, as others see it; empty shows the first part of the address."""
    problems = Problems()
    name = problems.text("name", name, longest=120)
    problems.raise_any()
    user.name = name
    user.save(update_fields=["name"])


def delete_account(*, user: User) -> None:
    """The person is gone at once: nothing leads back to who they were, and the address can be used again.

    Personal workspaces are kept for 30 days, for whoever runs the installation to bring back; shared ones go on without
    them. Raises Conflict, naming the workspaces, while they are the last owner of shared ones.
    """
    with transaction.atomic():
        memberships = _locked_memberships(user)
        _refuse_last_owner(user, memberships)
        for membership in memberships:
            _leave(user, membership)
        _forget(user)


def last_owner_of(user: User) -> list[Workspace]:
    """The shared workspaces that nobody else owns, by name."""
    with tenancy.person_scope(user.pk):
        memberships = list(memberships_of(user))
    return [membership.workspace for membership in memberships if _is_last_owner(user, membership)]


def _locked_memberships(user: User) -> list[Membership]:
    """The person's memberships; their workspaces are locked, so that two owners do not leave at the same moment."""
    with tenancy.person_scope(user.pk):
        memberships = list(memberships_of(user))
    for workspace_id in sorted(membership.workspace_id for membership in memberships):
        with tenancy.workspace_scope(workspace_id, user.pk):
            Workspace.objects.select_for_update().get(pk=workspace_id)
    return memberships


def _refuse_last_owner(user: User, memberships: list[Membership]) -> None:
    names = [membership.workspace.name for membership in memberships if _is_last_owner(user, membership)]
    if names:
        raise Conflict(
            f"You are the last owner of {', '.join(names)}. Make someone else an owner or delete the workspace first."
        )


def _is_last_owner(user: User, membership: Membership) -> bool:
    workspace = membership.workspace
    if membership.role != Role.OWNER or workspace.kind == Workspace.Kind.PERSONAL or workspace.deleted_at:
        return False
    with tenancy.workspace_scope(workspace.pk, user.pk):
        return not Membership.objects.filter(workspace=workspace, role=Role.OWNER).exclude(user=user).exists()


def _leave(user: User, membership: Membership) -> None:
    workspace = membership.workspace
    now = timezone.now()
    with tenancy.workspace_scope(workspace.pk, user.pk):
        ApiKey.objects.filter(workspace=workspace, user=user, revoked_at=None).update(revoked_at=now)
        if workspace.kind == Workspace.Kind.PERSONAL and membership.role == Role.OWNER:
            Workspace.objects.filter(pk=workspace.pk, deleted_at=None).update(deleted_at=now, deleted_by=user)
        elif not workspace.deleted_at:
            membership.delete()


def _forget(user: User) -> None:
    """What names the person, and every way in. The row stays: runs and agents say that someone made them."""
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    session_activity.end_others(user, keep=None)
    user.email, user.name, user.clerk_id = f"deleted-{user.pk}@account.invalid", "", None
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
