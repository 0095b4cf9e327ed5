"""The public keys that Clerk's tokens are signed with: a fixed one, or Clerk's list, asked for rarely and kept long.

The list is taken anew every 300 s. A key id it does not have may be a new key, so it is then asked for at once, but not
twice within COOLDOWN, whatever comes in: strangers cannot make this server flood Clerk. When Clerk does not answer, the
keys there are stay good for a day. Processes share the last good list through Redis, sealed with SECRET_KEY, so that a
restart during an outage signs nobody out.
"""

import hashlib
import http.client
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core import signing
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError
from redis.exceptions import RedisError

from automatos.clerk_settings import BACKEND_KEYS, LEAST_KEY_BITS, ClerkSettings, usable_key
from automatos.errors import Unavailable
from automatos.events import sync_client

logger = logging.getLogger(__name__)

# Seconds.
LIFESPAN = 300.0
LONGEST_LIFE = 24 * 3600.0
COOLDOWN = 30.0
RETRY = 10.0
PATIENCE = 5.0

LONGEST_ANSWER = 256 * 1024
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


class Shelf(Protocol):
    """Where the last good list is kept for other processes."""

    def load(self) -> KeySet | None:
        """What was put there last; None when nothing usable is there."""

    def save(self, found: KeySet) -> None:
        """Put it there."""


class RedisShelf:
    """A shelf in Redis. What anyone else wrote there does not carry our seal and counts as nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = f"automatos:clerk-keys:{hashlib.sha256(url.encode()).hexdigest()[:16]}"

    def load(self) -> KeySet | None:
        """The list that a process with the same SECRET_KEY fetched from the same address."""
        try:
            sealed = sync_client().get(self.name)
            kept = signing.loads(sealed.decode(), salt=SALT) if isinstance(sealed, bytes) else None
        except (RedisError, signing.BadSignature, ValueError) as error:
            logger.warning("The kept Clerk keys cannot be read: %s", type(error).__name__)
            return None
        if kept is None or kept["url"] != self.url:
            return None
        return KeySet.of({"keys": kept["keys"]}, kept["asked_at"])

    def save(self, found: KeySet) -> None:
        """Keep it for as long as it may be used."""
        kept = {"url": self.url, "asked_at": found.asked_at, "keys": list(found.entries)}
        try:
            sync_client().set(self.name, signing.dumps(kept, salt=SALT), ex=int(LONGEST_LIFE))
        except RedisError as error:
            logger.warning("The Clerk keys cannot be kept: %s", type(error).__name__)


class RemoteKeys:
    """Clerk's list of keys. clock: seconds since 1970."""

    def __init__(
        self, url: str, *, bearer: str = "", shelf: Shelf | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.url = url
        self.headers = {"Accept": "application/json", "User-Agent": "automatos"}
        if bearer:
            self.headers["Authorization"] = f"Bearer {bearer}"
        self.shelf = shelf
        self.clock = clock
        self._held: KeySet | None = None
        self._not_before = 0.0
        self._lock = threading.Lock()

    def find(self, kid: str) -> RSAPublicKey | None:
        """The key of this id, or None. Raises Unavailable when no list could be had at all."""
        held = self._held
        if held is None or not self._younger(held, LIFESPAN):
            held = self._refreshed(held, wait=held is None or not self._younger(held, LONGEST_LIFE))
        if kid not in held.keys:
            held = self._refreshed(held, wait=True)
        return held.keys.get(kid)

    def _younger(self, held: KeySet, seconds: float) -> bool:
        return 0 <= self.clock() - held.asked_at < seconds

    def _refreshed(self, held: KeySet | None, *, wait: bool) -> KeySet:
        """A newer list where one may be asked for and comes; else the one held. One thread asks, others use what is."""
        if self._lock.acquire(blocking=wait, timeout=PATIENCE + 1 if wait else -1):
            try:
                if self._held is held and not self._adopted():
                    self._ask()
            finally:
                self._lock.release()
        if self._held is None or not self._younger(self._held, LONGEST_LIFE):
            raise Unavailable("Clerk's keys cannot be had right now. Try again in a moment.", retry_after=RETRY)
        return self._held

    def _adopted(self) -> bool:
        """Take over what another process fetched since."""
        kept = self.shelf.load() if self.shelf else None
        if kept is None or (self._held is not None and kept.asked_at <= self._held.asked_at):
            return False
        self._held = kept
        self._not_before = max(self._not_before, min(kept.asked_at, self.clock()) + COOLDOWN)
        return self._younger(kept, LIFESPAN)

    def _ask(self) -> None:
        now = self.clock()
        # A clock set back must not silence this for longer than the pause itself.
        if now < self._not_before <= now + COOLDOWN:
            return
        try:
            found = KeySet.of(_document(self.url, self.headers), now)
        except KeysUnavailable as error:
            logger.warning("Clerk's keys could not be fetched: %s", error)
            self._not_before = now + RETRY
            return
        self._held, self._not_before = found, now + COOLDOWN
        if self.shelf:
            self.shelf.save(found)


class FixedKey:
    """The one key of CLERK_JWT_KEY, whatever id a token gives it: PEM carries none."""

    def __init__(self, pem: str) -> None:
        self.key = usable_key(pem)

    def find(self, kid: str) -> RSAPublicKey | None:
        """The key."""
        return self.key


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from the address that was configured, and the secret key goes nowhere else."""

    def redirect_request(self, *args: Any) -> None:
        """Refuse: the answer counts as an error."""


def _document(url: str, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (settings allow http and https only)
    try:
        with urllib.request.build_opener(_NoRedirect()).open(request, timeout=PATIENCE) as answer:
            raw = answer.read(LONGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException) as error:
        raise KeysUnavailable(str(error)[:200]) from error
    if len(raw) > LONGEST_ANSWER:
        raise KeysUnavailable(f"The answer is longer than {LONGEST_ANSWER:,} bytes.")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise KeysUnavailable("The answer is not JSON.") from error


@cache
def keys_of(clerk: ClerkSettings) -> RemoteKeys | FixedKey:
    """The keys of an instance, shared by all threads of the process."""
    if clerk.jwt_key:
        return FixedKey(clerk.jwt_key)
    bearer = clerk.secret_key if clerk.jwks_url == BACKEND_KEYS else ""
    return RemoteKeys(clerk.jwks_url, bearer=bearer, shelf=RedisShelf(clerk.jwks_url))
