"""The text of a PDF, some pages at a time, so that a long one takes many short jobs instead of one that is cut off."""

import time
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_raw

from tools.confined.child import Problem

LONGEST = 2_000_000
LONGEST_TITLE = 300


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: first (page, from 0) and seconds, after which no further page is begun.

    Gives title, pages (how many there are), next (the page to go on with; as many as there are at the end), texts of
    those read.
    """
    document = opened(data)
    count = len(document)
    ends, texts, size = time.monotonic() + task["seconds"], [], 0
    number = task["first"]
    while number < count:
        texts.append(_text(document, number))
        size += len(texts[-1])
        number += 1
        if time.monotonic() > ends or size > LONGEST:
            break
    title = " ".join(_title(document).split())
    return {"title": title[:LONGEST_TITLE], "pages": count, "next": number, "texts": texts}, b""


def opened(data: bytes) -> pypdfium2.PdfDocument:
    """The document. Raises Problem for what is no PDF, and for one with a password."""
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", 0) == pdfium_raw.FPDF_ERR_PASSWORD:
            raise Problem("The PDF is protected with a password. Save it without one.") from None
        raise Problem("This is not a PDF that can be read.") from None


def _title(document: pypdfium2.PdfDocument) -> str:
    """What the document calls itself; empty where that is no text."""
    try:
        return document.get_metadata_value("Title") or ""
    except UnicodeDecodeError:
        return ""


def _text(document: pypdfium2.PdfDocument, number: int) -> str:
    """The text of one page; a page that is broken has none."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""
    lines = page.get_textpage()
    try:
        text: str = lines.get_text_range()
    finally:
        lines.close()
        page.close()
    # The reader marks a word that was parted at a line's end so.
    return text.replace("\ufffe", "").replace("\r\n", "\n").strip()
