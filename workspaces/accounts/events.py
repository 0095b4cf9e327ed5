"""What happens to an account, one function each: the one place that is told, whichever page or program did it.

It goes into the audit log of the person's own workspace, or into the installation's when there is none.
"""

import logging
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from workspaces.audit import log as audit
from workspaces.models import Membership, Role, User, Workspace
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.client_address import client_ip
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)


def signed_in(request: HttpRequest, user: User) -> None:
    """A session began, after every factor asked for."""
    _note("signed_in", request, user)


def signed_out(request: HttpRequest, user: User) -> None:
    """The person ended their session."""
    _note("signed_out", request, user)


def sign_in_failed(request: HttpRequest, email: str) -> None:
    """A password was wrong or the address unknown. An unknown one is not noted: people type passwords there.

    A known and an unknown address take the same questions to the database.
    """
    ip = client_ip(request)
    logger.info("account: sign-in failed from %s", ip)
    with system_scope(Purpose.SIGN_IN), acting_as(Actor(user_id=None, name="Nobody signed in", via="session", ip=ip)):
        own = _own_workspaces().filter(user__email=email.strip().lower()).select_related("user").first()
        target = ("account", own.user_id, own.user.email) if own else ("account", "", "an unknown address")
        audit.record("account.sign_in_failed", workspace_id=own.workspace_id if own else None, target=target)


def code_failed(request: HttpRequest, user: User) -> None:
    """A code of the second factor was wrong."""
    _note("code_failed", request, user)


def password_changed(request: HttpRequest, user: User) -> None:
    """Changed, set for the first time, or reset by mail. Every other session ends with it."""
    _note("password_changed", request, user)


def factor_added(request: HttpRequest, user: User, kind: str) -> None:
    """kind: "totp" or "passkey"."""
    _note("factor_added", request, user, after={"kind": kind})


def factor_removed(request: HttpRequest, user: User, kind: str) -> None:
    """kind: "totp" or "passkey"."""
    _note("factor_removed", request, user, before={"kind": kind})


def recovery_codes_made(request: HttpRequest, user: User) -> None:
    """New recovery codes replaced the old ones."""
    _note("recovery_codes_made", request, user)


def email_changed(request: HttpRequest, user: User) -> None:
    """Another address became the main one, or one was removed."""
    _note("email_changed", request, user, after={"email": user.email})


def sessions_ended(request: HttpRequest, user: User, number: int) -> None:
    """The person signed other devices out."""
    _note("sessions_ended", request, user, after={"number": number})


def renamed(user: User, *, before: str, after: str) -> None:
    """The person chose another name; whoever acts now did it."""
    _note_change("renamed", user, "name", before, after)


def time_zone_chosen(user: User, *, before: str, after: str) -> None:
    """The person chose the zone in which they read times; whoever acts now did it."""
    _note_change("time_zone_chosen", user, "time_zone", before, after)


def account_deleted(request: HttpRequest, user: User) -> None:
    """The person deleted their account; `user` no longer carries a name or an address."""
    _note("deleted", request, user)


def reset_link_made(user: User) -> None:
    """An operator made a link to choose a new password."""
    _note_by_hand("reset_link_made", user)


def address_confirmed(user: User, address: str) -> None:
    """An operator confirmed an address."""
    _note_by_hand("address_confirmed", user, after={"email": address})


def _note_by_hand(what: str, user: User, **states: Any) -> None:
    logger.info("account %s: %s, by the operator", user.pk, what.replace("_", " "))
    target = ("account", user.pk, user.email)
    audit.record(f"account.{what}", workspace_id=_own_workspace_id(user), target=target, **states)


def _note_change(what: str, user: User, name: str, before: str, after: str) -> None:
    with system_scope(Purpose.SIGN_IN):
        target = ("account", user.pk, user.email)
        states = {"before": {name: before}, "after": {name: after}}
        audit.record(f"account.{what}", workspace_id=_own_workspace_id(user), target=target, **states)


def _note(what: str, request: HttpRequest, user: User, **states: Any) -> None:
    ip = client_ip(request)
    logger.info("account %s: %s, from %s", user.pk, what.replace("_", " "), ip)
    with system_scope(Purpose.SIGN_IN), acting_as(Actor(user_id=user.pk, name=user.email, via="session", ip=ip)):
        target = ("account", user.pk, user.email)
        audit.record(f"account.{what}", workspace_id=_own_workspace_id(user), target=target, **states)


def _own_workspace_id(user: User) -> UUID | None:
    return _own_workspaces().filter(user=user).values_list("workspace_id", flat=True).first()


def _own_workspaces() -> QuerySet[Membership]:
    """Who owns which personal workspace, also one that goes with its account right now."""
    found = Membership.objects.filter(workspace__kind=Workspace.Kind.PERSONAL, role=Role.OWNER)
    return found.order_by("created_at", "pk")
