"""What sign-up and sign-in do beyond the library: a personal workspace, the way there, a mail server that is down."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from automatos.errors import Unavailable
from workspaces.models import User
from workspaces.queries import memberships_of
from workspaces.services import create_personal_workspace

logger = logging.getLogger(__name__)

# Mail that nobody waits for: when it cannot be sent, what the person was doing goes on.
NOT_WAITED_FOR = "account/email/email_confirmation"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Hooks of django-allauth."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """The new user and their personal workspace, both or neither."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                create_personal_workspace(user=saved)
        return saved

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The address of the person's own workspace."""
        membership = memberships_of(request.user).first() if isinstance(request.user, User) else None
        return f"/w/{membership.workspace.slug}/" if membership else "/"

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The same after sign-up."""
        return self.get_login_redirect_url(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message. Raises Unavailable when the mail server does not take one that somebody waits for."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.warning("The mail server did not take a message: %s", error)
            if not template_prefix.startswith(NOT_WAITED_FOR):
                raise Unavailable("The mail server does not answer right now. Try again in a few minutes.") from error
