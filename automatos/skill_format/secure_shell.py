"""git over SSH, in the cage: one key, the server's own keys known beforehand, and a connection to a checked address.

Nothing of the machine is read: no configuration, no agent, no keys or known hosts of whoever runs this.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from asgiref.sync import async_to_sync

from automatos.errors import wrong_field
from automatos.outside.errors import OutsideError
from automatos.outside.targets import Resolve, find_host
from automatos.private_hosts import PrivateHosts

USUAL_PORT = 22
LONGEST_ADDRESS = 500
EXAMPLE = "Write one such as git@github.com:owner/repository or ssh://git@host:22/owner/repository."
ADDRESS = re.compile(
    r"(?:ssh://(?P<user>[a-z_][a-z0-9_-]{0,31})@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::(?P<port>\d{1,5}))?/"
    r"|(?P<user2>[a-z_][a-z0-9_-]{0,31})@(?P<host2>[A-Za-z0-9][A-Za-z0-9.-]{0,252}):)"
    r"(?P<path>[A-Za-z0-9_~][A-Za-z0-9_.~+-]*(?:/[A-Za-z0-9_.~+-]+)*)/?"
)
OPTIONS = {
    "BatchMode": "yes",
    "CanonicalizeHostname": "no",
    "ClearAllForwardings": "yes",
    "ConnectTimeout": "15",
    "ControlPath": "none",
    "EscapeChar": "none",
    "ForwardAgent": "no",
    "GlobalKnownHostsFile": "/dev/null",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "LogLevel": "ERROR",
    "PermitLocalCommand": "no",
    "PreferredAuthentications": "publickey",
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",
}


@dataclass(frozen=True, slots=True)
class SshKey:
    """What opens a server: a private key, and the server's own keys, one a line as in a known_hosts file."""

    private_key: str = field(repr=False)
    host_keys: str


@dataclass(frozen=True, slots=True)
class SshPlace:
    """Where a repository is. ip: the checked address that a connection goes to. is_short: written as git@host:path."""

    user: str
    host: str
    port: int
    path: str
    ip: str
    is_short: bool

    @property
    def url(self) -> str:
        """As git takes it; a path of the short form begins in the user's own folder."""
        if self.is_short:
            return f"{self.user}@{self.host}:{self.path}"
        port = "" if self.port == USUAL_PORT else f":{self.port}"
        return f"ssh://{self.user}@{self.host}{port}/{self.path}"

    @property
    def name(self) -> str:
        """As a known_hosts file calls the server."""
        return name_of(self.host, self.port)


def name_of(host: str, port: int) -> str:
    """The server's name in a known_hosts file."""
    return host if port == USUAL_PORT else f"[{host}]:{port}"


def is_ssh(url: str) -> bool:
    """Whether the address means SSH, in either of its two forms."""
    return url.strip().lower().startswith("ssh://") or ADDRESS.fullmatch(url.strip()) is not None


def located(url: str, *, resolve: Resolve, private: PrivateHosts | None) -> SshPlace:
    """The repository's place, its host looked up and found public. Raises InvalidInput naming `url`."""
    found = ADDRESS.fullmatch(url.strip())
    port = int((found and found["port"]) or USUAL_PORT)
    if found is None or len(url) > LONGEST_ADDRESS or not 0 < port < 65_536 or ".." in found["path"].split("/"):
        raise wrong_field("url", f"This is not the address of a repository. {EXAMPLE}")
    host = (found["host"] or found["host2"]).lower()
    try:
        addresses = async_to_sync(find_host)(host, port, resolve=resolve, private=private)
    except OutsideError as error:
        raise wrong_field("url", error.message) from error
    user, is_short = found["user"] or found["user2"], bool(found["host2"])
    return SshPlace(user, host, port, found["path"], str(addresses[0]), is_short)


def needs_key(url: str) -> str:
    """What to say where an address of SSH came without a key."""
    found = ADDRESS.fullmatch(url.strip())
    instead = f" A public repository is at https://{found['host'] or found['host2']}/{found['path']}." if found else ""
    return f"An address of SSH needs a credential of the type SSH key.{instead}"


def server_of(url: str) -> str:
    """The server of such an address as a known_hosts file calls it; empty for any other address."""
    found = ADDRESS.fullmatch(url.strip())
    return name_of((found["host"] or found["host2"]).lower(), int(found["port"] or USUAL_PORT)) if found else ""


def knows(host_keys: str, url: str) -> bool:
    """Whether one of the lines is of the address's server."""
    name = server_of(url)
    return any(name in line.split()[0].lower().split(",") for line in host_keys.splitlines() if line.strip())


def environment(key: SshKey, place: SshPlace, folder: Path) -> dict[str, str]:
    """What git is told to connect with. Key and server's keys stand in the folder, for its owner's eyes only."""
    files = {"key": key.private_key.rstrip() + "\n", "known_hosts": key.host_keys.rstrip() + "\n"}
    for name, text in files.items():
        path = folder / name
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text)
    options = {
        **OPTIONS,
        "HostKeyAlias": place.name,
        "HostName": place.ip,
        "UserKnownHostsFile": str(folder / "known_hosts"),
    }
    given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    command = ["ssh", "-F", "/dev/null", "-i", str(folder / "key"), *given]
    return {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh", "GIT_ALLOW_PROTOCOL": "ssh"}
