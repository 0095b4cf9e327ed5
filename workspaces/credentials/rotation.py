"""Moves credentials to the newest master key, in batches, while everything else goes on.

A row is written only if its sealed value is still the one that was read, so whoever changes it meanwhile wins; readers
find the old value or the new one, and each names its key. Broken off, it goes on where it stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from workspaces.audit import log as audit
from workspaces.credentials.reading import place_of
from workspaces.credentials.sealing import Unreadable, master_keys, seal, unseal
from workspaces.models import Credential, KeyCheck
from workspaces.scope.tenancy import Purpose, system_scope

BATCH = 200
MOVE = (
    "UPDATE credentials c SET secret = v.new, key_id = v.new_key "
    "FROM unnest(%s::uuid[], %s::bytea[], %s::text[], %s::bytea[], %s::text[]) AS v(id, old, old_key, new, new_key) "
    "WHERE c.id = v.id AND c.key_id = v.old_key AND c.secret = v.old"
)


@dataclass(slots=True)
class Progress:
    """How far it is. unreadable: rows that do not open, by id, with the reason. remaining: rows by old key."""

    total: int = 0
    moved: int = 0
    unreadable: dict[UUID, str] = field(default_factory=dict)
    remaining: dict[str, int] = field(default_factory=dict)


def rotate() -> Iterator[Progress]:
    """Move every credential; the progress after each batch, and a last one when all is counted again."""
    progress = Progress(total=sum(_by_old_key().values()))
    while True:
        before, after = progress.moved, None
        while batch := next_batch(after, newest=master_keys().newest.id):
            after = batch[-1].pk
            progress.moved += move(batch, progress)
            yield progress
        progress.remaining = _by_old_key()
        if progress.moved == before or not progress.remaining:
            break
    _forget_unused_keys()
    yield progress


def give_up(key_id: str) -> int:
    """Remove every credential sealed under a lost key, for ever; how many."""
    with system_scope(Purpose.OPERATOR), transaction.atomic():
        lost = list(Credential.objects.filter(key_id=key_id).only("id", "name", "workspace_id"))
        Credential.objects.filter(key_id=key_id).delete()
        KeyCheck.objects.filter(key_id=key_id).delete()
        for row in lost:
            audit.record(
                "credential.given_up",
                workspace_id=row.workspace_id,
                target=("credential", row.pk, row.name),
                after={"lost_key": key_id},
            )
    return len(lost)


def next_batch(after: UUID | None, *, newest: str) -> list[Credential]:
    """Credentials behind this id that are not under the newest key."""
    rows = Credential.objects.exclude(key_id=newest)
    rows = rows.filter(pk__gt=after) if after else rows
    with system_scope(Purpose.OPERATOR):
        return list(rows.only("id", "workspace_id", "type_id", "secret", "key_id").order_by("pk")[:BATCH])


def move(batch: list[Credential], progress: Progress) -> int:
    """Seal them anew; how many were still the same and are written."""
    columns: tuple[list[object], ...] = ([], [], [], [], [])
    for row in batch:
        try:
            key_id, sealed = seal(unseal(row.secret, row.key_id, place_of(row)), place_of(row))
        except Unreadable as error:
            progress.unreadable[row.pk] = error.message
            continue
        for column, value in zip(columns, (row.pk, bytes(row.secret), row.key_id, sealed, key_id), strict=True):
            column.append(value)
    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        cursor.execute(MOVE, columns)
        return int(cursor.rowcount)


def _by_old_key() -> dict[str, int]:
    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        cursor.execute(
            "SELECT key_id, count(*) FROM credentials WHERE key_id <> %s GROUP BY key_id ORDER BY key_id",
            [master_keys().newest.id],
        )
        return dict(cursor.fetchall())


def _forget_unused_keys() -> None:
    """A key that is neither configured nor needed is no longer checked at the start."""
    known = {key.id for key in master_keys().keys}
    KeyCheck.objects.exclude(key_id__in=known).exclude(key_id__in=_by_old_key()).delete()
