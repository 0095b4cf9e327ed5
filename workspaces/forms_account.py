"""Forms of the account area, and what ours do beyond the library's."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm as LibraryAddEmailForm
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm as LibraryAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as LibraryReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm as LibraryAddWebAuthnForm
from allauth.mfa.webauthn.forms import EditWebAuthnForm as LibraryEditWebAuthnForm
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError

from workspaces import account_events
from workspaces.models import User

LONGEST_PASSKEY_NAME = 60


class ProfileForm(forms.Form):
    """What others in a workspace see of a person."""

    name = forms.CharField(max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class AddEmailForm(LibraryAddEmailForm):  # type: ignore[misc]
    """Another address. The library refuses it beside a second factor; here it only counts once it is confirmed."""

    def clean_email(self) -> str:
        """The address in lower case; not one the person has already, and not too many."""
        email: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        if EmailAddress.objects.filter(user=self.user, email=email).exists():
            raise get_adapter().validation_error("duplicate_email")
        if not EmailAddress.objects.can_add_email(self.user):
            raise ValidationError("This is one address too many. Remove one first.")
        return email


class _CodeOnce(forms.Form):
    """A code of the app is good once, over the whole time in which a late or early clock is forgiven."""

    user: User
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code; a wrong or used one is told as wrong."""
        try:
            code: str = super().clean_code()  # type: ignore[misc]
            if self.authenticator.type == Authenticator.Type.TOTP and not _first_use(self.user, code):
                raise get_mfa_adapter().validation_error("incorrect_code")
        except ValidationError:
            account_events.code_failed(context.request, self.user)
            raise
        return code


def _first_use(user: User, code: str) -> bool:
    key = f"totp-used:{user.pk}:{normalize_user_code(code)}"
    good_for = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    return bool(cache.add(key, "y", timeout=good_for))


class AuthenticateForm(_CodeOnce, LibraryAuthenticateForm):  # type: ignore[misc]
    """The code at sign-in."""


class ReauthenticateForm(_CodeOnce, LibraryReauthenticateForm):  # type: ignore[misc]
    """The code before a change of the account."""


class AddPasskeyForm(LibraryAddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].max_length = LONGEST_PASSKEY_NAME
        self.fields["name"].widget.attrs["maxlength"] = LONGEST_PASSKEY_NAME

    def clean_name(self) -> str:
        """Cut rather than refused: the device has made the passkey already."""
        name: str = super().clean_name()
        return name[:LONGEST_PASSKEY_NAME]


class RenamePasskeyForm(LibraryEditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = forms.CharField(max_length=LONGEST_PASSKEY_NAME)
