"""Changes a person makes to their own account."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from automatos import events
from automatos.checking import Problems
from automatos.errors import Conflict
from automatos.local_time import zone_problem
from workspaces.accounts import events as account_events
from workspaces.accounts import session_activity
from workspaces.api_keys.services import revoke_api_key
from workspaces.audit import log as audit
from workspaces.members import services as members_services
from workspaces.models import ApiKey, Membership, Role, User, Workspace
from workspaces.queries import memberships_of
from workspaces.scope import tenancy
from workspaces.scope.tenancy import Purpose, system_scope


def rename_person(*, user: User, name: str) -> None:
    """Another name, as others see it; empty shows the first part of the address."""
    problems = Problems()
    name = problems.name("name", name, longest=120)
    problems.raise_any()
    before, user.name = user.name, name
    if name == before:
        return
    with transaction.atomic():
        user.save(update_fields=["name"])
        account_events.renamed(user, before=before, after=name)


def choose_time_zone(*, user: User, time_zone: str) -> None:
    """The zone in which pages show this person times; empty: that of the browser. InvalidInput for an unknown one."""
    problems = Problems()
    if time_zone and (problem := zone_problem(time_zone)):
        problems.add("time_zone", problem)
    problems.raise_any()
    before, user.time_zone = user.time_zone, time_zone
    if time_zone == before:
        return
    with transaction.atomic():
        user.save(update_fields=["time_zone"])
        account_events.time_zone_chosen(user, before=before, after=time_zone)


def delete_account(*, user: User) -> None:
    """The person is gone at once and the address is free again; only audit logs, which nobody changes, name them.

    Personal workspaces are kept for 30 days, for whoever runs the installation to bring back; shared ones go on without
    them. Raises Conflict, naming the workspaces, while they are the last owner of shared ones.
    """
    with transaction.atomic():
        memberships = _locked_memberships(user)
        _refuse_last_owner(user, memberships)
        for membership in memberships:
            workspace = membership.workspace
            with tenancy.workspace_scope(workspace.pk, user.pk):
                if workspace.kind == Workspace.Kind.PERSONAL and membership.role == Role.OWNER:
                    _close(workspace, user)
                else:
                    members_services.leave(workspace=workspace, user=user)
        _forget(user)


def close_other_ways(user: User) -> None:
    """Whoever made this account never showed that the address is theirs, so what they set up opens nothing any more.

    For the moment in which the one who has the address takes the account over. The password is the caller's to change.
    """
    Authenticator.objects.filter(user=user).delete()
    with system_scope(Purpose.SIGN_IN):
        for key in ApiKey.objects.filter(user=user, revoked_at=None):
            revoke_api_key(key=key)


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
            f"You are the last owner of {', '.join(names)}. Make someone else an owner or delete the workspace first.",
            code=members_services.LAST_OWNER,
        )


def _is_last_owner(user: User, membership: Membership) -> bool:
    workspace = membership.workspace
    if membership.role != Role.OWNER or workspace.kind == Workspace.Kind.PERSONAL:
        return False
    with tenancy.workspace_scope(workspace.pk, user.pk):
        return not Membership.objects.filter(workspace=workspace, role=Role.OWNER).exclude(user=user).exists()


def _close(workspace: Workspace, user: User) -> None:
    """The personal workspace, out of sight. Its owner still stands in it, for whoever brings it back."""
    for key in ApiKey.objects.filter(workspace=workspace, user=user, revoked_at=None):
        revoke_api_key(key=key)
    now = timezone.now()
    Workspace.objects.filter(pk=workspace.pk).update(deleted_at=now, deleted_by=user)
    events.access_changed_on_commit(workspace.pk)
    target = ("workspace", workspace.pk, workspace.name)
    audit.record(
        "workspace.deleted",
        workspace_id=workspace.pk,
        target=target,
        before={"deleted_at": None},
        after={"deleted_at": now},
    )


def _forget(user: User) -> None:
    """What names the person, and every way in. The row stays: runs and agents say that someone made them."""
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    session_activity.end_others(None, user)
    # The id at Clerk stays, so that a token from there meets a closed account and does not make a new one.
    user.email, user.name = f"deleted-{user.pk}@account.invalid", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
