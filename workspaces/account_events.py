"""What happens to an account, one function each: the one place that is told, whichever page or program did it."""

import logging

from django.http import HttpRequest

from workspaces.client_address import client_ip
from workspaces.models import User

logger = logging.getLogger(__name__)


def signed_in(request: HttpRequest, user: User) -> None:
    """A session began, after every factor asked for."""
    _note("signed in", request, user)


def signed_out(request: HttpRequest, user: User) -> None:
    """The person ended their session."""
    _note("signed out", request, user)


def sign_in_failed(request: HttpRequest, email: str) -> None:
    """A password was wrong or the address unknown. The address is not logged: people type passwords there."""
    logger.info("account: sign-in failed from %s", client_ip(request))


def code_failed(request: HttpRequest, user: User) -> None:
    """A code of the second factor was wrong."""
    _note("wrong code", request, user)


def password_changed(request: HttpRequest, user: User) -> None:
    """Changed, set for the first time, or reset by mail. Every other session ends with it."""
    _note("password changed", request, user)


def factor_added(request: HttpRequest, user: User, kind: str) -> None:
    """kind: "totp" or "passkey"."""
    _note(f"{kind} added", request, user)


def factor_removed(request: HttpRequest, user: User, kind: str) -> None:
    """kind: "totp" or "passkey"."""
    _note(f"{kind} removed", request, user)


def recovery_codes_made(request: HttpRequest, user: User) -> None:
    """New recovery codes replaced the old ones."""
    _note("new recovery codes", request, user)


def email_changed(request: HttpRequest, user: User) -> None:
    """Another address became the main one, or one was removed."""
    _note("e-mail addresses changed", request, user)


def sessions_ended(request: HttpRequest, user: User, number: int) -> None:
    """The person signed other devices out."""
    _note(f"{number} other session(s) ended", request, user)


def account_deleted(request: HttpRequest, user: User) -> None:
    """The person deleted their account; `user` no longer carries a name or an address."""
    _note("deleted", request, user)


def _note(what: str, request: HttpRequest, user: User) -> None:
    logger.info("account %s: %s, from %s", user.pk, what, client_ip(request))
