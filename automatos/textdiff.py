"""What changed between two texts, line by line, as a page shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from automatos.line_matching import MOST_STEPS, LineMatcher

# Unchanged lines kept around a change.
CONTEXT = 2
# Past this many lines the answer would be more than anybody reads.
MOST_LINES = 4_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line. kind: "add", "del", "same", or "skip" for the count of unchanged lines left out."""

    kind: str
    text: str


def compare(old: str, new: str, *, steps: int = MOST_STEPS, most: int = MOST_LINES) -> list[Line]:
    """The lines of both texts that differ, with a little of what surrounds them; empty when they are the same.

    steps: how exactly may be searched. most: lines of both; of more it is only said how many there are.
    """
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        return []
    if len(before) + len(after) > most:
        return [Line("skip", f"Too long to compare: {len(before):,} lines became {len(after):,}.")]
    groups = LineMatcher(before, after, steps).get_grouped_opcodes(CONTEXT)
    return list(_lines(before, after, list(groups)))


def _lines(before: list[str], after: list[str], groups: list[list[tuple[str, int, int, int, int]]]) -> Iterator[Line]:
    shown = 0
    for group in groups:
        start = group[0][1]
        if start > shown:
            yield Line("skip", _unchanged(start - shown))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (Line("same", text) for text in before[old_from:old_to])
                continue
            yield from (Line("del", text) for text in before[old_from:old_to])
            yield from (Line("add", text) for text in after[new_from:new_to])
        shown = group[-1][2]
    if shown < len(before):
        yield Line("skip", _unchanged(len(before) - shown))


def _unchanged(count: int) -> str:
    return f"{count:,} unchanged line{'s' if count != 1 else ''}"
