"""The audit log as a file: CSV for spreadsheets, JSON Lines for programs."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from workspaces.audit.log import SEALED
from workspaces.models import AuditEntry

COLUMNS = (*SEALED, "hash")
# What spreadsheets take for a formula at the start of a cell (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (full-width forms count too)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. head: its first bytes."""

    name: str
    content_type: str
    head: bytes


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8", (",".join(COLUMNS) + "\r\n").encode()),
    "jsonl": Format("jsonl", "application/jsonl", b""),
}


def lines_of(kind: Format, entries: Sequence[AuditEntry]) -> bytes:
    """The entries as lines of this kind of file."""
    if kind.name == "jsonl":
        return b"".join(orjson.dumps(_columns(entry), default=str) + b"\n" for entry in entries)
    text = io.StringIO()
    writer = csv.writer(text)
    for entry in entries:
        writer.writerow([_cell(value) for value in _columns(entry).values()])
    return text.getvalue().encode("utf-8", "replace")


def _columns(entry: AuditEntry) -> dict[str, Any]:
    return {name: entry.at.isoformat() if name == "at" else getattr(entry, name) for name in COLUMNS}


def _cell(value: Any) -> str:
    """As text that no spreadsheet runs: a leading apostrophe makes it a text there."""
    if value is None:
        return ""
    text = orjson.dumps(value, default=str).decode() if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA) else text
