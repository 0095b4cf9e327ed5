"""Sessions whose keys only browsers know: the database holds hashes, so who reads its rows signs in as nobody."""

import base64
import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

# How a hash begins. A browser's key never does; where one is sent it is hashed like any other.
STORED = "h."
# Characters of a hash that are kept: 228 bits, and the column has room for 40 characters.
LENGTH = 38


def stored_key(key: str) -> str:
    """What the database has in place of a browser's key. Migration 0013 of this app says the same in SQL."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()).decode()
    return f"{STORED}{digest[:LENGTH]}"


class SessionStore(DatabaseStore):
    """`session_key` is the browser's. What is asked about another session by name may be given by its hash."""

    def _row(self) -> QuerySet[Session]:
        return Session.objects.filter(session_key=stored_key(self.session_key or ""), expire_date__gt=timezone.now())

    def _get_session_from_db(self) -> Session | None:
        return self._known(self._row().first())

    async def _aget_session_from_db(self) -> Session | None:
        return self._known(await self._row().afirst())

    def _known(self, row: Session | None) -> Session | None:
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return super().exists(_named(session_key))

    async def aexists(self, session_key: str) -> bool:
        """The same."""
        return await super().aexists(_named(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row as it is kept."""
        return _kept(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The same."""
        return _kept(await super().acreate_model_instance(data))

    def delete(self, session_key: str | None = None) -> None:
        """End a session: this one, or the one of that key."""
        if wanted := self._ending(session_key):
            Session.objects.filter(session_key=wanted).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        """The same."""
        if wanted := self._ending(session_key):
            await Session.objects.filter(session_key=wanted).adelete()

    def _ending(self, session_key: str | None) -> str:
        if session_key is not None:
            return _named(session_key)
        return stored_key(self.session_key) if self.session_key else ""


def _named(key: str) -> str:
    return key if key.startswith(STORED) else stored_key(key)


def _kept(row: AbstractBaseSession) -> AbstractBaseSession:
    row.session_key = stored_key(row.session_key)
    return row
