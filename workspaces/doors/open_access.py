"""Open access (REQUIRE_AUTH=false): whoever comes without a credential acts as owner of the installation's workspace.

Only from this machine, unless the operator consented to more. A page of another site, opened in the operator's own
browser, also comes from this machine; it is told apart by the headers that browsers write and pages cannot: Host,
Origin and Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from automatos.access_settings import is_loopback
from workspaces.doors.installation import open_access_user
from workspaces.models import User
from workspaces.scope.presented import OPEN, Presented

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

HEADER = "X-Open-Access"
# Where people sign in, and what judges by itself or takes no user.
NOT_HERE = ("/accounts/", "/admin/", "/api/", "/static/", "/health", "/ready", "/metrics")
CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_X_API_KEY")
# A proxy on this machine passes on what comes from others.
PASSED_ON = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP", "HTTP_VIA")


def may_enter(request: HttpRequest, *, page: bool = False) -> bool:
    """Whether a request without a credential is let in. page: a link on another site may lead to it."""
    if settings.REQUIRE_AUTH or any(name in request.META for name in CREDENTIALS):
        return False
    try:
        host = request.get_host()
    except DisallowedHost:
        return False
    return (settings.OPEN_ACCESS_CONSENT or _from_here(request, host)) and _asked_for_by_us(request, host, page=page)


def _from_here(request: HttpRequest, host: str) -> bool:
    meta = request.META
    if settings.TRUSTED_PROXIES or any(name in meta for name in PASSED_ON):
        return False
    # A name that merely points at this machine could be any site's (DNS rebinding).
    return is_loopback(meta.get("REMOTE_ADDR", "")) and is_loopback(split_domain_port(host)[0])


def _asked_for_by_us(request: HttpRequest, host: str, *, page: bool) -> bool:
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host.lower() or origin in settings.CSRF_TRUSTED_ORIGINS
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    follows_link = page and request.method in ("GET", "HEAD") and request.META.get("HTTP_SEC_FETCH_MODE") == "navigate"
    # Programs send no such header.
    return site in (None, "same-origin", "none") or follows_link


class OpenAccessAuthentication(BaseAuthentication):
    """The last way into the API and the sockets: every other one found nothing, and none found anything wrong."""

    def authenticate(self, request: Request) -> tuple[User, Presented] | None:
        """The user of open access; None where it is off or the request is not one to let in."""
        user = open_access_user() if may_enter(request._request) else None
        return (user, OPEN) if user else None


class OpenAccessScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How it shows in the OpenAPI document: as no credential at all, and only where it is on."""

    target_class = "workspaces.doors.open_access.OpenAccessAuthentication"
    name = ()  # type: ignore[assignment]

    def get_security_requirement(self, auto_schema: "AutoSchema") -> list[dict[str, list[Any]]]:
        """An empty requirement stands for going without one."""
        return [] if settings.REQUIRE_AUTH else [{}]

    def get_security_definition(self, auto_schema: "AutoSchema") -> list[dict[str, Any]]:
        """There is nothing to send."""
        return []


class OpenAccessMiddleware(MiddlewareMixin):
    """The same for pages; says on every answer that access is open. Stands after whatever signs people in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.REQUIRE_AUTH:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        """Let a request in that nobody is signed in for."""
        if request.path.startswith(NOT_HERE) or request.user.is_authenticated or not may_enter(request, page=True):
            return
        user = open_access_user()
        if user is None:
            return

        async def auser() -> Any:
            return user

        request.user, request.auser = user, auser
        request.presented = OPEN  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Name it where programs see it too."""
        response.headers[HEADER] = "true"
        return response
