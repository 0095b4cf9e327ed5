"""What passes between those who sign in and the wire."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automatos.errors import AppError

LONGEST_SCOPE = 2000


class SignInProblem(AppError):
    """Signing in came to nothing. is_final: trying again will not help; a person has to connect anew."""

    code = "mcp_sign_in"
    http_status = 502

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message[:500])
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Authority:
    """An authorization server and what it is asked for. resource: what the tokens are to be good for."""

    issuer: str
    authorize_url: str
    token_url: str
    registration_url: str
    takes_documents: bool
    sends_issuer: bool
    is_basic: bool
    resource: str
    scope: str


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to an authorization server. secret: empty for a public client."""

    id: str
    secret: str = ""
    is_basic: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """What came of it. seconds: how long the access token is good for; None where nobody said."""

    access: str
    refresh: str
    seconds: int | None
    scope: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One request for tokens. form: what proves that they are due."""

    token_url: str
    client: Client
    resource: str
    form: Mapping[str, str]


def challenged(header: str, name: str) -> str | None:
    """A value of a WWW-Authenticate header; None where it has none of this name."""
    found = re.search(rf'(?:^|[\s,]){name}=(?:"([^"]*)"|([^\s,]+))', header[:4000])
    return (found.group(1) or found.group(2) or None) if found else None


def printable(text: Any) -> str:
    """What another side said, without what no column and no header holds."""
    return "".join(letter for letter in str(text) if letter.isprintable())


def joined(*scopes: str) -> str:
    """Scopes of several lists, each once, in their order."""
    return " ".join(dict.fromkeys(" ".join(scopes).split()))[:LONGEST_SCOPE]
