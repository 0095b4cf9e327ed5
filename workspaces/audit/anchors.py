"""Ends of audit logs kept outside of the database: whoever owns it can write a chain anew, but not what is kept there.

The file has one line of JSON for each end, `{"workspace", "seq", "hash", "at"}`, and is only ever added to. Keep it
where the database's owner cannot write: another machine, a bucket with versions, a printout.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson

from automatos.errors import InvalidInput
from workspaces.audit.chain import Break, Verdict
from workspaces.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Anchor:
    """A log had this many entries, and the last had this hash. workspace_id None: the platform's log."""

    workspace_id: UUID | None
    seq: int
    hash: str


def read(path: Path) -> list[Anchor]:
    """All that were kept, in order; none without a file. Raises InvalidInput naming a line it cannot read."""
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            kept = orjson.loads(line)
            workspace_id = UUID(kept["workspace"]) if kept["workspace"] else None
            found.append(Anchor(workspace_id, int(kept["seq"]), str(kept["hash"])))
        except (ValueError, KeyError, TypeError):
            raise InvalidInput(f"{path}: line {number} is not the end of an audit log.") from None
    return found


def first_lost(workspace_id: UUID | None, anchors: list[Anchor]) -> Break | None:
    """The first kept end that the log does not go through any more. To be called in a scope that sees the log."""
    kept = {anchor.seq: anchor.hash for anchor in anchors if anchor.workspace_id == workspace_id}
    rows = AuditEntry.objects.filter(workspace_id=workspace_id, seq__in=kept)
    now = dict(rows.values_list("seq", "hash"))
    for seq in sorted(kept):
        if seq not in now:
            return Break(seq, f"Entry {seq} was there when its end was kept outside, and is gone.")
        if now[seq] != kept[seq]:
            return Break(seq, f"Entry {seq} is another one than when its end was kept outside.")
    return None


def keep(path: Path, ends: list[tuple[UUID | None, Verdict]]) -> int:
    """Add the ends of these sound logs, each that is not the last one kept; how many were added."""
    last = {anchor.workspace_id: anchor.seq for anchor in read(path)}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [
        orjson.dumps({"workspace": str(key) if key else None, "seq": found.entries, "hash": found.end, "at": now})
        + b"\n"
        for key, found in ends
        if found.entries and last.get(key) != found.entries
    ]
    with path.open("ab") as file:
        file.writelines(lines)
    return len(lines)
