"""The CLERK_ settings: read from the environment, checked, and kept in one value. Without a key Clerk is off."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from automatos import env

BACKEND_KEYS = "https://api.clerk.com/v1/jwks"
WELL_KNOWN = "/.well-known/jwks.json"
LEAST_KEY_BITS = 2048
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s,?#]+")


@dataclass(frozen=True, slots=True)
class ClerkSettings:
    """What is known of the Clerk instance whose people may come in.

    jwt_key: its public key as PEM; when empty, keys come from jwks_url. authorized_parties: the origins (`azp`) a token
    may be made for; empty: any. audience: empty: not asked for. cookie_suffix: what the name of this instance's cookie
    ends in; empty: not known.
    """

    issuer: str = ""
    jwks_url: str = ""
    jwt_key: str = ""
    secret_key: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    authorized_parties: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    cookie_suffix: str = ""

    @property
    def on(self) -> bool:
        """Whether Clerk's tokens are a way in."""
        return bool(self.jwt_key or self.jwks_url)


def read() -> ClerkSettings:
    """The settings as the environment has them. Raises EnvError naming the variable and the cure."""
    publishable = env.text("CLERK_PUBLISHABLE_KEY")
    frontend = _frontend_host(publishable) if publishable else ""
    secret_key = _secret_key()
    jwt_key = _jwt_key()
    jwks_url = "" if jwt_key else _jwks_url(frontend, secret_key)
    return ClerkSettings(
        issuer=_issuer(frontend, jwks_url, needed=bool(jwt_key or jwks_url)),
        jwks_url=jwks_url,
        jwt_key=jwt_key,
        secret_key=secret_key,
        webhook_secret=_webhook_secret(),
        authorized_parties=_authorized_parties(),
        audience=tuple(env.listing("CLERK_AUDIENCE")),
        cookie_suffix=cookie_suffix(publishable) if publishable else "",
    )


def cookie_suffix(publishable_key: str) -> str:
    """The first eight characters of the publishable key's SHA-1 in URL-safe base64, as Clerk's SDKs name cookies."""
    digest = hashlib.sha1(publishable_key.encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).decode()[:8]


def usable_key(pem: str) -> RSAPublicKey | None:
    """The RSA public key in a PEM text, or None when it is something else or too short."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_KEY_BITS else None


def _frontend_host(publishable_key: str) -> str:
    """The host of the instance's frontend API, which the publishable key carries as base64 of `host$`."""
    kind, _, encoded = publishable_key.rpartition("_")
    try:
        host = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        host = ""
    if kind not in {"pk_test", "pk_live"} or not re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9-]+\$", host):
        raise env.EnvError(
            "CLERK_PUBLISHABLE_KEY",
            "is not a publishable key",
            "Copy the one that starts with pk_test_ or pk_live_ from Clerk's API keys page.",
        )
    return host.removesuffix("$")


def _secret_key() -> str:
    key = env.text("CLERK_SECRET_KEY")
    if key and not re.fullmatch(r"sk_(test|live)_[A-Za-z0-9]+", key):
        raise env.EnvError(
            "CLERK_SECRET_KEY",
            "is not a secret key",
            "Copy the one that starts with sk_test_ or sk_live_ from Clerk's API keys page.",
        )
    return key


def _jwt_key() -> str:
    """The PEM text; a value on one line may write its line breaks as \\n."""
    pem = env.text("CLERK_JWT_KEY").replace("\\n", "\n")
    if pem and usable_key(pem) is None:
        raise env.EnvError(
            "CLERK_JWT_KEY",
            f"is not an RSA public key of {LEAST_KEY_BITS} bits or more",
            "Copy the JWKS public key, from -----BEGIN PUBLIC KEY----- on, from Clerk's API keys page.",
        )
    return pem


def _jwks_url(frontend: str, secret_key: str) -> str:
    given = _secure_url("CLERK_JWKS_URL")
    if given:
        return given
    if frontend:
        return f"https://{frontend}{WELL_KNOWN}"
    return BACKEND_KEYS if secret_key else ""


def _issuer(frontend: str, jwks_url: str, *, needed: bool) -> str:
    given = _secure_url("CLERK_ISSUER")
    if given or not needed:
        return given
    if frontend:
        return f"https://{frontend}"
    if jwks_url.endswith(WELL_KNOWN):
        return jwks_url.removesuffix(WELL_KNOWN)
    raise env.EnvError(
        "CLERK_ISSUER", "is not set", "Set it to your Clerk Frontend API URL, or set CLERK_PUBLISHABLE_KEY."
    )


def _secure_url(name: str) -> str:
    """An https:// address. http:// only on this machine: whoever can change the answer can sign anyone in."""
    value = env.url(name, schemes=("https", "http"))
    parts = urlsplit(value)
    if value and not parts.hostname:
        raise env.EnvError(name, "has no host", "Write an address such as https://clerk.example.com.")
    if parts.scheme == "http" and not _on_this_machine(parts.hostname or ""):
        raise env.EnvError(name, "is not encrypted", "It has to start with https:// unless it is on this machine.")
    return value


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _authorized_parties() -> tuple[str, ...]:
    parties = env.listing("CLERK_AUTHORIZED_PARTIES")
    for party in parties:
        if not ORIGIN.fullmatch(party):
            raise env.EnvError(
                "CLERK_AUTHORIZED_PARTIES",
                f"has {party!r}, which is not an origin",
                "Write origins such as https://app.example.com with commas between them.",
            )
    return tuple(parties)


def _webhook_secret() -> str:
    secret = env.text("CLERK_WEBHOOK_SECRET")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if secret and len(key) < 16:
        raise env.EnvError(
            "CLERK_WEBHOOK_SECRET",
            "is not a signing secret",
            "Copy the one that starts with whsec_ from the endpoint's page in Clerk.",
        )
    return secret
