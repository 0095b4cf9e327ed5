"""The hosts of a private network that the operator lets requests of ours reach (OUTSIDE_PRIVATE_HOSTS)."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from automatos import env

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
CURE = "Write host, host:port, an address or a network such as 10.1.0.0/16, separated by commas."


class UnreadableHost(ValueError):
    """An entry that names neither a host nor a network; its text is the entry."""


@dataclass(frozen=True, slots=True)
class PrivateHosts:
    """What may be reached although it is private. Each name and network has a port, or None for every port."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    def has_name(self, host: str, port: int) -> bool:
        """Whether the host is listed by its name."""
        return (host, None) in self.names or (host, port) in self.names

    def has_address(self, address: Address, port: int) -> bool:
        """Whether the address is in a listed network."""
        return any(
            listed in (None, port) and network.version == address.version and address in network
            for network, listed in self.networks
        )

    def has(self, host: str, port: int) -> bool:
        """Whether the host, a name or an address as text, is listed."""
        try:
            return self.has_address(ipaddress.ip_address(host), port)
        except ValueError:
            return self.has_name(host.lower().rstrip("."), port)


def parse(entries: Iterable[str]) -> PrivateHosts:
    """The entries of the setting; raises UnreadableHost for one that cannot be used.

    An entry is `host`, `host:port`, `192.0.2.7`, `192.0.2.7:8080`, `[::1]:8080` or a network such as `10.1.0.0/16`.
    """
    names: set[tuple[str, int | None]] = set()
    networks: list[tuple[Network, int | None]] = []
    for entry in entries:
        host, port = _split(entry)
        try:
            networks.append((ipaddress.ip_network(host, strict=False), port))
        except ValueError:
            name = host.lower().rstrip(".")
            if not NAME.fullmatch(name) or name.replace(".", "").isdigit():
                raise UnreadableHost(entry) from None
            names.add((name, port))
    return PrivateHosts(frozenset(names), tuple(networks))


def _split(entry: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", entry)
    plain = re.fullmatch(r"([^:\[\]]+)(?::(\d{1,5}))?", entry)
    found = bracketed or plain
    if found is None:
        if entry.count(":") > 1 and "[" not in entry:
            return entry, None
        raise UnreadableHost(entry)
    port = int(found[2]) if found[2] else None
    if port is not None and not 1 <= port <= 65535:
        raise UnreadableHost(entry)
    return found[1], port


def from_env(name: str) -> PrivateHosts:
    """The setting of this name; nonsense stops the start with the entry and the cure."""
    try:
        return parse(env.listing(name))
    except UnreadableHost as error:
        raise env.EnvError(name, f"contains {str(error)!r}, which is neither a host nor a network", CURE) from None
