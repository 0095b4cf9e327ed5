"""A package cut into pieces that fit a model's window, every line with its number, hidden text shown and labelled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from automatos.llm.tokens import estimate_tokens
from marketplace.packages.package import Package
from marketplace.scanning.decoding import cleaned, differs, hidden_texts
from marketplace.scanning.inventory import Source, take_inventory

PIECE_TOKENS = 6_000
OVERLAP = 0.15
LONGEST_LINE = 4_000


@dataclass(frozen=True)
class Piece:
    """Lines of one file or of several small ones: (path, line number, text)."""

    lines: tuple[tuple[str, int, str], ...]
    tokens: int

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for path, _, _ in self.lines))


def sources_of(package: Package) -> list[Source]:
    """Every text of the package, what is inside archives and documents among it, what instructs first."""
    found = take_inventory(package).sources
    return sorted(found, key=lambda source: (source.kind != "markdown", source.path))


def pieces_of(sources: list[Source], tokens: int = PIECE_TOKENS) -> list[Piece]:
    """Every line of every source, in pieces of at most so many tokens that overlap within a file."""
    pieces: list[Piece] = []
    lines: list[tuple[str, int, str]] = []
    used = 0
    for source in sources:
        for number, text, cost in _numbered(source):
            if used + cost > tokens and lines:
                pieces.append(Piece(tuple(lines), used))
                lines = _kept(lines, source.path, tokens)
                used = sum(estimate_tokens(line) + 4 for _, _, line in lines)
            lines.append((source.path, number, text))
            used += cost
    if lines:
        pieces.append(Piece(tuple(lines), used))
    return pieces


def _kept(lines: list[tuple[str, int, str]], path: str, tokens: int) -> list[tuple[str, int, str]]:
    """The end of a piece, with which the next one of the same file begins."""
    kept: list[tuple[str, int, str]] = []
    used = 0
    for line in reversed(lines):
        used += estimate_tokens(line[2]) + 4
        if line[0] != path or used > tokens * OVERLAP:
            break
        kept.append(line)
    return kept[::-1]


def _numbered(source: Source) -> Iterator[tuple[int, str, int]]:
    raw = source.text.replace("\r\n", "\n").split("\n")
    hidden: dict[int, list[str]] = {}
    for item in hidden_texts(raw):
        hidden.setdefault(item.line, []).append(f"[hidden in {item.how}: {item.text}]")
    for number, line in enumerate(raw, 1):
        plain = cleaned(line)
        shown = f"{line} [reads as: {plain.strip()}]" if differs(line, plain) else line
        shown = " ".join([shown, *hidden.get(number, ())])
        if not shown.strip():
            continue
        for start in range(0, len(shown), LONGEST_LINE):
            part = shown[start : start + LONGEST_LINE]
            yield number, part, estimate_tokens(part) + 4


def as_data(piece: Piece) -> str:
    """The piece as JSON, so that nothing in it can end it."""
    files = [
        {"file": path, "lines": [f"{number}: {text}" for other, number, text in piece.lines if other == path]}
        for path in piece.files
    ]
    return json.dumps(files, ensure_ascii=True)
