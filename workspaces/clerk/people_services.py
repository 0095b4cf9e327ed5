"""Who Clerk's people are here: made at first sight, kept as Clerk tells, closed when Clerk removes them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from automatos import events
from workspaces.accounts.services import close_other_ways
from workspaces.audit import log as audit
from workspaces.clerk import states
from workspaces.models import Membership, User, Workspace
from workspaces.services import create_personal_workspace

# Nobody can receive mail there (RFC 2606), and the random part is nobody's to guess or take first.
PLACEHOLDER = "@clerk.invalid"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as Clerk tells of them. email: an address Clerk has verified, or empty."""

    id: str
    name: str = ""
    email: str = ""


def find(person_id: str) -> User | None:
    """The account of this person; None when there is none yet."""
    return User.objects.filter(clerk_id=person_id).first()


@transaction.atomic
def meet(person: Person) -> User | None:
    """Their account, made with a personal workspace when this is the first sight; None for somebody Clerk removed.

    An account that already has their address is left alone: it takes Clerk's own message to join the two.
    """
    states.lock(person.id)
    known = find(person.id)
    if known or states.is_gone(person.id):
        return known
    return _made(person)


@transaction.atomic
def changed(person: Person, told_at: datetime) -> None:
    """A person was made or changed at Clerk. An account that was closed here stays as it is."""
    states.lock(person.id)
    if states.is_gone(person.id) or not states.note(person.id, told_at):
        return
    user = find(person.id)
    if user and not user.is_active:
        return
    holder = _holder_of(person.email)
    if holder and holder != user and _may_join(holder, user):
        user = _joined(holder, user, person)
    user = user or _made(person)
    _rename(user, person.name)
    if person.email and holder in (None, user):
        _set_email(user, person.email)


@transaction.atomic
def removed(person_id: str, told_at: datetime) -> None:
    """A person was removed at Clerk: their account is closed, for good, whatever arrives later."""
    states.lock(person_id)
    states.note(person_id, max(told_at, timezone.now()), gone=True)
    user = find(person_id)
    if user and user.is_active:
        User.objects.filter(pk=user.pk).update(is_active=False)
        for workspace_id in Membership.objects.filter(user=user).values_list("workspace_id", flat=True):
            events.access_changed_on_commit(workspace_id)
        audit.record_row("user.deactivated", user, before={"is_active": True}, after={"is_active": False})


def _made(person: Person) -> User:
    email = person.email if person.email and _holder_of(person.email) is None else f"{uuid4().hex}{PLACEHOLDER}"
    name = person.name or f"Clerk user {person.id.removeprefix('user_')[-6:]}"
    user = User.objects.create_user(email, clerk_id=person.id, name=name[:120])
    create_personal_workspace(user=user)
    if user.email == person.email:
        _note_verified(user)
    audit.record_row("user.created", user, after={"clerk_id": person.id})
    return user


def _holder_of(email: str) -> User | None:
    """Whose address this is here, as their main one or as a further one they have verified."""
    if not email:
        return None
    further = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    return User.objects.filter(email__iexact=email).first() or (further.user if further else None)


def _may_join(holder: User, user: User | None) -> bool:
    """Whether Clerk's person may take over the account that has their address.

    Never one of staff, a closed one or one that is somebody else's at Clerk, and never by somebody who has an address
    here already.
    """
    is_free = holder.clerk_id is None and holder.is_active and not holder.is_staff
    return is_free and (user is None or user.email.endswith(PLACEHOLDER))


def _joined(holder: User, newcomer: User | None, person: Person) -> User:
    """The account with the address, which is the person's from now on.

    newcomer: the account that a token made before Clerk told the address; what it belongs to passes over.
    """
    if not EmailAddress.objects.filter(user=holder, email__iexact=person.email, verified=True).exists():
        holder.set_unusable_password()
        holder.save(update_fields=["password"])
        close_other_ways(holder)
    if newcomer:
        _pass_over(newcomer, holder)
    User.objects.filter(pk=holder.pk).update(clerk_id=person.id)
    holder.refresh_from_db()
    audit.record_row("user.linked", holder, after={"clerk_id": person.id})
    return holder


def _pass_over(newcomer: User, holder: User) -> None:
    User.objects.filter(pk=newcomer.pk).update(clerk_id=None, is_active=False)
    # A person has one personal workspace; the newcomer's becomes a shared one of theirs.
    Workspace.objects.filter(memberships__user=newcomer, kind=Workspace.Kind.PERSONAL).update(
        kind=Workspace.Kind.SHARED
    )
    inside = Membership.objects.filter(user=holder).values("workspace_id")
    Membership.objects.filter(user=newcomer).exclude(workspace_id__in=inside).update(user=holder)
    Membership.objects.filter(user=newcomer).delete()


def _rename(user: User, name: str) -> None:
    if name and user.name != name[:120]:
        User.objects.filter(pk=user.pk).update(name=name[:120])


def _set_email(user: User, email: str) -> None:
    if user.email.lower() != email.lower():
        before = user.email
        user.email = email.lower()
        user.save(update_fields=["email"])
        audit.record_row("user.updated", user, before={"email": before}, after={"email": user.email})
    _note_verified(user)


def _note_verified(user: User) -> None:
    EmailAddress.objects.filter(user=user, primary=True).exclude(email__iexact=user.email).update(primary=False)
    values = {"verified": True, "primary": True}
    EmailAddress.objects.update_or_create(user=user, email=user.email.lower(), defaults=values)
