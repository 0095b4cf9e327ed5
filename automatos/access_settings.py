"""Settings of the two ways in that an operator opens by hand: one key from the environment, and open access."""

import argparse
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from automatos import env

SHORTEST_KEY = 24
ROLES = ("viewer", "editor", "admin")


def orchestrator_key() -> str:
    """ORCHESTRATOR_API_KEY; empty when there is none."""
    key = env.text("ORCHESTRATOR_API_KEY")
    if key and len(key) < SHORTEST_KEY:
        cure = f"Use {SHORTEST_KEY} or more random characters, for example from `openssl rand -hex 24`."
        raise env.EnvError("ORCHESTRATOR_API_KEY", f"has only {len(key)} characters and could be guessed", cure)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise env.EnvError("ORCHESTRATOR_API_KEY", "cannot be sent in a header", "Use letters, digits, - and _.")
    return key


def require_auth(allowed_hosts: Sequence[str]) -> bool:
    """REQUIRE_AUTH. Without it the names the server answers to have to be listed: they keep other sites' pages out."""
    required = env.boolean("REQUIRE_AUTH", True)
    if not required and any(host == "*" for host in allowed_hosts):
        cure = "List the names this installation is reached by, or set REQUIRE_AUTH=true."
        raise env.EnvError("ALLOWED_HOSTS", "takes any name, which with REQUIRE_AUTH=false opens it to any site", cure)
    return required


def require_loopback(arguments: Sequence[str], public_url: str) -> None:
    """EnvError unless this command line is uvicorn's and it listens on this machine alone.

    public_url: where people reach it, or empty. A proxy in front calls from this machine, and may say so nowhere.
    """
    consent = (
        "set REQUIRE_AUTH=true, or, if anyone who reaches the server may do everything, say so with "
        "OPEN_ACCESS_CONSENT=true."
    )
    if not _on_loopback(arguments):
        cure = f"Let uvicorn listen on --host 127.0.0.1, {consent}"
        raise env.EnvError("REQUIRE_AUTH", "is false, and the server listens to other machines", cure)
    if public_url and not is_loopback(urlsplit(public_url).hostname or ""):
        cure = f"Leave PUBLIC_URL out, {consent}"
        raise env.EnvError("REQUIRE_AUTH", "is false, and PUBLIC_URL says that others reach the server", cure)


def _on_loopback(arguments: Sequence[str]) -> bool:
    program = Path(arguments[0]) if arguments else Path()
    if "uvicorn" not in (program.stem, program.parent.name):
        return False
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--host", default=os.environ.get("UVICORN_HOST", "127.0.0.1"))
    parser.add_argument("--uds", default=os.environ.get("UVICORN_UDS"))
    parser.add_argument("--fd", default=os.environ.get("UVICORN_FD"))
    try:
        found, _ = parser.parse_known_args(list(arguments[1:]))
    except argparse.ArgumentError:
        return False
    # Behind a socket file or a handed-over one somebody else listens, and nobody knows where.
    return found.uds is None and found.fd is None and is_loopback(found.host)


def is_loopback(host: str) -> bool:
    """Whether a name or an address, without a port, means this machine alone."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
