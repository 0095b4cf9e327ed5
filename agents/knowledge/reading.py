"""From a document to its text. Files are parsed in a process of their own; pages are fetched guarded."""

import asyncio
import csv
import re
from dataclasses import dataclass
from itertools import islice

from agents.knowledge import pdf, sites
from agents.knowledge.chunks import Passage, passages, table_passages
from agents.knowledge.kinds import LONGEST
from agents.knowledge.pdf import Progress
from agents.knowledge.sites import Rules, SitePage
from agents.knowledge.web_pages import page_at
from agents.models import Document
from automatos.errors import InvalidInput
from automatos.storage import objects
from tools import documents
from tools.contract import ToolProblem
from tools.documents import CSV, PDF, DocumentText

SECONDS = 60.0
# Text without headings has 1,500 at most. Each takes 5 ms and 40 kB of a worker while it is embedded.
MOST_PASSAGES = 10_000
# What PostgreSQL cannot hold, or no reader can see.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Read:
    """title: what the document calls itself, or empty. encoding: of a file of letters. notes: what was left out.

    site: where a page of a website stands and leads.
    """

    title: str
    text: str
    passages: list[Passage]
    encoding: str = ""
    notes: tuple[str, ...] = ()
    pages: int = 0
    site: SitePage | None = None


def read(document: Document, progress: Progress, rules: Rules | None = None) -> Read:
    """The text and its passages. Blocks; raises AppError with a sentence for what cannot be read.

    progress: told how many pages of how many are read, again and again; it may raise to end the reading.
    rules: of the website that it is a page of.
    """
    try:
        site: SitePage | None = None
        if rules:
            given, site = asyncio.run(sites.read_page(document.url, rules))
        else:
            given = asyncio.run(_read(document))
        found = pdf.read(given, progress) if isinstance(given, bytes) else given
    except ToolProblem as problem:
        raise InvalidInput(str(problem)) from problem
    text = UNSEEN.sub("", found.text).strip()
    if len(text) > LONGEST:
        raise InvalidInput(f"It has {len(text):,} characters; at most {LONGEST:,} are kept. Split it into several.")
    if not text:
        raise InvalidInput("There is no text in it. A scanned page has to go through text recognition first.")
    # Names of attached files and hidden sheets stand in the notes, so these are no cleaner than the text.
    notes = tuple(UNSEEN.sub("", note) for note in found.notes)
    return Read(
        UNSEEN.sub("", found.title).strip(), text, _cut(document, text), found.encoding, notes, found.pages, site
    )


def _cut(document: Document, text: str) -> list[Passage]:
    try:
        found = list(islice((table_passages if document.media_type == CSV else passages)(text), MOST_PASSAGES + 1))
    except csv.Error as error:
        raise InvalidInput(f"It is not CSV that can be read: {error}. Save it again, or as .txt.") from None
    if len(found) > MOST_PASSAGES:
        raise InvalidInput(
            f"It falls into more than {MOST_PASSAGES:,} passages. Split it into several, or leave out headings: "
            "each begins a passage."
        )
    return found


async def _read(document: Document) -> DocumentText | bytes:
    """The text; of a PDF its bytes, which are read by and by."""
    if document.kind == Document.Kind.PASTE:
        return DocumentText(document.text)
    if document.kind == Document.Kind.URL:
        return (await page_at(document.url))[0]
    data = await asyncio.to_thread(_stored, document.file)
    if document.media_type == PDF:
        return data
    chosen = document.encoding if document.is_encoding_chosen else ""
    return await documents.text_of(document.media_type, data, seconds=SECONDS, encoding=chosen)


def _stored(name: str) -> bytes:
    try:
        return objects.read(name)
    except FileNotFoundError:
        raise InvalidInput("Its file is gone from the storage. Upload it again.") from None
