"""From a document to its text. Files are parsed in a process of their own; pages are fetched guarded."""

import asyncio
import re
from dataclasses import dataclass

from agents.knowledge.chunks import Passage, passages, table_passages
from agents.knowledge.kinds import DOCX, LONGEST, PDF, decoded
from agents.models import Document
from automatos import outside
from automatos.errors import AppError, InvalidInput
from automatos.storage import objects
from tools import confinement
from tools.builtin.web_fetch import ACCEPT, LIMITS, readable
from tools.contract import ToolProblem

SECONDS = 60.0
MOST_PDF_PAGES = 500
PAGE = re.compile(r"^\[Page (\d+) of \d+\]$", re.MULTILINE)
# What PostgreSQL cannot hold, or no reader can see.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Read:
    """title: what the document calls itself, or empty."""

    title: str
    text: str
    passages: list[Passage]


def read(document: Document) -> Read:
    """The text and its passages. Blocks; raises AppError with a sentence for what cannot be read."""
    try:
        title, text, is_table = asyncio.run(_read(document))
    except ToolProblem as problem:
        raise InvalidInput(str(problem)) from problem
    text = UNSEEN.sub("", text).strip()
    if len(text) > LONGEST:
        raise InvalidInput(f"It has {len(text):,} characters; at most {LONGEST:,} are kept. Split it into several.")
    if not text:
        raise InvalidInput("There is no text in it. A scanned page has to go through text recognition first.")
    return Read(title.strip(), text, table_passages(text) if is_table else passages(text))


async def _read(document: Document) -> tuple[str, str, bool]:
    if document.kind == Document.Kind.PASTE:
        return "", document.text, False
    if document.kind == Document.Kind.URL:
        return *await _page(document.url), False
    data = await asyncio.to_thread(_stored, document.file)
    if document.media_type == PDF:
        return *await _pdf(data), False
    if document.media_type == DOCX:
        found, _ = await confinement.run("docx_text", {}, data, seconds=SECONDS)
        return found["title"], found["text"], False
    if document.media_type == "text/html":
        found, _ = await confinement.run("html", {"url": "", "charset": ""}, data, seconds=SECONDS)
        return found["title"], found["text"], False
    return "", decoded(data), document.media_type == "text/csv"


def _stored(name: str) -> bytes:
    try:
        return objects.read(name)
    except FileNotFoundError:
        raise InvalidInput("Its file is gone from the storage. Upload it again.") from None


async def _pdf(data: bytes) -> tuple[str, str]:
    found, _ = await confinement.run("pdf_text", {}, data, seconds=SECONDS)
    if found["pages"] > MOST_PDF_PAGES:
        raise InvalidInput(f"It has {found['pages']:,} pages; at most {MOST_PDF_PAGES} are read. Split it.")
    text = PAGE.sub(r"# Page \1", found["text"])
    return found["title"], text if re.search(r"^(?!# Page \d+$).*\S", text, re.MULTILINE) else ""


async def _page(url: str) -> tuple[str, str]:
    answer = await outside.get(url, headers={"Accept": ACCEPT}, limits=LIMITS)
    if answer.status >= 400:
        raise AppError(f"The server answered {answer.status} instead of the page. Check the address.")
    if answer.content.startswith(b"%PDF-"):
        return await _pdf(answer.content)
    return await readable(answer)
