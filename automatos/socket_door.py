"""What is asked of a socket before anybody looks at who opens it: our host's name, and a page of ours."""

from collections.abc import Awaitable, Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[Any, Any, Any], Awaitable[None]]
# Cookies that let somebody in; Clerk's may have an ending.
SESSION, CLERK = settings.SESSION_COOKIE_NAME, "__session"


class SocketDoor:
    """Answers 403 to a Host that is not ours, to a page of another site, and to cookies no page is named for.

    Browsers always say which page opens a socket, so a cookie without an Origin is not from a browser: a program
    brings a key, and says nothing of a page.
    """

    def __init__(self, application: Application, hosts: Sequence[str]) -> None:
        self.application = application
        self.hosts = hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the socket on, or close it."""
        passed = self.is_ours(scope["headers"])
        await (self.application if passed else WebsocketDenier())(scope, receive, send)

    def is_ours(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether these opening headers may pass."""
        hosts, origins = _all(headers, b"host"), _all(headers, b"origin")
        if len(hosts) != 1 or len(origins) > 1 or not self._is_known(hosts[0]):
            return False
        if not origins:
            return not _lets_in(";".join(_all(headers, b"cookie")))
        origin = urlsplit(origins[0])
        return origin.scheme in ("http", "https") and self._is_known(origin.netloc)

    def _is_known(self, place: str) -> bool:
        domain, _ = split_domain_port(place)
        return bool(domain) and validate_host(domain, self.hosts)


def _all(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _lets_in(text: str) -> bool:
    try:
        names = SimpleCookie(text).keys()
    except CookieError:
        return True
    return any(name == SESSION or name.startswith(CLERK) for name in names)
