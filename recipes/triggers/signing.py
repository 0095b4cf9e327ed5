"""Whether a message is signed with a secret that its sender and a trigger share. No database.

Two ways: Standard Webhooks (https://www.standardwebhooks.com), and a plain HMAC of the body in a header of choice, as
GitHub, Stripe's kin and many others send it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from automatos.errors import NotSignedIn

STANDARD, HMAC = "standard", "hmac"
# Not a scheme of messages: the secret in the address of a form.
ADDRESS = "address"
SCHEMES = (STANDARD, HMAC)
ALGORITHMS = ("sha256", "sha512", "sha1")
ENCODINGS = ("hex", "base64")
# Seconds that a message's own time may differ from ours.
WINDOW = 300
DEFAULTS = {"header": "X-Hub-Signature-256", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex"}
UNSIGNED = "The signature of this message is missing or wrong, or the message is older than five minutes."


def new_secret(scheme: str) -> str:
    """A secret nobody can guess, as the scheme writes it."""
    if scheme == ADDRESS:
        return secrets.token_urlsafe(24)
    raw = secrets.token_bytes(32)
    return f"whsec_{base64.b64encode(raw).decode()}" if scheme == STANDARD else raw.hex()


def secret_problem(scheme: str, secret: str) -> str:
    """Why a secret of the sender's cannot be used; empty when it can."""
    if not 16 <= len(secret) <= 200 or not secret.isascii() or not secret.isprintable():
        return "A secret has 16 to 200 printable characters. Leave it out and one is made."
    if scheme == STANDARD:
        try:
            long_enough = len(base64.b64decode(secret.removeprefix("whsec_") + "==", validate=False)) >= 16
        except (binascii.Error, ValueError):
            long_enough = False
        if not long_enough:
            return "A secret of Standard Webhooks is whsec_ with base64 behind it. Leave it out and one is made."
    return ""


def verify(config: Mapping[str, Any], known: Iterable[str], body: bytes, headers: Mapping[str, str]) -> None:
    """Pass a message signed with one of the secrets, else raise NotSignedIn. headers: names in small letters."""
    check = _is_standard if config.get("scheme") == STANDARD else _is_hmac
    if not any(check(config, secret, body, headers) for secret in known):
        raise NotSignedIn(UNSIGNED)


def _is_standard(config: Mapping[str, Any], secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    given = {f"webhook-{part}": headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature")}
    try:
        Webhook(secret).verify(body, given, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _is_hmac(config: Mapping[str, Any], secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    chosen = {**DEFAULTS, **config}
    given = headers.get(str(chosen["header"]).lower(), "").strip()
    prefix = str(chosen["prefix"])
    if not given.startswith(prefix):
        return False
    signed = body
    if name := chosen.get("timestamp_header"):
        moment = headers.get(str(name).lower(), "").strip()
        if not moment.isascii() or not moment.isdigit() or len(moment) > 12 or abs(time.time() - int(moment)) > WINDOW:
            return False
        signed = moment.encode() + b"." + body
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, str(chosen["algorithm"]))).digest()
    wanted = digest.hex() if chosen["encoding"] == "hex" else base64.b64encode(digest).decode()
    found = given.removeprefix(prefix)
    found = found.lower() if chosen["encoding"] == "hex" else found
    return hmac.compare_digest(wanted.encode(), found.encode("utf-8", "replace"))
