"""A Markdown or plain text cut into what its parts are: sentences, steps, fences, comments, front matter, tables.

The cutting is by lines and lenient: in doubt a piece is taken for something that an agent follows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SegmentKind = Literal[
    "prose", "step", "heading", "fence", "table", "quote", "comment", "meta", "alt", "definition", "hidden"
]
FENCE = re.compile(r"^\s{0,12}(?:>\s?)*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,})\s*([^`\n]*)$")
HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|[a-zA-Z][.)])\s+(?:\[[ xX]\]\s+)?")
TABLE = re.compile(r"^\s*\|.*\|\s*$")
QUOTED = re.compile(r"^\s*>\s?")
RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
DEFINITION = re.compile(r"^\s{0,3}\[([^\]\n]{1,300})\]:\s*(\S+)\s*(.*)$")
IMAGE = re.compile(r"!\[([^\]\n]{1,2000})\]\(([^)\s]{0,2000})(?:\s+[\"'(]([^\"')]{1,2000})[\"')])?\)")
META_KEY = re.compile(r"^(\s*)([\w.-]+)\s*:\s*(.*)$")
COMMENT = re.compile(r"<!--(.*?)-->|^<!--(.{1,4000})\Z", re.DOTALL | re.MULTILINE)
UNSEEN = re.compile(
    r"<(\w+)[^>]{0,400}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])|"
    r"color\s*:\s*(?:#fff(?:fff)?\b|white|transparent)|(?:height|width)\s*:\s*0(?:px)?\b|\bhidden\b|aria-hidden=.true|"
    r"left\s*:\s*-\d{3,}|text-indent\s*:\s*-\d{3,})[^>]{0,400}>(.{1,4000}?)</\1>",
    re.IGNORECASE | re.DOTALL,
)
ATTRIBUTE = re.compile(
    r"<[a-z][^>]{0,400}?\b(?:alt|title|data-[\w-]+|aria-label|"
    r"content)\s*=\s*(\"[^\"\n<]{12,1000}\"|'[^'\n<]{12,1000}')",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(
    r"(?<=[.!?。！？])[\"')\]*_`”’]{0,3}\s+(?=[\"'(\[*_`“‘]{0,3}[A-Z0-9À-ÿ\u0400-\u04ff])|(?<=[。！？])"
)
LONGEST, OVERLAP = 3_000, 300


@dataclass(slots=True)
class Segment:
    """One piece. text: without its mark-up at the beginning; line: of its first character, lines: for each of its lines
    the offset where it begins. heading: what it stands under. lang: of a fence. lead: the sentence before a fence.
    block: pieces of one paragraph, list or section share it. key: of front matter."""

    kind: SegmentKind
    text: str
    line: int
    heading: str = ""
    lang: str = ""
    lead: str = ""
    block: int = 0
    key: str = ""
    how: str = ""
    breaks: tuple[tuple[int, int], ...] = ()

    def line_at(self, offset: int) -> int:
        """The line of the file on which a character of the text stands."""
        found = self.line
        for start, number in self.breaks:
            if start > offset:
                break
            found = number
        return found


def segments(text: str, lines: list[str], *, shown: bool = False) -> list[Segment]:
    """All pieces of a text in order; comments and unseen elements are given besides.

    shown: it is a page's source, whose comments are for those who write it.
    """
    found = list(_unseen(text)) if not shown else []
    body, begin = _front_matter(lines)
    found += body
    found += list(_Cutter(lines, begin).cut())
    return found


def sentences(segment: Segment) -> Iterator[Segment]:
    """The segment, a sentence at a time."""
    start = 0
    text = segment.text
    if segment.kind in ("meta", "heading", "table") and len(text) < 200:
        yield segment
        return
    for match in [*SENTENCE_END.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[start:end]
        if piece.strip():
            yield from _pieces(segment, start, end)
        start = match.end() if match else end


def _pieces(segment: Segment, start: int, end: int) -> Iterator[Segment]:
    """A sentence; one that never ends in parts that overlap a little."""
    for begin in range(start, end, LONGEST - OVERLAP) if end - start > LONGEST else (start,):
        last = min(begin + LONGEST, end) if end - start > LONGEST else end
        breaks = tuple((max(at - begin, 0), number) for at, number in segment.breaks if begin <= at < last)
        yield Segment(
            segment.kind,
            segment.text[begin:last],
            segment.line_at(begin),
            segment.heading,
            segment.lang,
            segment.lead,
            segment.block,
            segment.key,
            segment.how,
            breaks,
        )


def _unseen(text: str) -> Iterator[Segment]:
    fenced = _fenced(text) if "<!--" in text else ()
    for match in COMMENT.finditer(text):
        words = (match.group(1) or match.group(2) or "").strip()
        shown = text[max(match.start() - 1, 0) : match.start()] == "`" or any(
            start < match.start() < end for start, end in fenced
        )
        if len(words) > 8 and not shown:
            yield _placed(text, match.start(), "comment", words, "an HTML comment")
    if "<" in text:
        for match in UNSEEN.finditer(text):
            yield _placed(text, match.start(), "hidden", match.group(2).strip(), "an element that is not shown")
        for match in ATTRIBUTE.finditer(text):
            yield _placed(text, match.start(), "alt", match.group(1)[1:-1], "an attribute")
    if "![" in text:
        for match in IMAGE.finditer(text):
            for part in (match.group(1), match.group(3)):
                if part and len(part) > 40:
                    yield _placed(text, match.start(), "alt", part, "the text of an image")


BLOCKS = re.compile(r"^[ \t>]*(```+|~~~+)[^\n]*\n.*?^[ \t>]*\1", re.DOTALL | re.MULTILINE)


def _fenced(text: str) -> tuple[tuple[int, int], ...]:
    """Where fences begin and end."""
    return tuple(match.span() for match in BLOCKS.finditer(text))


def _placed(text: str, offset: int, kind: SegmentKind, words: str, how: str) -> Segment:
    line = text.count("\n", 0, offset) + 1
    breaks, at = [], 0
    for number, part in enumerate(words.split("\n")):
        breaks.append((at, line + number))
        at += len(part) + 1
    return Segment(kind, words, line, how=how, breaks=tuple(breaks), block=-line)


def _front_matter(lines: list[str]) -> tuple[list[Segment], int]:
    """Keys and values at the top, also where they are no valid YAML; and the line the body begins at."""
    start = next((number for number, line in enumerate(lines[:3]) if line.strip()), 0)
    if not lines or lines[start].strip() != "---":
        return [], 0
    end = next(
        (
            number
            for number in range(start + 1, min(len(lines), start + 400))
            if lines[number].strip() in ("---", "...")
        ),
        0,
    )
    if not end:
        return [], 0
    found: list[Segment] = []
    for number in range(start + 1, end):
        line = lines[number]
        if line.lstrip().startswith("#"):
            found.append(
                Segment("comment", line.lstrip("# "), number + 1, how="a comment in the front matter", block=-number)
            )
        elif match := META_KEY.match(line):
            value, _, aside = match.group(3).partition("  #") if "  #" in match.group(3) else (match.group(3), "", "")
            found.append(
                Segment("meta", value.strip("\"'>|- "), number + 1, key=match.group(2), block=1_000_000 + number)
            )
            if len(aside.strip()) > 8:
                found.append(
                    Segment(
                        "comment", aside.strip("# "), number + 1, how="a comment in the front matter", block=-number
                    )
                )
        elif found and line.strip():
            last = found[-1]
            last.breaks = (*(last.breaks or ((0, last.line),)), (len(last.text) + 1, number + 1))
            last.text = f"{last.text} {line.strip(' -')}"
    return found, end + 1


class _Cutter:
    """Goes through the lines once."""

    def __init__(self, lines: list[str], begin: int) -> None:
        self.lines, self.at = lines, begin
        self.path: list[tuple[int, str]] = []
        self.block, self.lead, self.blank = 1, "", 0
        self.open: list[tuple[int, str]] = []
        self.kind: SegmentKind = "prose"

    @property
    def heading(self) -> str:
        return " / ".join(title for _, title in self.path)

    def cut(self) -> Iterator[Segment]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if match := FENCE.match(line):
                yield from self._flush()
                yield self._fence(match)
                continue
            yield from self._line(line)
            self.at += 1
        yield from self._flush()

    def _line(self, line: str) -> Iterator[Segment]:
        number = self.at + 1
        if not line.strip():
            yield from self._flush()
            self.blank += 1
            return
        if self.blank >= 2:
            self.block += 1
        self.blank = 0
        if match := HEADING.match(line):
            yield from self._flush()
            yield self._headed(match, number)
        elif TABLE.match(line):
            yield from self._flush()
            yield Segment("table", line.strip(" |"), number, self.heading, block=self.block)
        elif QUOTED.match(line):
            yield from self._into("quote", number, QUOTED.sub("", line))
        elif RULE.match(line):
            yield from self._flush()
        elif match := DEFINITION.match(line):
            yield from self._flush()
            words = f"{match.group(1)} {match.group(2)} {match.group(3)}"
            yield Segment("definition", words, number, self.heading, block=self.block, how="a link definition")
        elif match := BULLET.match(line):
            yield from self._flush()
            yield from self._into("step", number, line[match.end() :])
        else:
            yield from self._into(self.kind if self.open and self.kind != "quote" else "prose", number, line.strip())

    def _into(self, kind: SegmentKind, number: int, words: str) -> Iterator[Segment]:
        if self.open and self.kind != kind:
            yield from self._flush()
        self.kind = kind
        self.open.append((number, words))

    def _headed(self, match: re.Match[str], number: int) -> Segment:
        depth, title = len(match.group(1)), match.group(2)
        self.path = [item for item in self.path if item[0] < depth] + [(depth, title)]
        self.block += 1
        return Segment("heading", title, number, self.heading, block=self.block)

    def _flush(self) -> Iterator[Segment]:
        if not self.open:
            return
        breaks, words, at = [], [], 0
        for number, line in self.open:
            breaks.append((at, number))
            words.append(line)
            at += len(line) + 1
        text = " ".join(words)
        self.lead = text[-300:]
        yield Segment(self.kind, text, self.open[0][0], self.heading, block=self.block, breaks=tuple(breaks))
        self.open = []
        self.kind = "prose"

    def _fence(self, match: re.Match[str]) -> Segment:
        mark, lang = match.group(1), match.group(2).strip().lower()
        first = self.at + 1
        end = first
        while end < len(self.lines):
            closing = self.lines[end].strip().lstrip("> ")
            if closing.startswith(mark[0] * len(mark)) and not closing.strip(mark[0]):
                break
            end += 1
        self.at = end + 1
        text = "\n".join(self.lines[first:end])
        lang = re.split(r"[\s{,:]", lang)[0]
        return Segment("fence", text, first + 1, self.heading, lang=lang, lead=self.lead, block=self.block)
