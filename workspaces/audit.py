"""Adds to the audit log: one chain of entries for each workspace, each sealed with the hash of the one before."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from automatos import request_id
from workspaces import acting
from workspaces.models import AuditEntry, AuditHead

SEALED = (
    "workspace_id", "seq", "at", "actor_id", "actor", "via", "credential", "ip", "request_id", "action", "target_type",
    "target_id", "target", "before", "after", "previous_hash",
)  # fmt: skip


def record(
    action: str,
    *,
    workspace_id: UUID | None,
    target: tuple[str, object, str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note a change of state, in the caller's transaction: both are there afterwards, or neither.

    action: "agent.updated". target: its type, id and name. before, after: what changed, never a secret. Who did it
    comes from `acting`. Entries of one workspace are added one after the other, so call this last in a transaction.
    """
    actor = acting.current()
    kind, target_id, name = target
    with transaction.atomic():
        head = _locked_head(workspace_id)
        entry = AuditEntry(
            workspace_id=workspace_id,
            seq=head.seq + 1,
            at=timezone.now(),
            actor_id=actor.user_id,
            actor=actor.name[:254],
            via=actor.via,
            credential=actor.credential[:120],
            ip=actor.ip,
            request_id=request_id.current(),
            action=action,
            target_type=kind,
            target_id=str(target_id),
            target=name[:200],
            before=_plain(before),
            after=_plain(after),
            previous_hash=head.hash,
        )
        entry.hash = seal(entry)
        entry.save(force_insert=True)
        AuditHead.objects.filter(pk=head.pk).update(seq=entry.seq, hash=entry.hash)


def seal(entry: AuditEntry) -> str:
    """SHA-256 over every column but the id and the hash itself, as JSON with sorted names."""
    columns = {name: getattr(entry, name) for name in SEALED}
    columns["at"] = entry.at.isoformat()
    return hashlib.sha256(orjson.dumps(columns, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _locked_head(workspace_id: UUID | None) -> AuditHead:
    heads = AuditHead.objects.select_for_update()
    head = heads.filter(workspace_id=workspace_id).first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(workspace_id=workspace_id)], ignore_conflicts=True)
        head = heads.get(workspace_id=workspace_id)
    return head


def _plain(value: Mapping[str, Any] | None) -> Any:
    """As it will read from the database: UUIDs, times and decimals as text."""
    return None if value is None else orjson.loads(orjson.dumps(dict(value), default=str))
