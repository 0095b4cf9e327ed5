"""Cuts a text into passages that can be found and read on their own: by headings, then by sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.confined.csv_rows import rows_of

# Characters; about 350 and 40 tokens of English text.
LONGEST = 1400
OVERLAP = 160
LONGEST_HEADING = 300
HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
FENCE = re.compile(r"\s*(```|~~~)")
SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001 (the full stops of Chinese and Japanese)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text. heading: the headings it stands under, such as `Money / Travel`."""

    heading: str
    text: str


def passages(text: str) -> list[Passage]:
    """The passages of a Markdown or plain text, in order; neighbours share a sentence where one fits."""
    return [Passage(heading, part) for heading, section in _sections(text) for part in _parts(_sentences(section))]


def table_passages(text: str) -> list[Passage]:
    """The passages of CSV: rows as `column: value` lines, so that each can be read without the table's head."""
    rows = rows_of(text)
    head = next(rows, [])
    lines = ["; ".join(_cells(head, row)) for row in rows]
    return [Passage("", part) for part in _parts([line for line in lines if line], overlap=0)]


def _cells(head: list[str], row: list[str]) -> Iterator[str]:
    for number, cell in enumerate(row):
        if cell.strip():
            name = head[number].strip() if number < len(head) else ""
            yield f"{name}: {cell.strip()}" if name else cell.strip()


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The text below each heading, with the heading and those above it. A # inside of a code block is no heading."""
    above: dict[int, str] = {}
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        found = None if fenced else HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        yield _path(above), "\n".join(lines)
        lines = []
        level = len(found[1])
        above = {depth: words for depth, words in above.items() if depth < level} | {level: found[2]}
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


def _parts(sentences: list[str], overlap: int = OVERLAP) -> Iterator[str]:
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
