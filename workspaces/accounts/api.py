"""REST: one's own account: name and time zone, where one is signed in, and the second factor.

Only for a session: an API key opens a workspace, and not the account of the person whose key it is.
"""

from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.reauthentication import is_reauthentication_required, reauthenticate_by_password
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery_flows
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp_auth
from allauth.mfa.totp.internal import flows as totp_flows
from allauth.mfa.webauthn.internal import flows as passkey_flows
from allauth.usersessions.models import UserSession
from django.forms import Form
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, error_body
from automatos.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workspaces.accounts import events, session_activity, sign_in_limits
from workspaces.accounts.forms import ReauthenticateForm
from workspaces.doors.endpoints import SignedInView, errors
from workspaces.models import User
from workspaces.scope.presented import SESSION

CONFIRM_FIRST = "confirm_first"
TOTP, PASSKEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES


class SessionOut(serializers.Serializer[Any]):
    """A place where one is signed in."""

    id = serializers.IntegerField()
    here = serializers.BooleanField(help_text="Whether it is the session that asks.")
    device = serializers.CharField()
    ip = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()


class SessionsOut(serializers.Serializer[Any]):
    """Every place where one is signed in."""

    items = SessionOut(many=True)


class EndedOut(serializers.Serializer[Any]):
    """How many sessions ended."""

    ended = serializers.IntegerField()


class PasskeyOut(serializers.Serializer[Any]):
    """A passkey."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class SecondFactorOut(serializers.Serializer[Any]):
    """What is asked beside the password."""

    totp = serializers.BooleanField(help_text="Whether an authenticator app is set up.")
    passkeys = PasskeyOut(many=True)
    recovery_codes_left = serializers.IntegerField()
    confirmed = serializers.BooleanField(help_text="Whether it may be changed now, without another confirmation.")


class ConfirmIn(InputSerializer):
    """One of them."""

    password = serializers.CharField(required=False, trim_whitespace=False)
    code = serializers.CharField(required=False, help_text="Of the authenticator app, or a recovery code.")


class TotpStartOut(serializers.Serializer[Any]):
    """What goes into the authenticator app."""

    secret = serializers.CharField(help_text="Base32.")
    url = serializers.CharField(help_text="otpauth://…, what the QR code of the page holds.")


class TotpIn(InputSerializer):
    """What the app shows now."""

    code = serializers.CharField()


class RecoveryCodesOut(serializers.Serializer[Any]):
    """Codes that each let in once. They are shown this one time; null where older ones stay good."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), allow_null=True)


class OwnAccountView(SignedInView):
    """An operation on one's own account."""

    @property
    def http(self) -> HttpRequest:
        """The request as the account's library takes it. Raises NotAllowed for whatever is no session of a browser."""
        if self.presented != SESSION:
            raise NotAllowed("Only a session opens one's account, no key. Sign in and send the session's cookie.")
        return self.request._request

    def require_confirmed(self) -> HttpRequest:
        """The request; raises NotAllowed unless the person has shown a moment ago that it is them."""
        http = self.http
        if is_reauthentication_required(http, app="allauth.mfa"):
            raise NotAllowed("Confirm first that it is you: POST /api/me/confirm.", code=CONFIRM_FIRST)
        self.hold_person()
        return http

    def hold_person(self) -> None:
        """Of several that change this person's factors at the same moment, each finds what the one before left."""
        User.objects.select_for_update(no_key=True).filter(pk=self.caller.pk).values_list("pk").first()

    def factor(self, kind: str, **which: Any) -> Authenticator:
        """A factor of the caller's own; NotFound when there is none."""
        found = Authenticator.objects.filter(user=self.caller, type=kind, **which).first()
        if found is None:
            raise NotFound()
        return found


class OwnSessions(OwnAccountView):
    """Where one is signed in."""

    @extend_schema(operation_id="me_sessions", responses={200: SessionsOut, **errors()})
    def get(self, request: Request) -> Response:
        """Every session that still lets its browser in: this one first, then what was used last."""
        items = session_activity.signed_in(self.http, self.caller)
        return Response(SessionsOut({"items": items}).data)

    @extend_schema(operation_id="me_sessions_end_others", responses={200: EndedOut, **errors()})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere else."""
        ended = session_activity.end_others(self.http, self.caller)
        events.sessions_ended(self.http, self.caller, ended)
        return Response(EndedOut({"ended": ended}).data)


class OwnSession(OwnAccountView):
    """One place where one is signed in."""

    @extend_schema(
        operation_id="me_sessions_end",
        parameters=[OpenApiParameter("session_id", int, OpenApiParameter.PATH)],
        responses={204: None, **errors(404, 409)},
    )
    def delete(self, request: Request, session_id: int) -> Response:
        """Sign one other device out. 409 for the session that asks."""
        found = UserSession.objects.filter(user=self.caller, pk=session_id).first()
        if found is None:
            raise NotFound()
        if found.session_key == session_activity.key_of(self.http):
            raise Conflict("This is the session that asks. Sign out at /accounts/logout/.", code="own_session")
        events.sessions_ended(self.http, self.caller, session_activity.end_all([found]))
        return Response(status=204)


class Confirmation(OwnAccountView):
    """Showing that it is still the same person."""

    @extend_schema(operation_id="me_confirm", request=ConfirmIn, responses={204: None, **errors(409, 415, 503)})
    def post(self, request: Request) -> Response:
        """With the password, or with a code; for some minutes the second factor may be changed then."""
        body = ConfirmIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if len(given) != 1:
            raise InvalidInput("Send a password or a code.", fields={"password": ["Send it, or a code."]})
        http = self.http
        taken = sign_in_limits.take(sign_in_limits.CODE, http)
        self.hold_person()
        kind: Any = PasswordForm if "password" in given else ReauthenticateForm
        form = kind(data=given, user=self.caller)
        if not form.is_valid():
            return _refused(form)
        if "password" in given:
            reauthenticate_by_password(http)
        else:
            post_authentication(http, form.authenticator, reauthenticated=True)
        sign_in_limits.give_back(taken)
        return Response(status=204)


class SecondFactor(OwnAccountView):
    """What is asked beside the password."""

    @extend_schema(operation_id="me_second_factor", responses={200: SecondFactorOut, **errors()})
    def get(self, request: Request) -> Response:
        """Authenticator app, passkeys and how many recovery codes are left. A passkey is added in the browser only."""
        http = self.http
        mine = list(Authenticator.objects.filter(user=self.caller).order_by("created_at"))
        codes: list[str] = next((one.wrap().get_unused_codes() for one in mine if one.type == RECOVERY), [])
        shown = {
            "totp": any(one.type == TOTP for one in mine),
            "passkeys": [
                {"id": one.pk, "name": one.wrap().name, "created_at": one.created_at, "last_used_at": one.last_used_at}
                for one in mine
                if one.type == PASSKEY
            ],
            "recovery_codes_left": len(codes),
            "confirmed": not is_reauthentication_required(http, app="allauth.mfa"),
        }
        return Response(SecondFactorOut(shown).data)


class Totp(OwnAccountView):
    """The authenticator app."""

    @extend_schema(operation_id="me_totp_start", request=None, responses={200: TotpStartOut, **errors(409)})
    def post(self, request: Request) -> Response:
        """A new key for the app. Nothing is asked yet: PUT the code that the app shows then."""
        self.require_confirmed()
        self._require_none()
        secret = totp_auth.get_totp_secret(regenerate=True)
        url = get_adapter().build_totp_url(self.caller, secret)
        return Response(TotpStartOut({"secret": secret, "url": url}).data)

    @extend_schema(
        operation_id="me_totp_activate", request=TotpIn, responses={200: RecoveryCodesOut, **errors(409, 415, 503)}
    )
    def put(self, request: Request) -> Response:
        """From now on a code of the app is asked at each sign-in."""
        http = self.require_confirmed()
        self._require_none()
        body = TotpIn(data=request.data)
        body.is_valid(raise_exception=True)
        taken = sign_in_limits.take(sign_in_limits.CODE, http)
        form = ActivateTOTPForm(data=body.validated_data, user=self.caller)
        if not form.is_valid():
            return _refused(form)
        _, codes = totp_flows.activate_totp(http, form)
        sign_in_limits.give_back(taken)
        return Response(RecoveryCodesOut({"recovery_codes": _shown_once(codes)}).data)

    @extend_schema(operation_id="me_totp_remove", responses={204: None, **errors(404)})
    def delete(self, request: Request) -> Response:
        """The app is asked no more; with the last factor the recovery codes go too."""
        http, found = self.require_confirmed(), self.factor(TOTP)
        totp_flows.deactivate_totp(http, found)
        return Response(status=204)

    def _require_none(self) -> None:
        if Authenticator.objects.filter(user=self.caller, type=TOTP).exists():
            raise Conflict("An authenticator app is set up already. Remove it first.", code="already_set_up")


class RecoveryCodesView(OwnAccountView):
    """Recovery codes."""

    @extend_schema(operation_id="me_recovery_codes", request=None, responses={201: RecoveryCodesOut, **errors(409)})
    def post(self, request: Request) -> Response:
        """New ones in place of the old, which let nobody in any more. 409 while there is no second factor."""
        http = self.require_confirmed()
        if not recovery_flows.can_generate_recovery_codes(self.caller):
            raise Conflict("Set up an authenticator app or a passkey first.", code="no_second_factor")
        made = recovery_flows.generate_recovery_codes(http)
        return Response(RecoveryCodesOut({"recovery_codes": _shown_once(made)}).data, status=201)


class Passkey(OwnAccountView):
    """A passkey."""

    @extend_schema(
        operation_id="me_passkey_remove",
        parameters=[OpenApiParameter("passkey_id", int, OpenApiParameter.PATH)],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, passkey_id: int) -> Response:
        """It lets nobody in any more."""
        http, found = self.require_confirmed(), self.factor(PASSKEY, pk=passkey_id)
        passkey_flows.remove_authenticator(http, found)
        return Response(status=204)


def _shown_once(codes: Authenticator | None) -> list[str] | None:
    if codes is None:
        return None
    wrapped = codes.wrap()
    wrapped.mark_as_viewed()
    return list(wrapped.get_unused_codes())


def _refused(form: Form) -> Response:
    """What the form says. No exception, which would take back that the failure is noted."""
    fields = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    message = next(iter(next(iter(fields.values()))))
    return Response(error_body(InvalidInput(message, fields=fields)), status=400)
