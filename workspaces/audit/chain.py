"""Verifies a chain of the audit log: whether an entry was changed, removed, moved or cut off at the end."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from workspaces.audit.log import seal
from workspaces.models import AuditEntry, AuditHead

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that is wrong: its number, and what is wrong with it as a sentence."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """entries: how many the chain says it has. checked: how many of them were looked at. end: the hash of the last."""

    entries: int
    checked: int
    end: str
    broken: Break | None = None

    @property
    def intact(self) -> bool:
        """Nothing wrong in what was checked."""
        return self.broken is None

    @property
    def complete(self) -> bool:
        """Every entry was checked."""
        return self.checked == self.entries


def verify(workspace_id: UUID | None, *, last: int | None = None) -> Verdict:
    """Check the chain of a workspace (None: the platform's), or only its newest `last` entries.

    To be called in a scope that sees them. Reads 1,000 at a time; what is added meanwhile is left to the next time.
    """
    head = _head(workspace_id)
    rows = AuditEntry.objects.filter(workspace_id=workspace_id).order_by("seq")
    if head is None:
        first = rows.first()
        gone = Break(first.seq, _named(first, "is there, but the end of the log is gone")) if first else None
        return Verdict(0, 0, "", gone)
    start = 0 if last is None else max(0, head.seq - last)
    broken = _first_break(rows, start, head) or _beyond(rows, workspace_id, head)
    return Verdict(head.seq, head.seq - start, head.hash, broken)


def _first_break(rows: QuerySet[AuditEntry], start: int, head: AuditHead) -> Break | None:
    seq, previous = start, rows.filter(seq=start).values_list("hash", flat=True).first() if start else ""
    while seq < head.seq:
        batch = list(rows.filter(seq__gt=seq, seq__lte=head.seq)[:BATCH])
        for entry in batch:
            if problem := _problem(entry, seq + 1, previous):
                return problem
            seq, previous = entry.seq, entry.hash
        if not batch:
            return Break(seq + 1, f"Entry {seq + 1} is missing: the log ends too early, at {head.seq} it should.")
    if previous != head.hash:
        return Break(seq, f"Entry {seq} is not the one the log ended with.")
    return None


def _problem(entry: AuditEntry, expected: int, previous: str | None) -> Break | None:
    if entry.seq != expected:
        return Break(expected, f"Entry {expected} is missing.")
    if seal(entry) != entry.hash:
        return Break(entry.seq, _named(entry, "was changed after it was written"))
    if previous is None or entry.previous_hash != previous:
        return Break(entry.seq, _named(entry, "does not follow the one before it"))
    return None


def _beyond(rows: QuerySet[AuditEntry], workspace_id: UUID | None, head: AuditHead) -> Break | None:
    """An entry past the end was not added by us, unless the end has moved on since."""
    extra = rows.filter(seq__gt=head.seq).first()
    now = _head(workspace_id)
    if extra is None or now is None or now.seq != head.seq:
        return None
    return Break(extra.seq, _named(extra, "is past the end of the log"))


def _head(workspace_id: UUID | None) -> AuditHead | None:
    return AuditHead.objects.filter(workspace_id=workspace_id).first()


def _named(entry: AuditEntry, what: str) -> str:
    return f"Entry {entry.seq} ({entry.action}, {entry.at:%Y-%m-%d %H:%M:%S} UTC) {what}."
