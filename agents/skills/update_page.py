"""What of an update stands on one page: the beginnings of some of its texts, or one of them in parts."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from agents.skills.changes import ChangedFile, ChangedSkill, Update
from automatos.errors import NotFound
from automatos.line_matching import MOST_STEPS
from automatos.textdiff import Line

# Texts of a page, lines of each at first, lines of a part of one alone, and characters of a line before it is broken.
TEXTS, FIRST, PART, WIDTH = 20, 200, 1_000, 500


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
    texts = list(_texts(update))
    if "text" not in query:
        page = Paginator(texts, TEXTS).get_page(query.get("page"))
        return UpdatePage([_beginning(text, MOST_STEPS // TEXTS) for text in page], page, is_one=False)
    found = next((text for text in texts if str(text.number) == query["text"]), None)
    if found is None:
        raise NotFound()
    lines = _broken(found.file.compared(MOST_STEPS))
    part = Paginator(lines, PART).get_page(query.get("page"))
    return UpdatePage([Shown(found, list(part), len(part))], part, is_one=True)


def _texts(update: Update) -> Iterator[Text]:
    number = 0
    for kind in ("changed", "removed", "added"):
        for skill in getattr(update, kind):
            for place, file in enumerate((skill.body, *skill.files)):
                number += 1
                yield Text(number, kind, skill, file, is_first=not place)


def _beginning(text: Text, steps: int) -> Shown:
    lines = _broken(text.file.compared(steps))
    return Shown(text, lines[:FIRST], len(lines))


def _broken(lines: list[Line]) -> list[Line]:
    """The same lines, long ones as several."""
    return [
        Line(line.kind, line.text[at : at + WIDTH]) for line in lines for at in range(0, max(1, len(line.text)), WIDTH)
    ]
