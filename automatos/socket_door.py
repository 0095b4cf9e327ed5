"""What is asked of a socket before anybody looks at who opens it: our host's name, and a page of ours."""

from collections.abc import Awaitable, Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import SplitResult, urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

Application = Callable[[Any, Any, Any], Awaitable[None]]
PORTS = {"http": 80, "https": 443}
# Cookies that let somebody in; Clerk's may have an ending.
SESSION, CLERK = settings.SESSION_COOKIE_NAME, "__session"


class SocketDoor:
    """Answers 403 to a Host that is not ours, to a page of another site, and to cookies another page could have sent.

    Browsers always say which page opens a socket, so a cookie without an Origin is not from a browser: a program
    brings a key, and says nothing of a page. Browsers send a host's cookies to all its ports, so with a cookie the
    page's scheme, host and port have to be ours, or stand among the origins that may post forms (`trusted`).
    """

    def __init__(self, application: Application, hosts: Sequence[str], trusted: Sequence[str] = ()) -> None:
        self.application = application
        self.hosts = hosts
        self.trusted = trusted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the socket on, or close it."""
        passed = self.is_ours(scope["headers"], scope.get("scheme", "ws"))
        await (self.application if passed else WebsocketDenier())(scope, receive, send)

    def is_ours(self, headers: Sequence[tuple[bytes, bytes]], scheme: str = "ws") -> bool:
        """Whether these opening headers may pass. scheme: ws, or wss where this process speaks TLS itself."""
        hosts, origins = _all(headers, b"host"), _all(headers, b"origin")
        if len(hosts) != 1 or len(origins) > 1 or not self._is_known(hosts[0]):
            return False
        with_cookie = _lets_in(";".join(_all(headers, b"cookie")))
        if not origins:
            return not with_cookie
        origin = urlsplit(origins[0])
        if origin.scheme not in PORTS or not self._is_known(origin.netloc):
            return False
        return not with_cookie or self._may_use_cookies(origin, hosts[0], "https" if scheme == "wss" else "http")

    def _may_use_cookies(self, origin: SplitResult, host: str, scheme: str) -> bool:
        place = _place(origin)
        if place is None or place == _place(urlsplit(f"{scheme}://{host}")):
            return place is not None
        trusted = [urlsplit(one) for one in self.trusted]
        return any(
            one.scheme == origin.scheme and is_same_domain(origin.netloc.lower(), one.netloc.lower().lstrip("*"))
            if "*" in one.netloc
            else _place(one) == place
            for one in trusted
        )

    def _is_known(self, place: str) -> bool:
        domain, _ = split_domain_port(place)
        return bool(domain) and validate_host(domain, self.hosts)


def _place(address: SplitResult) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where they cannot be read."""
    try:
        return address.scheme, address.hostname or "", address.port or PORTS[address.scheme]
    except ValueError:
        return None


def _all(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _lets_in(text: str) -> bool:
    try:
        names = SimpleCookie(text).keys()
    except CookieError:
        return True
    return any(name == SESSION or name.startswith(CLERK) for name in names)
