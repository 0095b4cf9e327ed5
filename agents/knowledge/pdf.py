"""A PDF of any length, read page by page; pages without text go through text recognition where it is installed."""

import asyncio
import time
from collections.abc import Callable, Sequence

from automatos.errors import InvalidInput
from tools import confinement, documents, recognition
from tools.contract import ToolProblem
from tools.documents import DocumentText

MOST_PAGES = 5_000
# Recognition takes some seconds a page.
MOST_RECOGNISED = 300
# Of one document, all in all.
SECONDS = 3_000.0
PICTURE_SECONDS = 30.0
NOT_INSTALLED = "Text recognition (tesseract) is not installed here."
# Told after each job: pages read so far, pages there are.
Progress = Callable[[int, int], None]


def read(data: bytes, progress: Progress) -> DocumentText:
    """The text, each page under a heading of its own. Blocks; raises InvalidInput with the reason."""
    ends = time.monotonic() + SECONDS
    texts: list[str] = []
    recognised: list[int] = []
    tried = 0
    while True:
        part = asyncio.run(documents.pdf_part(data, len(texts)))
        if part.pages > MOST_PAGES:
            raise InvalidInput(f"It has {part.pages:,} pages; at most {MOST_PAGES:,} are read. Split it.")
        for text in part.texts:
            number = len(texts) + 1
            # A file of some hundred bytes can claim thousands of empty pages; each is counted, whatever is found on it.
            if not text and recognition.languages() and tried < MOST_RECOGNISED and time.monotonic() < ends:
                tried += 1
                text = asyncio.run(_recognised(data, number))  # noqa: PLW2901
                recognised += [number] if text else []
                progress(number, part.pages)
            texts.append(text)
        progress(part.next, part.pages)
        if part.next >= part.pages or sum(map(len, texts)) > documents.LONGEST:
            break
        if time.monotonic() > ends:
            raise InvalidInput(f"Of its {part.pages:,} pages {part.next:,} were read in time. Split it into several.")
    return DocumentText(_joined(texts), part.title, notes=_notes(texts, recognised), pages=part.pages)


def _joined(texts: Sequence[str]) -> str:
    if not any(texts):
        if recognition.languages():
            return ""
        raise InvalidInput(f"There is no text in it: its pages are pictures. {NOT_INSTALLED}")
    return "\n\n".join(f"# Page {number}\n{text}" for number, text in enumerate(texts, 1))


def _notes(texts: Sequence[str], recognised: Sequence[int]) -> tuple[str, ...]:
    notes = []
    if recognised:
        pages = "1 page" if len(recognised) == 1 else f"{len(recognised)} pages"
        notes.append(f"The text of {pages} was recognised in pictures and may hold mistakes.")
    empty = [number for number, text in enumerate(texts, 1) if not text]
    if empty:
        notes.append(documents.without_text(empty) + ("" if recognition.languages() else f" {NOT_INSTALLED}"))
    return tuple(notes)


async def _recognised(data: bytes, number: int) -> str:
    """The text in the picture of a page, counted from 1; empty where there is none or it takes too long."""
    try:
        _, picture = await confinement.run("pdf_picture", {"page": number - 1}, data, seconds=PICTURE_SECONDS)
        return await recognition.recognised(picture)
    except ToolProblem:
        return ""
