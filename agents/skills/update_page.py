"""What of an update stands on one page: the beginnings of some of its texts, or one of them in parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from agents.skills.changes import ChangedFile, ChangedSkill, Found, Update
from automatos.errors import NotFound
from automatos.line_matching import MOST_STEPS
from automatos.textdiff import Line

# Texts of a page, lines of each at first, lines of a part of one alone, and characters of a line before it is broken.
TEXTS, FIRST, PART, WIDTH = 20, 60, 1_000, 500


@dataclass(frozen=True, slots=True)
class Text:
    """A file of a skill. number: its place among all of the update, from 1. is_first: whether its skill begins here."""

    number: int
    kind: str
    skill: ChangedSkill
    file: ChangedFile
    is_first: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page has of one text: some of its lines, and how many there are."""

    text: Text
    lines: list[Line]
    total: int

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return len(self.lines) < self.total


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """texts: by skill, in the order of the update. page: of texts, or of the lines of the one text that is shown."""

    texts: list[Shown]
    page: Page[Text] | Page[Line]
    is_one: bool


def page_of(update: Update, query: QueryDict) -> UpdatePage:
    """What the address asks for: `?page=` of all texts, or lines of `?text=`. NotFound for a text there is not."""
    texts = list(texts_of(update))
    if "text" not in query:
        page = Paginator(texts, TEXTS).get_page(query.get("page"))
        return UpdatePage([beginning(text) for text in page], page, is_one=False)
    found = next((text for text in texts if str(text.number) == query["text"]), None)
    if found is None:
        raise NotFound()
    part = Paginator(Lines(found.file.found(MOST_STEPS)), PART).get_page(query.get("page"))
    return UpdatePage([Shown(found, list(part), len(part))], part, is_one=True)


@dataclass(frozen=True, slots=True)
class Part:
    """Some texts of an update, or some lines of one. total: how many texts, or lines, there are."""

    texts: list[Shown]
    total: int

    def skills(self, kind: str) -> list[ChangedSkill]:
        """The skills that these texts belong to, of one kind."""
        found = {id(one.text.skill): one.text.skill for one in self.texts if one.text.kind == kind}
        return list(found.values())


def part_of(update: Update, number: int, span: slice) -> Part:
    """The texts within the span, or of the text with this number the lines within it. NotFound for one there is not."""
    texts = list(texts_of(update))
    if not number:
        return Part([beginning(text) for text in texts[span]], len(texts))
    if number > len(texts):
        raise NotFound()
    lines = Lines(texts[number - 1].file.found(MOST_STEPS))
    return Part([Shown(texts[number - 1], lines[span], len(lines))], len(lines))


def texts_of(update: Update) -> Iterator[Text]:
    """Each text of an update in its order."""
    number = 0
    for kind in ("changed", "removed", "added"):
        for skill in getattr(update, kind):
            for place, file in enumerate((skill.body, *skill.files)):
                number += 1
                yield Text(number, kind, skill, file, is_first=not place)


def beginning(text: Text) -> Shown:
    """Its first lines, compared as exactly as there is time for in one of TEXTS."""
    lines = Lines(text.file.found(MOST_STEPS // TEXTS))
    return Shown(text, lines[:FIRST], len(lines))


class Lines(Sequence[Line]):
    """The lines of a file, long ones as several; those of a text that is shown whole are made when looked at."""

    def __init__(self, found: Found) -> None:
        self.first = [Line(line.kind, piece) for line in found.first for piece in _pieces(line.text)]
        rows = found.text.splitlines()
        self.rows = (
            [piece for row in rows for piece in _pieces(row)] if max(map(len, rows), default=0) > WIDTH else rows
        )
        self.kind = found.kind

    def __len__(self) -> int:
        return len(self.first) + len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Line: ...

    @overload
    def __getitem__(self, at: slice) -> list[Line]: ...

    def __getitem__(self, at: int | slice) -> Line | list[Line]:
        numbers = range(len(self))[at]
        return self._line(numbers) if isinstance(numbers, int) else [self._line(number) for number in numbers]

    def _line(self, number: int) -> Line:
        before = len(self.first)
        return self.first[number] if number < before else Line(self.kind, self.rows[number - before])


def _pieces(line: str) -> list[str]:
    return [line[at : at + WIDTH] for at in range(0, max(1, len(line)), WIDTH)]
