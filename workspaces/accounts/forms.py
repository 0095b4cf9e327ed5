"""Forms of the account area, and what ours do beyond the library's."""

import struct
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm as LibraryAddEmailForm
from allauth.account.forms import LoginForm as LibraryLoginForm
from allauth.account.forms import SignupForm as LibrarySignupForm
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm as LibraryAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as LibraryReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm as LibraryAddWebAuthnForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as LibraryAuthenticateWebAuthnForm
from allauth.mfa.webauthn.forms import EditWebAuthnForm as LibraryEditWebAuthnForm
from allauth.mfa.webauthn.forms import LoginWebAuthnForm as LibraryLoginWebAuthnForm
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm as LibraryReauthenticateWebAuthnForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict

from automatos.local_time import time_zones
from workspaces.accounts import events
from workspaces.models import User

LONGEST_PASSKEY_NAME = 60
LONGEST_CREDENTIAL = 32_768
# What reading a made-up answer of a passkey can raise.
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)


class ProfileForm(forms.Form):
    """What others in a workspace see of a person, and how this person reads times."""

    name = forms.CharField(max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        error_messages={"invalid_choice": "There is no such time zone. Choose one of the list."},
    )

    def __init__(self, data: QueryDict | None, *, user: User, browser: str) -> None:
        """browser: the zone that this browser told."""
        super().__init__(data, initial={"name": user.name, "time_zone": user.time_zone})
        zones = [(name, name.replace("_", " ")) for name in time_zones()]
        self.fields["time_zone"].choices = [("", f"That of the browser: {browser} in this one"), *zones]  # type: ignore[attr-defined]


class SignInForm(LibraryLoginForm):  # type: ignore[misc]
    """Without allauth's own link under the password: the page has one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SignUpForm(LibrarySignupForm):  # type: ignore[misc]
    """A new account; for a taken address the library answers the same and writes to whoever has it."""

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The new user, or the answer for a taken address, which takes as long as a new password to hash."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        made: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return made


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
            events.code_failed(context.request, self.user)
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


class CredentialField(forms.JSONField):
    """What a browser's passkey dialog answers, as JSON; nothing that cannot be read or kept."""

    def to_python(self, value: Any) -> Any:
        """The parsed answer."""
        try:
            if len(str(value)) > LONGEST_CREDENTIAL or "\\u0000" in str(value):
                raise ValueError("not what a browser sends")
            return super().to_python(value)
        except (RecursionError, ValueError) as error:
            raise get_mfa_adapter().validation_error("incorrect_code") from error


class _PasskeyAnswer(forms.Form):
    """The library checks the answer's type and trusts its shape; a wrong shape is told as a wrong answer."""

    def clean_credential(self) -> Any:
        """The passkey that answered."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except MALFORMED as error:
            raise get_mfa_adapter().validation_error("incorrect_code") from error


class PasskeyForm(_PasskeyAnswer, LibraryAuthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey as second step."""

    credential = CredentialField(widget=forms.HiddenInput)


class PasskeyAgainForm(_PasskeyAnswer, LibraryReauthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey before a change of the account."""

    credential = CredentialField(widget=forms.HiddenInput)


class PasskeySignInForm(_PasskeyAnswer, LibraryLoginWebAuthnForm):  # type: ignore[misc]
    """The passkey in place of a password."""

    credential = CredentialField(widget=forms.HiddenInput)


class AddPasskeyForm(LibraryAddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name."""

    credential = CredentialField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].max_length = LONGEST_PASSKEY_NAME
        self.fields["name"].widget.attrs["maxlength"] = LONGEST_PASSKEY_NAME

    def clean_name(self) -> str:
        """Cut rather than refused: the device has made the passkey already."""
        name: str = super().clean_name()
        return name[:LONGEST_PASSKEY_NAME]

    def clean(self) -> dict[str, Any]:
        """The new passkey's answer, as the library checks it."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except MALFORMED as error:
            raise get_mfa_adapter().validation_error("incorrect_code") from error
        return cleaned


class RenamePasskeyForm(LibraryEditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = forms.CharField(max_length=LONGEST_PASSKEY_NAME)
