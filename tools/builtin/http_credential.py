"""A credential as an HTTP request carries it: bound to its hosts, and taken out of everything that comes back."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from django.conf import settings
from yarl import URL

from tools.contract import ToolProblem
from workspaces.credentials.fields import is_bound_to

HIDDEN = "[hidden]"
FORMS = "hosts, and token, or username and password, or header and value"
# Shorter values would hide ordinary letters all over an answer.
SHORTEST_HIDDEN = 4


@dataclass(frozen=True, slots=True)
class HttpCredential:
    """hosts: where it may be sent, one a line. headers: what it adds. secrets: in each form they may come back in."""

    hosts: str
    headers: Mapping[str, str]
    secrets: tuple[str, ...]

    def check(self, url: URL) -> None:
        """Pass a URL it may be sent to; raises ToolProblem naming the hosts it is for."""
        if not is_bound_to(self.hosts, str(url)):
            raise ToolProblem(
                f"This credential is sent to {', '.join(self.hosts.split())} only, not to {url.authority}."
            )
        listed = settings.OUTSIDE_PRIVATE_HOSTS
        if url.scheme != "https" and not listed.has(url.raw_host or "", url.port or 80):
            raise ToolProblem("A credential is sent over https only; over http everybody on the way could read it.")

    def hide(self, text: str) -> str:
        """The text without any of the secrets, in whatever form they came back."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


def from_fields(fields: Mapping[str, str]) -> HttpCredential:
    """From a credential's fields: hosts, and token, or username and password, or header and value.

    Raises ToolProblem where the fields are others; no value is in its text.
    """
    given = {name: str(value).strip() for name, value in fields.items() if str(value).strip()}
    if "hosts" not in given:
        raise ToolProblem(f"This credential names no host it may be sent to. It needs {FORMS}.")
    headers, plain = _carried(given)
    secrets = {form for value in plain for form in _forms(value)}
    return HttpCredential(given["hosts"], headers, tuple(sorted(secrets, key=len, reverse=True)))


def _carried(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The header and the secret texts in it."""
    if "token" in given:
        return {"Authorization": f"Bearer {given['token']}"}, [given["token"]]
    if "username" in given:
        pair = base64.b64encode(f"{given['username']}:{given.get('password', '')}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}, [given.get("password", ""), pair]
    if "header" in given and "value" in given:
        return {given["header"]: given["value"]}, [given["value"], given["value"].rpartition(" ")[2]]
    raise ToolProblem(f"This credential cannot be used for HTTP requests. It needs {FORMS}.")


def _forms(value: str) -> set[str]:
    """A secret as it may be written by a server that repeats it."""
    if len(value) < SHORTEST_HIDDEN:
        return set()
    packed = base64.b64encode(value.encode()).decode()
    return {value, packed, packed.rstrip("="), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
