"""What is new in a version beside the one that was approved before it: what it asks for, and its files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from automatos.textdiff import Line, compare
from marketplace.models import PluginFile, PluginVersion
from marketplace.versions import contents

# Of a file that is longer, only that it changed is told.
LONGEST_TEXT = 400_000


@dataclass(frozen=True)
class Asked:
    """One thing a version asks for. kind: tool, host, command, hook and so on."""

    kind: str
    value: str
    path: str = ""
    line: int = 0
    declared: bool = True


@dataclass(frozen=True)
class ChangedFile:
    """A file compared. kind: added, removed or changed."""

    path: str
    kind: str
    before: PluginFile | None
    after: PluginFile | None


@dataclass(frozen=True)
class Difference:
    """against: the version it is compared with; None if nothing was approved before."""

    against: PluginVersion | None
    added: list[Asked] = field(default_factory=list)
    removed: list[Asked] = field(default_factory=list)
    same: list[Asked] = field(default_factory=list)
    files: list[ChangedFile] = field(default_factory=list)


def between(version: PluginVersion) -> Difference:
    """The difference to the version approved before it; everything is new in a first version."""
    return compare_versions(contents.approved_before(version), version)


def compare_versions(before: PluginVersion | None, version: PluginVersion) -> Difference:
    """What is new in a version beside another one, whichever is the older."""
    now, then = asked_by(version), asked_by(before) if before else {}
    return Difference(
        against=before,
        added=[row for key, row in now.items() if key not in then],
        removed=[row for key, row in then.items() if key not in now],
        same=[row for key, row in now.items() if key in then],
        files=changed_files(before, version),
    )


def asked_by(version: PluginVersion) -> dict[tuple[str, str], Asked]:
    """What a version asks for by itself, and what the scan saw that it reaches."""
    found = {
        (row["kind"], row["value"]): Asked(row["kind"], row["value"], row.get("path", ""))
        for row in _rows(version.permissions)
    }
    for row in _rows(version.card):
        if row["kind"] == "unread":
            continue
        seen = Asked(row["kind"], row["value"], row.get("file", ""), row.get("line", 0), bool(row.get("declared")))
        found[row["kind"], row["value"]] = seen
    return dict(sorted(found.items()))


def changed_files(before: PluginVersion | None, after: PluginVersion) -> list[ChangedFile]:
    """Files that differ, by path."""
    old = {row.path: row for row in before.files.all()} if before else {}
    new = {row.path: row for row in after.files.all()}
    found = []
    for path in sorted({*old, *new}):
        first, second = old.get(path), new.get(path)
        if first and second and (first.sha256, first.executable) == (second.sha256, second.executable):
            continue
        kind = "changed" if first and second else "added" if second else "removed"
        found.append(ChangedFile(path, kind, first, second))
    return found


def lines_of(changed: ChangedFile, steps: int) -> list[Line]:
    """The lines that differ; one of kind skip that says why they are not shown. steps: see `textdiff.compare`."""
    rows = [row for row in (changed.before, changed.after) if row is not None]
    if not all(row.is_text for row in rows):
        return [Line("skip", "It is no text.")]
    if any(row.size > LONGEST_TEXT for row in rows):
        return [Line("skip", "It is too long to be compared.")]
    texts = [contents.text_of(row) or "" if row else "" for row in (changed.before, changed.after)]
    return compare(*texts, steps=steps) or [Line("skip", "Only its mode or its line ends changed.")]


def summary(version: PluginVersion) -> dict[str, Any]:
    """The difference as JSON, without the files' lines."""
    found = between(version)
    return {
        "against": found.against.version if found.against else "",
        "added": [_plain(row) for row in found.added],
        "removed": [_plain(row) for row in found.removed],
        "files": [{"path": file.path, "kind": file.kind} for file in found.files] if found.against else [],
    }


def _plain(row: Asked) -> dict[str, Any]:
    return {"kind": row.kind, "value": row.value, "path": row.path, "line": row.line, "declared": row.declared}


def _rows(value: Any) -> Iterable[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict) and "kind" in row] if isinstance(value, list) else []
