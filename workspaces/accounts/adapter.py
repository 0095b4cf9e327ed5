"""What sign-up and sign-in do beyond the library: a personal workspace, the way there, a mail server that is down."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from automatos.errors import Unavailable
from workspaces.accounts import events, session_activity
from workspaces.accounts.services import close_other_ways
from workspaces.clerk.sign_in import ClerkToken
from workspaces.models import User
from workspaces.queries import first_membership_of
from workspaces.scope.client_address import client_ip
from workspaces.services import create_personal_workspace

logger = logging.getLogger(__name__)

# Mail that somebody waits for: when it cannot be sent, they are told. Without any other, what they were doing goes on.
# For a known address and an unknown one alike, or a mail server that is down would tell which is which.
WAITED_FOR = {
    "account/email/email_confirmation",
    "account/email/password_reset_key",
    "account/email/unknown_account",
    "account/email/account_already_exists",
}
SIGN_UP = "account/email/email_confirmation_signup"


def home_of(request: HttpRequest) -> str:
    """The address of the workspace where the caller lands; empty for nobody signed in and whoever belongs nowhere.

    It is the one of the organisation that is active at Clerk, else their own, else the first by name.
    """
    if not isinstance(request.user, User):
        return ""
    token: ClerkToken | None = getattr(request, "clerk", None)
    membership = first_membership_of(request.user, prefer=token.workspace_id if token else None)
    return f"/w/{membership.workspace.slug}/" if membership else ""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Hooks of django-allauth."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """The new user and their personal workspace, both or neither."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                create_personal_workspace(user=saved)
        return saved

    def clean_email(self, email: str) -> str:
        """An address someone else noted beside their main one, but never confirmed, is still free."""
        EmailAddress.objects.filter(email=email.lower(), verified=False, primary=False).exclude(
            user__email=email.lower()
        ).delete()
        return email

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The address of the person's own workspace."""
        return home_of(request) or "/"

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The same after sign-up."""
        return self.get_login_redirect_url(request)

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """To the account's addresses, or to sign in."""
        return "/accounts/email/" if self.request.user.is_authenticated else "/accounts/login/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to where the password stands beside the other locks."""
        return "/accounts/2fa/"

    def get_client_ip(self, request: HttpRequest) -> str:
        """The same address everything else goes by."""
        return client_ip(request)

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin a session, whose longest life starts now."""
        super().login(request, user)
        session_activity.begin(request)
        session_activity.note(request)

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        """Tell that a session began."""
        response: HttpResponse = super().post_login(request, user, **details)
        events.signed_in(request, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        """End the session and what is listed of it."""
        user = request.user
        if isinstance(user, User):
            events.signed_out(request, user)
        session_activity.end(request)
        super().logout(request)
        if isinstance(user, User):
            session_activity.tell_viewers(user.pk)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Tell of it; the form says the same whether the address is known or not."""
        events.sign_in_failed(request, str(credentials.get("email", "")))

    def set_password(self, user: User, password: str) -> None:
        """Changed, set or reset: whoever is signed in elsewhere is signed out.

        A reset by mail also ends what was set up before anybody had shown that the address is theirs.
        """
        super().set_password(user, password)
        if self._is_reset() and not EmailAddress.objects.filter(user=user, verified=True).exists():
            close_other_ways(user)
        session_activity.end_others(self.request, user)
        events.password_changed(self.request, user)

    def _is_reset(self) -> bool:
        match = self.request.resolver_match
        return bool(match and match.view_name == "account_reset_password_from_key")

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """The library sends one for each change of an account's locks: so this also tells of the change."""
        change = CHANGES.get(template_prefix)
        if change:
            change(self.request, user)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message. Raises Unavailable when the mail server does not take one that somebody waits for."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.warning("The mail server did not take a message: %s", error)
            if template_prefix in WAITED_FOR or (template_prefix == SIGN_UP and _sign_up_waits()):
                raise Unavailable("The mail server does not answer right now. Try again in a few minutes.") from error


def _sign_up_waits() -> bool:
    """Whether an account opens only once its address is confirmed."""
    return bool(app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY)


CHANGES = {
    "mfa/email/totp_activated": lambda request, user: events.factor_added(request, user, "totp"),
    "mfa/email/totp_deactivated": lambda request, user: events.factor_removed(request, user, "totp"),
    "mfa/email/webauthn_added": lambda request, user: events.factor_added(request, user, "passkey"),
    "mfa/email/webauthn_removed": lambda request, user: events.factor_removed(request, user, "passkey"),
    "mfa/email/recovery_codes_generated": events.recovery_codes_made,
    "account/email/email_changed": events.email_changed,
    "account/email/email_deleted": events.email_changed,
}
