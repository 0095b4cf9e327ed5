"""An answer while it is written: which of its blocks are shown as Markdown, and which of those a live page has already.

A page that watches asks for itself again and again. What no later text can change is sent to it once: it says how much
of that it holds (the header Shown-Blocks: step, attempt and characters), and gets what follows.
"""

import re
from dataclasses import dataclass

FENCES = ("```", "~~~")
# A line that may go on with a list above an empty line: another item, or something that stands deeper.
OF_A_LIST = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)|\s")
# As long as this a beginning of a line is known not to become a list's.
TOLD_AT = 14
HELD = re.compile(r"([0-9]{1,6})-([0-9]{1,6})-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Writing:
    """A running attempt's text. since: so many characters of its settled blocks the page holds. Lengths in the page are
    those of JavaScript (UTF-16)."""

    text: str
    since: int = 0

    @property
    def settled(self) -> str:
        """Blocks that no later text changes and the page does not hold."""
        return settled_blocks(self.text)[self.since :]

    @property
    def loose(self) -> str:
        """Finished blocks that may yet become part of a longer list."""
        return finished_blocks(self.text)[len(settled_blocks(self.text)) :]

    @property
    def unfinished(self) -> str:
        """The rest, shown as it comes."""
        return self.text[len(finished_blocks(self.text)) :]

    @property
    def held(self) -> int:
        """Up to where the page held the settled blocks."""
        return _places(self.text[: self.since])

    @property
    def upto(self) -> int:
        """And up to where it holds them with these."""
        return _places(settled_blocks(self.text))

    @property
    def base(self) -> int:
        """How long the finished blocks are."""
        return _places(finished_blocks(self.text))

    @property
    def offset(self) -> int:
        """How many characters there are, as Python counts."""
        return len(self.text)


def writing_of(text: str, step: int, attempt: int, shown: str) -> Writing:
    """What an attempt of a step wrote, for a page that says it holds `shown`; where that is odd it holds nothing."""
    held = HELD.fullmatch(shown)
    if not held or (int(held[1]), int(held[2])) != (step, attempt):
        return Writing(text)
    before = text.encode("utf-16-le", "surrogatepass")[: 2 * int(held[3])].decode("utf-16-le", "surrogatepass")
    return Writing(text, len(before) if len(before) <= len(settled_blocks(text)) else 0)


def finished_blocks(text: str) -> str:
    """The beginning of a text up to its last empty line that is in no block of code, cut there."""
    end, place, fence = 0, 0, ""
    for line in text.splitlines(keepends=True):
        fence = _fence(line, fence)
        place += len(line)
        if not line.strip() and line.endswith("\n") and not fence:
            end = place
    return text[:end]


def settled_blocks(text: str) -> str:
    """The beginning of its finished blocks up to where something begins that belongs to no list above."""
    end, place, fence, is_after_empty = 0, 0, "", False
    for line in text.splitlines(keepends=True):
        is_told = line.endswith("\n") or len(line) >= TOLD_AT
        if is_after_empty and is_told and not OF_A_LIST.match(line):
            end = place
        fence = _fence(line, fence)
        place += len(line)
        is_after_empty = not line.strip() and line.endswith("\n") and not fence
    return text[:end]


def _fence(line: str, fence: str) -> str:
    """The fence that is open after this line; empty for none."""
    mark = line.lstrip()[:3]
    if mark in FENCES and not (fence and mark != fence):
        return "" if fence else mark
    return fence


def _places(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
