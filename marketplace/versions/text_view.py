"""A file's text as moderators and authors read it: numbered lines, findings under theirs, hidden characters named."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from typing import Any

from automatos.line_matching import LineMatcher

# Longer files are shown around their findings, or by their beginning.
MOST_LINES = 2_500
LONGEST_LINE = 2_000
CONTEXT = 3
# Past this many lines together nothing is compared.
MOST_COMPARED = 6_000
# Part of what people see: of emoji, and the mark of a file's encoding where it belongs.
SEEN = {"\t", "\ufe0f"}
Findings = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Text, or one character that no reader would see: then `code` is U+200B and the like, `name` what it is."""

    text: str
    code: str = ""
    name: str = ""


@dataclass(slots=True)
class Row:
    """A line. kind: "", add, del or gap (lines left out). severity: of the worst finding on it."""

    number: int
    pieces: list[Piece]
    kind: str = ""
    severity: str = ""
    notes: list[Mapping[str, Any]] = field(default_factory=list)


def whole(text: str, findings: Findings = ()) -> tuple[list[Row], int]:
    """The lines that a page has room for, and how many are left out at the end."""
    rows = [_row(number, line) for number, line in enumerate(islice(_each_line(text), MOST_LINES), 1)]
    left_out = _count(text) - len(rows)
    return _marked(rows, findings), left_out


def around(text: str, findings: Findings, context: int = CONTEXT) -> list[Row]:
    """The lines of findings with a few around them."""
    marked = {line for finding in findings for line in (finding["line"], *finding.get("lines", ())) if line > 0}
    wanted = {near for line in marked for near in range(line - context, line + context + 1)}
    return _marked(_with_gaps(text, wanted), findings)


def against(before: str, after: str, findings: Findings = ()) -> list[Row] | None:
    """The lines that differ with a few around them; None when the texts are too long to be compared."""
    if _count(before) + _count(after) > MOST_COMPARED:
        return None
    old, new = list(_each_line(before)), list(_each_line(after))
    rows: list[Row] = []
    for group in LineMatcher(old, new).get_grouped_opcodes(CONTEXT):
        last = max((row.number for row in rows if row.kind != "del"), default=0)
        if group[0][3] > last:
            rows.append(_gap(last + 1, group[0][3] - last))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag != "equal":
                rows += [_row(number + 1, old[number], "del") for number in range(old_from, old_to)]
            kind = "" if tag == "equal" else "add"
            rows += [_row(number + 1, new[number], kind) for number in range(new_from, new_to)]
    last = max((row.number for row in rows if row.kind != "del"), default=0)
    if rows and last < len(new):
        rows.append(_gap(last + 1, len(new) - last))
    return _marked(rows, findings)


def shortened(rows: list[Row]) -> tuple[list[Row], int]:
    """No more rows than a page should have, and how many are left out at the end."""
    return rows[:MOST_LINES], max(0, len(rows) - MOST_LINES)


def pieces(text: str) -> list[Piece]:
    """The text in pieces, each hidden character one of its own."""
    found: list[Piece] = []
    start = 0
    for at, letter in enumerate(text):
        if letter in SEEN or (letter.isprintable() and unicodedata.category(letter) not in ("Cf", "Co")):
            continue
        if at > start:
            found.append(Piece(text[start:at]))
        found.append(Piece(letter, f"U+{ord(letter):04X}", unicodedata.name(letter, "control character").lower()))
        start = at + 1
    if start < len(text):
        found.append(Piece(text[start:]))
    return found


def _each_line(text: str) -> Iterator[str]:
    """One at a time: a file of a few megabytes may have millions."""
    for line in StringIO(text, newline="\n"):
        yield line.removesuffix("\n") if not line.endswith("\r\n") else line[:-2]


def _count(text: str) -> int:
    return text.count("\n") + (text[-1:] not in ("", "\n"))


def _row(number: int, line: str, kind: str = "") -> Row:
    cut = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …"
    return Row(number, pieces(cut), kind)


def _gap(number: int, count: int) -> Row:
    words = f"{count:,} unchanged line{'s' if count != 1 else ''}"
    return Row(number, [Piece(words)], "gap")


def _marked(rows: list[Row], findings: Findings) -> list[Row]:
    """Findings stand under the last of their lines; all of their lines are marked."""
    marked: dict[int, str] = {}
    under: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in reversed(findings):
        lines = sorted({line for line in [finding["line"], *finding.get("lines", ())] if line > 0})
        marked |= dict.fromkeys(lines, str(finding["severity"]))
        under[lines[-1] if lines else 0].insert(0, finding)
    shown = {row.number: row for row in rows if row.kind not in ("del", "gap")}
    for number, row in shown.items():
        row.severity = marked.get(number, "")
        row.notes = under.pop(number, [])
    left = [finding for found in under.values() for finding in found]
    if left and rows:
        rows.insert(0, Row(0, [], "head", "", left))
    return rows


def _with_gaps(text: str, wanted: set[int]) -> list[Row]:
    found: list[Row] = []
    shown = 0
    for number, line in enumerate(_each_line(text), 1):
        if number not in wanted:
            continue
        if left_out := number - shown - 1:
            found.append(_gap(shown + 1, left_out))
        found.append(_row(number, line))
        shown = number
    if left_out := _count(text) - shown:
        found.append(_gap(0, left_out))
    return found
