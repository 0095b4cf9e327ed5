"""Which lines two texts have in common, in bounded time whatever the texts are.

difflib's own search is cubic at its worst: some hundred lines made for it take minutes.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher

# Steps that the exact search may take at worst: 100 lines against as many, which is about ten milliseconds.
MOST_STEPS = 1_000_000
Span = tuple[int, int, int, int]


class LineMatcher(SequenceMatcher[str]):
    """difflib's matcher of lines. Long texts are first matched by the lines that each of them has once;
    what is left between those is searched exactly until the steps are spent, then it counts as replaced."""

    def __init__(self, old: Sequence[str], new: Sequence[str], steps: int = MOST_STEPS) -> None:
        super().__init__(None, old, new, autojunk=False)
        self.old, self.new, self.steps = old, new, steps

    def get_matching_blocks(self) -> list[Match]:
        """Runs of equal lines in order; the last one is empty and marks the ends."""
        if _steps(self.old, self.new) <= self.steps:
            return super().get_matching_blocks()
        blocks: list[Match] = []
        for at_old, at_new in _pairs(self.old, self.new, self.steps):
            last = blocks[-1] if blocks else Match(0, 0, 0)
            if (last.a + last.size, last.b + last.size) == (at_old, at_new):
                blocks[-1:] = [Match(last.a, last.b, last.size + 1)]
            else:
                blocks.append(Match(at_old, at_new, 1))
        return [*blocks, Match(len(self.old), len(self.new), 0)]


def _pairs(old: Sequence[str], new: Sequence[str], left: int) -> Iterator[tuple[int, int]]:
    """Places of equal lines in both, in order. left: the steps there are."""
    ends = (len(old), len(new))
    from_old = from_new = 0
    for to_old, to_new in [*_anchors(old, new), ends]:
        head, tail = _rims(old, new, (from_old, to_old, from_new, to_new))
        yield from ((from_old + at, from_new + at) for at in range(head))
        before, after = old[from_old + head : to_old - tail], new[from_new + head : to_new - tail]
        steps = _steps(before, after)
        if 0 < steps <= left:
            left -= steps
            for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
                yield from (
                    (from_old + head + block.a + at, from_new + head + block.b + at) for at in range(block.size)
                )
        yield from ((to_old - at, to_new - at) for at in range(tail, 0, -1))
        if (to_old, to_new) != ends:
            yield to_old, to_new
        from_old, from_new = to_old + 1, to_new + 1


def _steps(old: Sequence[str], new: Sequence[str]) -> int:
    return len(old) * len(new) * min(len(old), len(new))


def _rims(old: Sequence[str], new: Sequence[str], span: Span) -> tuple[int, int]:
    """How many lines are the same at the beginning and at the end of a span of both."""
    from_old, to_old, from_new, to_new = span
    most = min(to_old - from_old, to_new - from_new)
    head = next((at for at in range(most) if old[from_old + at] != new[from_new + at]), most)
    most -= head
    tail = next((at for at in range(most) if old[to_old - 1 - at] != new[to_new - 1 - at]), most)
    return head, tail


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Lines that stand once in each, as many as are in the same order in both."""
    counts, places = Counter(old), Counter(new)
    at_new = {line: at for at, line in enumerate(new) if places[line] == 1}
    shared = [(at, at_new[line]) for at, line in enumerate(old) if counts[line] == 1 and line in at_new]
    ends: list[int] = []
    piles: list[tuple[int, int, int]] = []
    newest: list[int] = []
    for number, (first, second) in enumerate(shared):
        pile = bisect_left(ends, second)
        ends[pile : pile + 1], newest[pile : pile + 1] = [second], [number]
        piles.append((first, second, newest[pile - 1] if pile else -1))
    found: list[tuple[int, int]] = []
    at = newest[-1] if newest else -1
    while at >= 0:
        first, second, at = piles[at]
        found.append((first, second))
    return found[::-1]
