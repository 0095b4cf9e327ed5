"""Signatures of packages: Ed25519 over slug, version and digest, so that one cannot be moved to another package."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from automatos.errors import wrong_field

HEADING = "automatos plugin signature v1"
KEY_BYTES, SIGNATURE_BYTES = 32, 64


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key. text: its 32 bytes in Base64; fingerprint: their SHA-256 in hexadecimal."""

    text: str
    fingerprint: str


def message(*, slug: str, version: str, digest: str) -> bytes:
    """What is signed."""
    return f"{HEADING}\n{slug}\n{version}\n{digest}\n".encode()


def read_public_key(text: str) -> PublicKey:
    """A key written as Base64 of its 32 bytes, or as PEM. Raises InvalidInput naming `public_key`."""
    raw = _from_pem(text) if "BEGIN" in text else _decoded(text)
    if raw is None or len(raw) != KEY_BYTES:
        raise wrong_field(
            "public_key",
            "This is no Ed25519 public key. Send its PEM, or its 32 bytes in Base64. "
            "`openssl genpkey -algorithm ed25519 -out key.pem` makes a pair, "
            "`openssl pkey -in key.pem -pubout` shows the public half.",
        )
    return PublicKey(base64.b64encode(raw).decode(), hashlib.sha256(raw).hexdigest())


def read_private_key(pem: bytes) -> Ed25519PrivateKey:
    """A private key from its PEM, without a password. Raises InvalidInput naming `key`."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise wrong_field("key", f"The private key cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise wrong_field("key", "This is no Ed25519 key.")
    return key


def public_key_of(key: Ed25519PrivateKey) -> PublicKey:
    """Its public half."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return PublicKey(base64.b64encode(raw).decode(), hashlib.sha256(raw).hexdigest())


def sign(key: Ed25519PrivateKey, *, slug: str, version: str, digest: str) -> str:
    """The signature in Base64."""
    return base64.b64encode(key.sign(message(slug=slug, version=version, digest=digest))).decode()


def read_signature(text: str) -> str:
    """A signature as it is kept. Raises InvalidInput naming `signature` for what cannot be one."""
    raw = _decoded(text)
    if raw is None or len(raw) != SIGNATURE_BYTES:
        raise wrong_field("signature", "This is no Ed25519 signature. Send its 64 bytes in Base64.")
    return base64.b64encode(raw).decode()


def fits(signature: str, public_key: str, *, slug: str, version: str, digest: str) -> bool:
    """Whether this key made the signature for exactly this package."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signature), message(slug=slug, version=version, digest=digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def _from_pem(text: str) -> bytes | None:
    try:
        key = serialization.load_pem_public_key(text.strip().encode())
    except ValueError:
        return None
    if not isinstance(key, Ed25519PublicKey):
        return None
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
