"""A file's text as moderators and authors read it: numbered lines, findings under theirs, hidden characters named."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

# Longer files are shown around their findings, or by their beginning.
MOST_LINES = 2_500
LONGEST_LINE = 2_000
CONTEXT = 3
# Past this many lines a comparison takes seconds.
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


def whole(text: str, findings: Findings = ()) -> list[Row]:
    """Every line."""
    return _marked([_row(number, line) for number, line in enumerate(_lines(text), 1)], findings)


def around(text: str, findings: Findings, context: int = CONTEXT) -> list[Row]:
    """The lines of findings with a few around them."""
    rows = whole(text, findings)
    wanted = {
        number
        for row in rows
        if row.severity or row.notes
        for number in range(row.number - context, row.number + context + 1)
    }
    return _with_gaps(rows, wanted)


def against(before: str, after: str, findings: Findings = ()) -> list[Row] | None:
    """The lines that differ with a few around them; None when the texts are too long to be compared."""
    old, new = _lines(before), _lines(after)
    if len(old) + len(new) > MOST_COMPARED:
        return None
    rows: list[Row] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
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


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


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


def _with_gaps(rows: Iterable[Row], wanted: set[int]) -> list[Row]:
    found: list[Row] = []
    left_out = 0
    for row in rows:
        if row.kind == "head" or row.number in wanted:
            if left_out:
                found.append(_gap(row.number - left_out, left_out))
            found.append(row)
            left_out = 0
        else:
            left_out += 1
    if left_out:
        found.append(_gap(0, left_out))
    return found
