"""Moves what is sealed to the newest master key, in batches, while everything else goes on.

That is credentials, and sealed columns of other apps, whose configs name them in `sealed_tables`. A row is written only
if its sealed value is still the one that was read, so whoever changes it meanwhile wins; readers find the old value or
the new one, and each names its key. Broken off, it goes on where it stopped.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from workspaces.audit import log as audit
from workspaces.credentials.sealing import INSTALLATION, Place, Unreadable, master_keys, seal, unseal
from workspaces.models import Credential, KeyCheck
from workspaces.scope.tenancy import Purpose, system_scope

BATCH = 200
READ = "SELECT id, workspace_id, {kind}, secret, key_id FROM {name} WHERE key_id NOT IN ('', %s)"
COUNT = "SELECT key_id, count(*) FROM {name} WHERE key_id NOT IN ('', %s) GROUP BY key_id"
MOVE = (
    "UPDATE {name} c SET secret = v.new, key_id = v.new_key "
    "FROM unnest(%s::uuid[], %s::bytea[], %s::text[], %s::bytea[], %s::text[]) AS v(id, old, old_key, new, new_key) "
    "WHERE c.id = v.id AND c.key_id = v.old_key AND c.secret = v.old"
)
EMPTY = "UPDATE {name} SET secret = '', key_id = '' WHERE key_id = %s RETURNING id, workspace_id, {kind}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns id, workspace_id, secret, key_id. kind: of its rows' places, as SQL."""

    name: str
    kind: str

    def sql(self, statement: str) -> str:
        """One of the statements above about this table; both words come from code."""
        return statement.format(name=self.name, kind=self.kind)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row's sealed value, and where it belongs."""

    place: Place
    secret: bytes
    key_id: str


@dataclass(slots=True)
class Progress:
    """How far it is. unreadable: rows that do not open, by id, with the reason. remaining: rows by old key."""

    total: int = 0
    moved: int = 0
    unreadable: dict[UUID, str] = field(default_factory=dict)
    remaining: dict[str, int] = field(default_factory=dict)


CREDENTIALS = Table("credentials", "type_id")


def tables() -> list[Table]:
    """Credentials first, then what the apps' configs name: the table, and the kind its rows are sealed as."""
    named = [getattr(config, "sealed_tables", {}) for config in apps.get_app_configs()]
    return [CREDENTIALS, *(Table(name, f"'{kind}'") for one in named for name, kind in one.items())]


def rotate() -> Iterator[Progress]:
    """Move every sealed row; the progress after each batch, and a last one when all is counted again."""
    progress = Progress(total=sum(_by_old_key().values()))
    while True:
        before = progress.moved
        for table in tables():
            after = None
            while batch := next_batch(table, after, newest=master_keys().newest.id):
                after = batch[-1].place.row_id
                progress.moved += move(table, batch, progress)
                yield progress
        progress.remaining = _by_old_key()
        if progress.moved == before or not progress.remaining:
            break
    _forget_unused_keys()
    yield progress


def give_up(key_id: str) -> int:
    """Remove what was sealed under a lost key, for ever: credentials, and sealed columns of other rows; how many."""
    with system_scope(Purpose.OPERATOR), transaction.atomic():
        lost = list(Credential.objects.filter(key_id=key_id).only("id", "name", "workspace_id"))
        Credential.objects.filter(key_id=key_id).delete()
        KeyCheck.objects.filter(key_id=key_id).delete()
        targets: list[tuple[UUID | None, tuple[str, UUID, str]]]
        targets = [(row.workspace_id, ("credential", row.pk, row.name)) for row in lost]
        for table in tables():
            targets += [(workspace, (kind, pk, table.name)) for pk, workspace, kind in _emptied(table, key_id)]
        for workspace_id, target in targets:
            if workspace_id is not None:
                audit.record(
                    "credential.given_up", workspace_id=workspace_id, target=target, after={"lost_key": key_id}
                )
    return len(targets)


def next_batch(table: Table, after: UUID | None, *, newest: str) -> list[Sealed]:
    """Rows behind this id that are not under the newest key."""
    statement = f"{table.sql(READ)} AND (%s::uuid IS NULL OR id > %s) ORDER BY id LIMIT %s"
    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        cursor.execute(statement, [newest, after, after, BATCH])
        return [
            Sealed(Place(workspace_id or INSTALLATION, pk, kind), bytes(secret), key_id)
            for pk, workspace_id, kind, secret, key_id in cursor.fetchall()
        ]


def move(table: Table, batch: list[Sealed], progress: Progress) -> int:
    """Seal them anew; how many were still the same and are written."""
    columns: tuple[list[object], ...] = ([], [], [], [], [])
    for row in batch:
        try:
            key_id, sealed = seal(unseal(row.secret, row.key_id, row.place), row.place)
        except Unreadable as error:
            progress.unreadable[row.place.row_id] = error.message
            continue
        for column, value in zip(columns, (row.place.row_id, row.secret, row.key_id, sealed, key_id), strict=True):
            column.append(value)
    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        cursor.execute(table.sql(MOVE), columns)
        return int(cursor.rowcount)


def _emptied(table: Table, key_id: str) -> list[tuple[UUID, UUID | None, str]]:
    """Take the sealed values under this key away; of whom, as (row, workspace, kind)."""
    with connection.cursor() as cursor:
        cursor.execute(table.sql(EMPTY), [key_id])
        return list(cursor.fetchall())


def _by_old_key() -> dict[str, int]:
    """How many rows are under each key but the newest."""
    found: Counter[str] = Counter()
    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        for table in tables():
            cursor.execute(table.sql(COUNT), [master_keys().newest.id])
            found.update(dict(cursor.fetchall()))
    return dict(sorted(found.items()))


def _forget_unused_keys() -> None:
    """A key that is neither configured nor needed is no longer checked at the start."""
    known = {key.id for key in master_keys().keys}
    KeyCheck.objects.exclude(key_id__in=known).exclude(key_id__in=_by_old_key()).delete()
