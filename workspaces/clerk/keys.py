"""The public keys that Clerk's tokens are signed with: a fixed one, or Clerk's list, asked for rarely and kept long.

The list is taken anew every 300 s. A key id it does not have may be a new key, so it is then asked for at once, but not
twice within COOLDOWN, whatever comes in: strangers cannot make this server flood Clerk. When Clerk does not answer, the
keys there are stay good for a day. Processes share the last good list (`clerk_key_sets.py`), so that a restart during
an outage signs nobody out.
"""

import http.client
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from automatos.clerk_settings import BACKEND_KEYS, ClerkSettings, usable_key
from automatos.errors import Unavailable
from workspaces.clerk.key_sets import LONGEST_LIFE, KeySet, KeysUnavailable, SharedShelf

logger = logging.getLogger(__name__)

# Seconds.
LIFESPAN = 300.0
COOLDOWN = 30.0
RETRY = 10.0
PATIENCE = 5.0

LONGEST_ANSWER = 256 * 1024


class RemoteKeys:
    """Clerk's list of keys. clock: seconds since 1970."""

    def __init__(
        self, url: str, *, bearer: str = "", shelf: SharedShelf | None = None, clock: Callable[[], float] = time.time
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
    return RemoteKeys(clerk.jwks_url, bearer=bearer, shelf=SharedShelf(clerk.jwks_url))
