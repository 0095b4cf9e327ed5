"""Clerk's session token as a way in: `Authorization: Bearer` or the cookie `__session`, the same for every door."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from workspaces.clerk.sign_in import ClerkToken, sign_in
from workspaces.clerk.tokens import BadToken
from workspaces.doors.auth import BEARER, KEY_PREFIX, Way
from workspaces.models import User
from workspaces.scope.presented import Presented

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

COOKIE = "__session"
COOKIES = re.compile(rf"{COOKIE}(_[A-Za-z0-9_-]+)?")
# One in a header, one in each of the two cookies that Clerk sets, and one to spare.
MOST_TOKENS = 4


def clerk_token(request: HttpRequest) -> ClerkToken | None:
    """The token a request carries; None when it carries none, or Clerk is off.

    A header leads a cookie. Raises BadToken when any is wrong, or they are two people's.
    """
    if not settings.CLERK.on:
        return None
    given = list(_given(request))
    if len(given) > MOST_TOKENS:
        raise BadToken(f"More than {MOST_TOKENS} Clerk tokens were sent. Send one.")
    found = [sign_in(token, from_cookie=from_cookie) for token, from_cookie in given]
    if len({token.user.pk for token in found}) > 1:
        raise BadToken("Clerk tokens of two different people were sent. Send one.")
    return found[0] if found else None


def carries_token(request: HttpRequest) -> bool:
    """Whether there is anything to verify."""
    return settings.CLERK.on and any(True for _ in _given(request))


def _given(request: HttpRequest) -> Iterator[tuple[str, bool]]:
    """Each token and whether it came in a cookie."""
    if (token := bearer_of(request)) is not None:
        yield token, False
    for value in dict.fromkeys(value for _, value in clerk_cookies(request)):
        yield value, True


def bearer_of(request: HttpRequest) -> str | None:
    """The token of a bearer header, which leads a cookie; one of our API keys is none."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    is_token = scheme.lower() == BEARER and not token.strip().startswith(KEY_PREFIX)
    return token.strip() if is_token else None


def clerk_cookies(request: HttpRequest) -> list[tuple[str, str]]:
    """Name and value of the cookies that are our instance's; empty ones count as none.

    With CLERK_PUBLISHABLE_KEY the cookie that carries its mark is ours alone, as on a machine with several instances.
    The header is read here because Django keeps only one of two cookies with the same name.
    """
    pairs = (part.strip().partition("=") for part in request.META.get("HTTP_COOKIE", "").split(";"))
    found = [(name, value.strip('"')) for name, _, value in pairs if COOKIES.fullmatch(name) and value.strip('"')]
    suffix = settings.CLERK.cookie_suffix
    marked = [pair for pair in found if suffix and pair[0] == f"{COOKIE}_{suffix}"]
    plain = [pair for pair in found if not suffix or pair[0] == COOKIE]
    return marked or plain


class ClerkAuthentication(Way):
    """A Clerk session token.

    From a cookie it needs the CSRF token on every change, as a session does.
    """

    def find(self, request: Request) -> tuple[User, Presented] | None:
        """Person and token; None when none came. Raises AuthenticationFailed for any wrong one."""
        token = self._token(request)
        return (token.user, token.presented) if token else None

    def _token(self, request: Request) -> ClerkToken | None:
        try:
            return clerk_token(request._request)
        except BadToken as refusal:
            raise AuthenticationFailed(str(refusal)) from None

    def authenticate(self, request: Request) -> tuple[User, Presented] | None:
        """The same, when the request is not one that another site could have made."""
        found = super().authenticate(request)
        if found is not None and bearer_of(request._request) is None:
            SessionAuthentication().enforce_csrf(request)
        return found


class ClerkScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How Clerk's token shows in the OpenAPI document."""

    target_class = "workspaces.clerk.authentication.ClerkAuthentication"
    name = "Clerk"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """A bearer token; the cookie `__session` may carry it too."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
