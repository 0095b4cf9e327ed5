"""Lists of Clerk's public keys, and where the last good one is kept for other processes and for the next start."""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core import signing
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError
from redis.exceptions import RedisError

from automatos.clerk_settings import LEAST_KEY_BITS
from automatos.events import sync_client
from automatos.storage import objects
from automatos.storage.store import StorageDown

logger = logging.getLogger(__name__)

# Seconds for which a list may be used when no newer one can be had.
LONGEST_LIFE = 24 * 3600.0
MOST_KEYS = 50
SALT = "workspaces.clerk_keys"


class KeysUnavailable(Exception):
    """Clerk did not give a usable list of keys."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys by their id. asked_at: seconds since 1970. entries: the same keys as JSON Web Keys."""

    keys: dict[str, RSAPublicKey]
    asked_at: float
    entries: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, document: Any, asked_at: float) -> "KeySet":
        """The RSA signing keys in a parsed JWKS document (RFC 7517); raises KeysUnavailable when it has none."""
        listed = document.get("keys") if isinstance(document, dict) else None
        found: dict[str, tuple[RSAPublicKey, dict[str, Any]]] = {}
        for entry in (listed if isinstance(listed, list) else [])[:MOST_KEYS]:
            key = _signing_key(entry)
            if key is not None:
                found[entry["kid"]] = (key, entry)
        if not found:
            raise KeysUnavailable("The answer holds no RSA signing key.")
        keys = {kid: key for kid, (key, _) in found.items()}
        return cls(keys=keys, asked_at=asked_at, entries=tuple(entry for _, entry in found.values()))


def _signing_key(entry: Any) -> RSAPublicKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or not entry["kid"]:
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        key = RSAAlgorithm.from_jwk(entry)
    except (InvalidKeyError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_KEY_BITS else None


class SharedShelf:
    """A shelf in Redis, where all processes look, and in the file storage, because Redis forgets when it restarts.

    What anyone else wrote there does not carry our seal (SECRET_KEY) and counts as nothing.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        mark = hashlib.sha256(url.encode()).hexdigest()[:16]
        self.name, self.path = f"automatos:clerk-keys:{mark}", f"clerk-keys/{mark}"

    def load(self) -> KeySet | None:
        """The list that a process with the same SECRET_KEY fetched from the same address; None without one."""
        return self._opened(self._of_redis()) or self._opened(self._of_storage())

    def save(self, found: KeySet) -> None:
        """Keep it in both places."""
        kept = {"url": self.url, "asked_at": found.asked_at, "keys": list(found.entries)}
        sealed = signing.dumps(kept, salt=SALT)
        try:
            sync_client().set(self.name, sealed, ex=int(LONGEST_LIFE))
        except RedisError as error:
            logger.warning("Redis does not keep the Clerk keys: %s", type(error).__name__)
        try:
            objects.write(self.path, sealed.encode())
        except StorageDown as error:
            logger.warning("The file storage does not keep the Clerk keys: %s", type(error).__name__)

    def _of_redis(self) -> bytes | None:
        try:
            sealed = sync_client().get(self.name)
        except RedisError as error:
            logger.warning("The Clerk keys cannot be read from Redis: %s", type(error).__name__)
            return None
        return sealed if isinstance(sealed, bytes) else None

    def _of_storage(self) -> bytes | None:
        try:
            return objects.read(self.path)
        except (FileNotFoundError, StorageDown):
            return None

    def _opened(self, sealed: bytes | None) -> KeySet | None:
        if sealed is None:
            return None
        try:
            kept = signing.loads(sealed.decode(), salt=SALT)
            return KeySet.of({"keys": kept["keys"]}, kept["asked_at"]) if kept["url"] == self.url else None
        except (signing.BadSignature, KeysUnavailable, ValueError) as error:
            logger.warning("The kept Clerk keys cannot be read: %s", type(error).__name__)
            return None
