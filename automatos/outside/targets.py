"""From the text of a URL to the very addresses a connection may be made to."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from yarl import URL

from automatos.outside.addresses import check_address, check_name, literal
from automatos.outside.errors import Refused, Unreachable
from automatos.private_hosts import Address, PrivateHosts

LONGEST_URL = 8000
# Looks a name up: host and port in, addresses as text out. OSError where the name is not known.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads. addresses: checked; a connection may be made to these and to no other."""

    url: URL
    host: str
    port: int
    addresses: tuple[Address, ...]

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what a credential is bound to."""
        return self.url.scheme, self.host, self.port


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """The operating system's answer."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def parse_url(text: str) -> URL:
    """The URL, if it is one we request at all: http or https, no user name in it. Raises Refused."""
    if len(text) > LONGEST_URL:
        raise Refused(f"The address has {len(text):,} characters; at most {LONGEST_URL:,} are allowed.")
    if any(letter <= " " or letter in "\\\x7f" for letter in text):
        raise Refused("The address contains a blank, a control character or a backslash; write it as %20 and the like.")
    try:
        url = URL(text)
        port, host = url.port, url.host
    except ValueError:
        raise Refused("This is not an address. Write one such as https://example.com/page.") from None
    if url.scheme not in ("http", "https") or not host or port is None:
        raise Refused("Only addresses that start with http:// or https:// can be requested.")
    if url.user is not None or url.password is not None:
        raise Refused("The address contains a user name or password; use a credential instead.")
    return url.with_fragment(None)


async def find(text: str, *, resolve: Resolve = system_resolve, private: PrivateHosts | None = None) -> Target:
    """The URL with its checked addresses. Raises Refused, or Unreachable where the name is not known."""
    url = parse_url(text)
    # The form that is connected to is the form that was checked: encoded, lower case, without the root's dot.
    host, port = (url.raw_host or "").lower().rstrip("."), url.port or 0
    addresses = await find_host(host, port, resolve=resolve, private=private)
    return Target(url if url.raw_host == host else url.with_host(host), host, port, addresses)


async def find_host(
    host: str, port: int, *, resolve: Resolve = system_resolve, private: PrivateHosts | None = None
) -> tuple[Address, ...]:
    """The checked addresses of a host, for any protocol. A host with one private address is refused whole."""
    private = settings.OUTSIDE_PRIVATE_HOSTS if private is None else private
    given = literal(host)
    if given is None:
        check_name(host, port, private)
        addresses = await _looked_up(host, port, resolve)
    else:
        addresses = (given,)
    for address in addresses:
        check_address(address, host, port, private)
    return addresses


async def _looked_up(host: str, port: int, resolve: Resolve) -> tuple[Address, ...]:
    try:
        found = [ipaddress.ip_address(text) for text in await resolve(host, port)]
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found:
        raise Unreachable(f"No address is known for {host[:80]}. Check the name.")
    return tuple(dict.fromkeys(found))
