"""Cuts a text into passages that can be found and read on their own: by headings, then by sentences."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.confined.csv_rows import rows_of

# Characters; about 350 and 40 tokens of English text.
LONGEST = 1400
OVERLAP = 160
LONGEST_HEADING = 300
# A column's name stands before each of its cells.
LONGEST_COLUMN = 100
HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
FENCE = re.compile(r"\s*(```|~~~)")
SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001 (the full stops of Chinese and Japanese)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text. heading: the headings it stands under, such as `Money / Travel`."""

    heading: str
    text: str


def passages(text: str) -> Iterator[Passage]:
    """The passages of a Markdown or plain text, in order; neighbours share a sentence where one fits."""
    return (Passage(heading, part) for heading, section in _sections(text) for part in _parts(_sentences(section)))


def table_passages(text: str) -> Iterator[Passage]:
    """The passages of CSV: rows as `column: value` lines, so that each can be read without the table's head."""
    rows = rows_of(text)
    head = [name.strip()[:LONGEST_COLUMN] for name in next(rows, [])]
    lines = (line for row in rows for line in _lines(head, row))
    return (Passage("", part) for part in _parts(lines, overlap=0))


def _lines(head: list[str], row: list[str]) -> Iterator[str]:
    """A row in one line; one longer than a passage is parted between its cells, and a cell as long where it must be."""
    line = ""
    for cell in _cells(head, row):
        joined = f"{line}; {cell}" if line else cell
        if len(joined) <= LONGEST:
            line = joined
            continue
        if line:
            yield line
        *whole, line = (cell[at : at + LONGEST] for at in range(0, len(cell), LONGEST))
        yield from whole
    if line:
        yield line


def _cells(head: list[str], row: list[str]) -> Iterator[str]:
    for number, cell in enumerate(row):
        if cell.strip():
            name = head[number] if number < len(head) else ""
            yield f"{name}: {cell.strip()}" if name else cell.strip()


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The text below each heading, with the heading and those above it. A # inside of a code block is no heading."""
    above: dict[int, str] = {}
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        found = None if fenced else HEADING.match(line)
        words = found[2].rstrip().rstrip("#").rstrip() if found else ""
        if not found or not words:
            lines.append(line)
            continue
        yield _path(above), "\n".join(lines)
        lines = []
        level = len(found[1])
        above = {depth: words for depth, words in above.items() if depth < level} | {level: words[:LONGEST_HEADING]}
    yield _path(above), "\n".join(lines)


def _path(above: dict[int, str]) -> str:
    return " / ".join(above.values())[-LONGEST_HEADING:]


def _sentences(text: str) -> list[str]:
    """Sentences and lines; one longer than a passage is cut."""
    found = []
    for piece in SENTENCE.split(text):
        bare = piece.strip()
        found += [bare[at : at + LONGEST] for at in range(0, len(bare), LONGEST)]
    return found


def _parts(sentences: Iterable[str], overlap: int = OVERLAP) -> Iterator[str]:
    part: list[str] = []
    size = 0
    for sentence in sentences:
        if part and size + len(sentence) + 1 > LONGEST:
            yield "\n".join(part)
            last = part[-1]
            # What ends one passage begins the next, so that what spans both is found.
            part = [last] if len(last) <= overlap and len(last) + len(sentence) < LONGEST else []
            size = sum(map(len, part))
        part.append(sentence)
        size += len(sentence) + 1
    if part:
        yield "\n".join(part)
