"""The ways in for the REST API. A credential that is present but wrong is refused and never falls through."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from automatos.errors import NotSignedIn
from workspaces.api_keys.services import key_hash
from workspaces.doors.installation import orchestrator_key
from workspaces.models import ApiKey, User
from workspaces.scope.presented import SESSION, Presented
from workspaces.scope.tenancy import Purpose, system_scope

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

REALM = 'ApiKey realm="api"'
SCHEME, BEARER = "apikey", "bearer"
KEY_PREFIX = "atm_"
# Writing the time of every single use would make each read a write.
LAST_USED_PRECISION = timedelta(minutes=1)


class Way(authentication.BaseAuthentication):
    """One kind of credential. Of several in a request the first in the settings leads, and all must be one person's."""

    def find(self, request: Request) -> tuple[User, Presented] | None:
        """Whose credential of this kind was sent, and what it is; None when none was. Raises for any wrong one."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[User, Presented] | None:
        """What `find` says, after asking the ways behind this one whether they say the same."""
        found = self.find(request)
        if found is not None:
            ways = list(request.authenticators or ())
            for way in ways[ways.index(self) + 1 :] if self in ways else []:
                other = way.find(request) if isinstance(way, Way) else None
                if other is not None and other[0].pk != found[0].pk:
                    raise AuthenticationFailed("Credentials of two different people were sent. Send one.")
        return found

    def authenticate_header(self, request: Request) -> str:
        """What a 401 says about getting in."""
        return REALM


class ApiKeyAuthentication(Way):
    """`X-API-Key: atm_…`, `Authorization: ApiKey atm_…` or `Authorization: Bearer atm_…`, at every door."""

    def find(self, request: Request) -> tuple[User, Presented] | None:
        """User and key; None when no such header came. Raises AuthenticationFailed for any wrong one."""
        given = _given_keys(request)
        if not given:
            return None
        if len(set(given)) > 1:
            raise AuthenticationFailed("Two different credentials were sent. Send one.")
        with system_scope(Purpose.SIGN_IN):
            key = self._opened_by(given[0])
        return key.user, Presented.of_key(key)

    def _opened_by(self, plaintext: str) -> ApiKey:
        try:
            orchestrator = orchestrator_key(plaintext)
        except NotSignedIn as refusal:
            raise AuthenticationFailed(refusal.message) from None
        if orchestrator is not None:
            return orchestrator
        key = ApiKey.objects.select_related("user", "workspace").filter(key_hash=key_hash(plaintext)).first()
        if key is None or key.revoked_at is not None or not key.user.is_active:
            raise AuthenticationFailed("This API key is unknown or was revoked. Create a new one.")
        now = timezone.now()
        if key.expires_at is not None and key.expires_at <= now:
            raise AuthenticationFailed("This API key has expired. Create a new one.")
        _note_use(key)
        return key


def _given_keys(request: Request) -> list[str]:
    given = []
    if (key := request.headers.get("X-API-Key")) is not None:
        given.append(key.strip())
    if (header := request.headers.get("Authorization")) is not None:
        scheme, _, key = header.strip().partition(" ")
        if scheme.lower() == SCHEME or carries_bearer_key(header):
            given.append(key.strip())
        elif scheme.lower() != BEARER or not settings.CLERK.on:
            raise AuthenticationFailed("This kind of Authorization is not known here. Send `Authorization: ApiKey …`.")
    return given


def carries_bearer_key(header: str) -> bool:
    """Whether an Authorization header carries an API key the way OpenAI's clients send theirs.

    A bearer that looks like one of our keys is never taken for anything else; without Clerk every bearer is a key.
    """
    scheme, _, token = header.strip().partition(" ")
    return scheme.lower() == BEARER and (token.strip().startswith(KEY_PREFIX) or not settings.CLERK.on)


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    before = now - LAST_USED_PRECISION
    if key.last_used_at is None or key.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


class SessionAuthentication(Way, authentication.SessionAuthentication):
    """The browser's session, with the CSRF token demanded on every change."""

    def find(self, request: Request) -> tuple[User, Presented] | None:
        """The user of the session; None without one."""
        user = getattr(request._request, "user", None)
        # The session names the user lazily; comparing its class would ask the wrapper.
        if user is None or not user.is_authenticated or not user.is_active:
            return None
        return user, SESSION

    def authenticate(self, request: Request) -> tuple[User, Presented] | None:
        """The user of the session, when the request is not one that another site could have made."""
        found = self.find(request)
        if found is not None:
            self.enforce_csrf(request)
        return found


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the key shows in the OpenAPI document."""

    target_class = "workspaces.doors.auth.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """A key in a header."""
        return {"type": "apiKey", "in": "header", "name": "X-API-Key"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the session shows in the OpenAPI document."""

    target_class = "workspaces.doors.auth.SessionAuthentication"
    name = "Session"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """The session cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
