"""Which addresses are public, and which host names may be asked for at all."""

import ipaddress
import re
import time
from functools import lru_cache

import psutil

from automatos.outside.errors import Refused
from automatos.private_hosts import Address, PrivateHosts

# IANA special-purpose registries, multicast and reserved space, the retired 6to4 relays, and Azure's metadata host.
CLOSED_V4 = [
    ipaddress.IPv4Network(text)
    for text in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    ]
]
# Of IPv6 only global unicast space is public, without protocol assignments such as Teredo, documentation and 6to4.
OPEN_V6 = ipaddress.IPv6Network("2000::/3")
CLOSED_V6 = [
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address stands in the last 32 bits

PRIVATE_SUFFIXES = (
    *("localhost", "local", "localdomain", "internal", "intranet", "lan", "private", "corp", "home"),
    *("home.arpa", "in-addr.arpa", "ip6.arpa", "onion", "invalid"),
)
HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
OWN_SECONDS = 60


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet and not to this machine.

    Of an IPv6 address that carries an IPv4 one (mapped, NAT64) the inner one counts.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.scope_id or address not in OPEN_V6 or any(address in network for network in CLOSED_V6):
            return False
    elif any(address in network for network in CLOSED_V4):
        return False
    return str(address) not in _own(int(time.monotonic() // OWN_SECONDS))


@lru_cache(maxsize=1)
def _own(period: int) -> frozenset[str]:
    """The addresses of this machine's interfaces: a firewall does not stand between them and us."""
    return frozenset(
        found.address.partition("%")[0] for interface in psutil.net_if_addrs().values() for found in interface
    )


def literal(host: str) -> Address | None:
    """The address a host of a URL is written as, or None for a name.

    Raises Refused for the shorthands some resolvers read as addresses: one number, octal, hexadecimal, fewer parts.
    """
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if last.isdigit() or re.fullmatch(r"0[xX][0-9a-fA-F]*", last):
            raise Refused(
                f"The address {host[:80]} is not written as four decimal numbers, such as 93.184.216.34."
            ) from None
        return None


def check_name(host: str, port: int, private: PrivateHosts) -> None:
    """Pass a host name that may be looked up; raise Refused for one that cannot be public."""
    if private.has_name(host, port):
        return
    if len(host) > 253 or not HOST_NAME.fullmatch(host):
        raise Refused(f"{host[:80]!r} is not a host name.")
    if "." not in host or host.endswith(tuple(f".{suffix}" for suffix in PRIVATE_SUFFIXES)):
        raise Refused(f"{host[:80]} names a host of a private network; only public addresses may be reached.")


def check_address(address: Address, host: str, port: int, private: PrivateHosts) -> None:
    """Pass an address that may be connected to under this host name; raise Refused otherwise."""
    if is_public(address) or private.has_name(host, port) or private.has_address(address, port):
        return
    raise Refused(f"{host[:80]} leads to a private address; only public addresses may be reached.")
