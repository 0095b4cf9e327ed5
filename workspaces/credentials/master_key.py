"""Are these the master keys this database is sealed under? Asked before anything starts, with the cure when not.

A known text is kept sealed under each key in use (`key_checks`). A process whose key of the same name does not open it,
or that lacks a key which credentials still need, does not start.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db import connections, transaction
from django.db.utils import InterfaceError, OperationalError

from automatos.errors import Unavailable
from automatos.master_keys import MasterKey, MasterKeys
from automatos.waiting import why_refused
from workspaces.credentials.sealing import master_keys, seal_under, unseal_under
from workspaces.scope.tenancy import Purpose, system_statement

logger = logging.getLogger(__name__)

KNOWN = b"automatos"
GIVE_UP = "manage.py rotate_credentials --give-up"


class WrongMasterKey(SystemExit):
    """The start is over. The text names the key and the cure, never its bytes."""


def check(*, note: bool, using: str = "default") -> None:
    """Stop with WrongMasterKey unless every key this database needs is here and right.

    note: also keep a check of each key that has none yet. On a database without tables there is nothing to check.
    using: the connection; one that owns the tables will do as well.
    """
    keys = master_keys()
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('key_checks')")
        if cursor.fetchone()[0] is None:
            return
        cursor.execute(*system_statement(Purpose.OPERATOR))
        if note:
            _note(cursor, keys)
        _verify(cursor, keys)


def check_at_start() -> None:
    """The same for a process that serves. Works inside of an event loop, and leaves no connection open.

    A database that does not answer yet is no reason to stop: what seals for the first time asks again.
    """
    reason: object = why_refused()
    try:
        if not reason:
            _check_aside()
    except (OperationalError, InterfaceError) as error:
        reason = error
    if reason:
        logger.warning("The master keys are checked later, the database does not answer: %s", reason)


_checked = threading.Event()


def check_before_sealing() -> None:
    """Once in a process, where its start could not ask; raises Unavailable while the keys are wrong."""
    if _checked.is_set():
        return
    try:
        _check_aside()
    except WrongMasterKey as error:
        logger.error("Credentials cannot be saved: %s", error)
        raise Unavailable("Credentials cannot be saved: the master key is wrong. Ask the operator.") from None


def _check_aside() -> None:
    """On a connection of its own, since the role it takes lasts until the end of a transaction."""
    with ThreadPoolExecutor(1) as aside:
        aside.submit(_check_and_close).result()
    _checked.set()


def _check_and_close() -> None:
    try:
        check(note=True)
    finally:
        connections["default"].close()


def bound(key_id: str) -> bytes:
    """What a key's check is bound to."""
    return f"automatos/1|key-check|{key_id}".encode()


def _note(cursor: Any, keys: MasterKeys) -> None:
    cursor.execute("SELECT key_id FROM key_checks")
    known = {row[0] for row in cursor.fetchall()}
    for key in keys.keys:
        if key.id not in known:
            sealed = seal_under(key, KNOWN, bound(key.id))
            cursor.execute(
                "INSERT INTO key_checks (key_id, sealed, created_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
                [key.id, sealed],
            )


def _verify(cursor: Any, keys: MasterKeys) -> None:
    cursor.execute("SELECT key_id, sealed FROM key_checks")
    for key_id, sealed in cursor.fetchall():
        key = keys.get(key_id)
        if key is not None and not _opens(key, bytes(sealed)):
            raise WrongMasterKey(
                f"{keys.source}: key {key_id!r} is not the one this database was sealed under. Put the right key "
                f"back. A new key needs an id of its own: write it in front of the old one."
            )
    cursor.execute("SELECT key_id, count(*) FROM credentials GROUP BY key_id ORDER BY key_id")
    for key_id, count in cursor.fetchall():
        if keys.get(key_id) is None:
            raise WrongMasterKey(
                f"{keys.source}: {count:,} credentials are sealed under the master key {key_id!r}, which is missing. "
                f"Add it after the newest key, as {key_id}:…, and run manage.py rotate_credentials before removing it. "
                f"If it is lost for good, {GIVE_UP} {key_id} removes what it sealed."
            )


def _opens(key: MasterKey, sealed: bytes) -> bool:
    try:
        return unseal_under(key, sealed, bound(key.id)) == KNOWN
    except (InvalidTag, ValueError):
        return False
