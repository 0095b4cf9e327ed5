"""Adds to the audit log: one chain of entries for each workspace, each sealed with the hash of the one before."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from automatos import request_id
from workspaces.audit.values import changes, plain
from workspaces.models import AuditEntry, Workspace
from workspaces.scope import acting

__all__ = ["changes", "record", "record_row", "seal"]

SEALED = (
    "workspace_id", "seq", "at", "actor_id", "actor", "via", "credential", "ip", "request_id", "action", "target_type",
    "target_id", "target", "before", "after", "previous_hash",
)  # fmt: skip
# The entry and the chain's new end in one statement: a busy door waits for the database once less.
_ADD = (
    f"WITH entry AS (INSERT INTO audit_log ({', '.join(SEALED)}, hash) VALUES ("  # noqa: S608 (our own names)
    + ", ".join("%s::jsonb" if name in ("before", "after") else "%s" for name in SEALED)
    + ", %s)) UPDATE audit_heads SET seq = %s, hash = %s WHERE id = %s"
)


def record(
    action: str,
    *,
    workspace_id: UUID | None,
    target: tuple[str, object, str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note a change of state, in the caller's transaction: both are there afterwards, or neither.

    action: "agent.updated". target: its type, id and name. before, after: what changed; secrets are left out and long
    texts shortened (audit_values). Who did it comes from `acting`. Entries of one workspace are added one after the
    other, so call this last in a transaction.
    """
    actor = acting.current()
    kind, target_id, name = target
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        head, seq, last_hash = _locked_head(cursor, workspace_id)
        entry = AuditEntry(
            workspace_id=workspace_id,
            seq=seq + 1,
            at=timezone.now(),
            actor_id=actor.user_id,
            actor=actor.name[:254],
            via=actor.via,
            credential=actor.credential[:120],
            ip=actor.ip,
            request_id=request_id.current(),
            action=action,
            target_type=kind,
            target_id=str(target_id)[:64],
            target=name[:200],
            before=plain(before),
            after=plain(after),
            previous_hash=last_hash,
        )
        entry.hash = seal(entry)
        values = [_json(entry, field) if field in ("before", "after") else getattr(entry, field) for field in SEALED]
        cursor.execute(_ADD, [*values, entry.hash, entry.seq, entry.hash, head])


def record_row(action: str, row: Model, name: str | None = None, /, **states: Mapping[str, Any] | None) -> None:
    """Note a change of a row as `record` does. action: its kind and what was done, "agent.updated".

    name: what the entry calls the row; its own words otherwise. states: `before` and `after`, as for `record`.
    """
    own = row.pk if isinstance(row, Workspace) else getattr(row, "workspace_id", None)
    target = (action.partition(".")[0], row.pk, str(row) if name is None else name)
    record(action, workspace_id=own, target=target, before=states.pop("before", None), after=states.pop("after", None))
    if states:
        raise TypeError(f"record_row takes before and after, not {', '.join(states)}")


def seal(entry: AuditEntry) -> str:
    """SHA-256 over every column but the id and the hash itself, as JSON with sorted names."""
    columns = {name: getattr(entry, name) for name in SEALED}
    columns["at"] = entry.at.isoformat()
    return hashlib.sha256(orjson.dumps(columns, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _locked_head(cursor: Any, workspace_id: UUID | None) -> tuple[int, int, str]:
    """The end of the chain: its row's id, the last number and hash; made for the first entry."""
    found = _head(cursor, workspace_id)
    if found is None:
        cursor.execute(
            "INSERT INTO audit_heads (workspace_id, seq, hash) VALUES (%s, 0, '') ON CONFLICT DO NOTHING",
            [workspace_id],
        )
        found = _head(cursor, workspace_id)
    if found is None:
        raise RuntimeError("The end of the audit log cannot be written in this scope.")
    return found


def _head(cursor: Any, workspace_id: UUID | None) -> tuple[int, int, str] | None:
    whose, params = ("IS NULL", []) if workspace_id is None else ("= %s", [workspace_id])
    cursor.execute(f"SELECT id, seq, hash FROM audit_heads WHERE workspace_id {whose} FOR UPDATE", params)  # noqa: S608
    row: tuple[int, int, str] | None = cursor.fetchone()
    return row


def _json(entry: AuditEntry, field: str) -> str | None:
    value = getattr(entry, field)
    return None if value is None else orjson.dumps(value).decode()
