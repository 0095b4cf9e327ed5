"""Clerk's token at the pages' door: a good one signs the request in, a wrong one is answered with a page that says so.

The API judges its own credentials, and health checks take none. The sign-in pages let everyone in and drop a token that
cannot be used, so that nobody is caught between a stale cookie and the way to a new one.
"""

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from workspaces.clerk.authentication import carries_token, clerk_cookies, clerk_token
from workspaces.clerk.sign_in import ClerkToken
from workspaces.clerk.tokens import BadToken
from workspaces.models import User
from workspaces.scope.presented import Presented

Answer = HttpResponseBase | Awaitable[HttpResponseBase]

NOT_JUDGED_HERE = ("/api/", "/static/", "/health", "/ready", "/metrics")
SIGN_IN_PAGES = ("account_login", "account_signup", "account_logout", "account_reset_password")


class ClerkRequest(HttpRequest):
    """A request that a Clerk token signed in has the token at hand."""

    clerk: ClerkToken
    presented: Presented


class ClerkPagesMiddleware:
    """Stands after Django's authentication. Without Clerk, or without a token, it does nothing."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if not _judged_here(request):
            return self.get_response(request)
        if self.is_async:
            return self._acall(request)
        refusal = _enter(request)
        return refusal or _leave(request, cast(HttpResponseBase, self.get_response(request)))

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        refusal = await sync_to_async(_enter)(request)
        if refusal is not None:
            return refusal
        return _leave(request, await cast(Awaitable[HttpResponseBase], self.get_response(request)))


def _judged_here(request: HttpRequest) -> bool:
    return settings.CLERK.on and not request.path.startswith(NOT_JUDGED_HERE) and carries_token(request)


def _enter(request: HttpRequest) -> HttpResponse | None:
    """Sign the request in, or answer it."""
    try:
        token = clerk_token(request)
        if token is not None:
            _sign_in(request, token)
    except BadToken as refusal:
        if request.path not in {reverse(name) for name in SIGN_IN_PAGES}:
            return _refused(request, str(refusal))
    return None


def _sign_in(request: HttpRequest, token: ClerkToken) -> None:
    if request.user.is_authenticated and request.user.pk != token.user.pk:
        raise BadToken("You are signed in here as one person and at Clerk as another. Choose one.")

    async def auser() -> User:
        return token.user

    request.user, request.auser = token.user, auser
    inside = cast(ClerkRequest, request)
    inside.clerk, inside.presented = token, token.presented


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """A page with the way out; never a redirect, which a stale cookie would turn into a circle."""
    sign_in = reverse(settings.LOGIN_URL)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": sign_in})
    after = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    found = {"sentence": sentence, "sign_in": f"{sign_in}?{after}" if after else sign_in}
    return render(request, "errors/clerk.html", found, status=401)


def _leave(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Where the token does not hold, or its person has just signed out, its cookie goes."""
    token: ClerkToken | None = getattr(request, "clerk", None)
    if token is None or not request.user.is_authenticated:
        for name, _ in clerk_cookies(request):
            response.delete_cookie(name)
    return response
