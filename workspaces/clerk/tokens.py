"""Clerk's session tokens (https://clerk.com/docs/backend-requests/resources/session-tokens), verified strictly.

RS256 only, by a key of ours that the token merely names; nothing in a token says where a key is or how to check it.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from automatos.checking import unstorable_text
from automatos.clerk_settings import ClerkSettings
from automatos.paths import without_direction
from workspaces.clerk.keys import keys_of

ALGORITHM = "RS256"
LONGEST_TOKEN = 8192
LONGEST_NAME = 120
# Seconds that Clerk's clock and ours may differ.
LEEWAY = 5
COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
# Parameters that would bring a key along, change what is signed, or wrap another token.
REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "cty", "b64", "zip", "enc"})
REQUIRED = ("exp", "iat", "nbf", "iss", "sub", "sid")
TIMES = ("exp", "iat", "nbf")
LATEST_TIME = 2**40

SENTENCES: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "This Clerk token has expired. Get a new one.",
    jwt.ImmatureSignatureError: "This Clerk token is not valid yet. Check the clock of the machine that made it.",
    jwt.InvalidIssuerError: "This Clerk token was issued by another instance.",
    jwt.InvalidAudienceError: "This Clerk token is meant for another audience.",
    jwt.InvalidSignatureError: "The signature of this Clerk token is wrong.",
}


class BadToken(Exception):
    """A token that opens nothing. Its text is a sentence for the caller."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation that was active when the token was made. role: Clerk's, without `org:`."""

    id: str
    slug: str
    role: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. email: only when the token says it was verified. impersonator: who acts as `sub`."""

    sub: str
    sid: str
    issued_at: datetime
    organisation: Organisation | None
    name: str
    email: str
    impersonator: str


def verify(token: str, clerk: ClerkSettings) -> Claims:
    """The claims of a token that is good now. Raises BadToken, or Unavailable when Clerk's keys cannot be had."""
    if len(token) > LONGEST_TOKEN:
        raise BadToken(f"This Clerk token is longer than {LONGEST_TOKEN:,} characters.")
    if not COMPACT_JWS.fullmatch(token):
        raise BadToken("This is not a Clerk session token.")
    header, payload, _ = token.split(".")
    kid = _key_id(_json(header))
    claims = _json(payload)
    _check_types(claims)
    key = keys_of(clerk).find(kid)
    if key is None:
        raise BadToken("This Clerk token is signed with a key that is not ours.")
    try:
        jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=clerk.issuer,
            audience=clerk.audience or None,
            leeway=LEEWAY,
            options={"require": list(REQUIRED), "verify_aud": bool(clerk.audience)},
        )
    except jwt.MissingRequiredClaimError as error:
        raise BadToken(f"This Clerk token lacks the claim {error.claim}.") from None
    except jwt.PyJWTError as error:
        raise BadToken(SENTENCES.get(type(error), "This Clerk token cannot be used.")) from None
    _check_use(claims, clerk)
    return _claims(claims)


def _json(segment: str) -> dict[str, Any]:
    """A segment's object, read strictly: a name given twice could mean one thing here and another elsewhere."""
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadToken("This is not a Clerk session token.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _key_id(header: dict[str, Any]) -> str:
    if header.get("alg") != ALGORITHM:
        raise BadToken(f"A Clerk token is signed with {ALGORITHM}; this one is not.")
    refused = sorted(REFUSED_HEADERS & header.keys())
    if refused:
        raise BadToken(f"A Clerk token has no header {refused[0]}; this one does.")
    kind, kid = header.get("typ", "JWT"), header.get("kid")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise BadToken("This is not a Clerk session token.")
    if not isinstance(kid, str) or not kid or len(kid) > LONGEST_NAME:
        raise BadToken("This Clerk token does not name its key.")
    return kid


def _check_types(claims: dict[str, Any]) -> None:
    """Refuse claims that are missing, or that another reader could take for something else."""
    for name in REQUIRED:
        if claims.get(name) is None:
            raise BadToken(f"This Clerk token lacks the claim {name}.")
    for name in TIMES:
        value = claims[name]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 < value < LATEST_TIME:
            raise BadToken(f"The claim {name} of this Clerk token is not a time.")
    for name in ("iss", "sub", "sid"):
        _text(claims, name)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= len(value) <= LONGEST_NAME or unstorable_text(value):
        raise BadToken(f"The claim {name} of this Clerk token cannot be used.")
    return value


def _check_use(claims: dict[str, Any], clerk: ClerkSettings) -> None:
    """Whether the token was made for us, by a sign-in that is complete."""
    if clerk.authorized_parties and claims.get("azp") not in clerk.authorized_parties:
        raise BadToken("This Clerk token was made for another site (azp). Add yours to CLERK_AUTHORIZED_PARTIES.")
    if claims.get("sts", "active") != "active":
        raise BadToken("This sign-in at Clerk is not complete. Finish it there first.")


def _claims(claims: dict[str, Any]) -> Claims:
    acting = claims.get("act")
    return Claims(
        sub=claims["sub"],
        sid=claims["sid"],
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        organisation=_organisation(claims),
        name=without_direction(_optional(claims, "name")).strip(),
        email=_optional(claims, "email") if claims.get("email_verified") is True else "",
        impersonator=str(acting.get("sub", ""))[:LONGEST_NAME] if isinstance(acting, dict) else "",
    )


def _optional(claims: dict[str, Any], name: str) -> str:
    """A custom claim that only some instances add; what cannot be used counts as absent."""
    value = claims.get(name)
    return value.strip() if isinstance(value, str) and len(value) <= 254 and not unstorable_text(value) else ""


def _organisation(claims: dict[str, Any]) -> Organisation | None:
    """The active organisation: `o` since version 2, `org_id`, `org_slug` and `org_role` before."""
    given = claims.get("o")
    if given is None and claims.get("org_id") is None:
        return None
    if given is None:
        given = {"id": claims.get("org_id"), "slg": claims.get("org_slug"), "rol": claims.get("org_role")}
    if not isinstance(given, dict):
        raise BadToken("The organisation of this Clerk token cannot be used.")
    if claims.get("org_id") not in (None, given.get("id")):
        raise BadToken("This Clerk token names two organisations.")
    slug = _text(given, "slg") if given.get("slg") is not None else ""
    return Organisation(id=_text(given, "id"), slug=slug, role=_text(given, "rol").removeprefix("org:"))
