"""The address a request comes from. What a header claims counts only as far as the operator's own proxies wrote it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# For a web server on a socket file: it knows no address, and one common counter is safer than none.
UNKNOWN = "0.0.0.0"  # noqa: S104 (not an address to listen on)


def client_ip(request: HttpRequest) -> str:
    """The client's address, IPv4 or IPv6, in its usual spelling.

    With TRUSTED_PROXIES=n it is the n-th entry of X-Forwarded-For from the right, since each proxy appends the address
    it was called from. Entries further left are the client's own words. Without proxies the header is not looked at.
    """
    proxies = settings.TRUSTED_PROXIES
    direct = _address(request.META.get("REMOTE_ADDR", "")) or UNKNOWN
    if not proxies:
        return direct
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    # Fewer entries than proxies: the request went past one of them, so its header is nobody's word.
    return (_address(entries[-proxies]) if len(entries) >= proxies else "") or direct


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 a household or server gets of IPv6."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


def _address(text: str) -> str:
    """The address in an entry such as 192.0.2.1, 192.0.2.1:80, 2001:db8::1 or [2001:db8::1]:80; else empty."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found).partition("%")[0]
