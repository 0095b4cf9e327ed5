# ruff: noqa: RUF001 (letters of other alphabets are what is tried)
"""Spreadsheets, presentations, books, mails, notebooks and PDF: all that is shown is read, hostile ones end in time."""

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from agents.knowledge import ingest as knowledge_ingest
from agents.knowledge import pdf as knowledge_pdf
from agents.models import Chunk, Document
from agents.tests import office_kit
from agents.tests.test_api_documents import read, send
from tools import recognition
from tools.confined.pdf import FACES, FONTS
from tools.contract import ToolProblem
from tools.documents import media_type_of
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db

FILES: dict[str, tuple[Callable[[], bytes], str, list[str]]] = {
    "a.xlsx": (
        office_kit.xlsx,
        "# Prices\n\n| Product | Euros |\n| --- | --- |\n| Lamp\\|shade | 38 |",
        ["Hidden sheets were left out: Secret."],
    ),
    "a.pptx": (
        office_kit.pptx,
        "# Slide 1: Plan\n\n# Slide 2: Costs\n\n| Year |\n| --- |\n| TABLECELL |\n\nGROUPED\n\nNotes: SPOKEN",
        [],
    ),
    "a.odt": (
        office_kit.odt,
        "## Travel\n\nMeals[^1] cost\n\n[^1]: NOTETEXT\n\n[Comment: COMMENT]\n\nBOXTEXT\n\n- First\n\n"
        "| Land |\n| --- |\n| CELL |\n\nFooter: FOOTER",
        [],
    ),
    "a.epub": (office_kit.epub, "# First\n\nFIRSTTEXT\n\n# Second\n\nSECONDTEXT", []),
    "a.eml": (
        office_kit.eml,
        "From: Olga <olga@example.org>\nTo: shop@example.org\nSubject: Rückgabe\n\nDie Gebühr ist BODYTEXT.",
        ["Attached files were not read: bill.pdf. Save them and add them by themselves."],
    ),
    "a.ipynb": (
        office_kit.notebook,
        "# Study\nWORDS\n\n```python\ntotal = 1 + 1\n```\n\n```\nPRINTED\n\n```\n\n```\nFIGURE\n```",
        ["1 picture that it shows could not be read."],
    ),
}


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    own = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": own}


def taken(company: Company, name: str, data: bytes) -> Document:
    """The document after it was read."""
    status, row = send(company.editor, name, data)
    assert status == 201, row
    read(company, row)
    return Document.objects.get(pk=row["id"])


@pytest.mark.parametrize("name", FILES)
def test_all_that_is_shown_is_read(company: Company, name: str) -> None:
    made, text, notes = FILES[name]
    row = taken(company, name, made())
    assert (row.status, row.text, row.notes) == ("ready", text, notes), row.error
    assert not [word for word in office_kit.NOT_SHOWN if word in row.text]
    assert Chunk.objects.filter(document=row).exists()


def bomb(part: str) -> bytes:
    """Two cells at the far corners of a sheet of 17 thousand million."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    whole = office_kit.xlsx()
    return whole if not part else _with(whole, part, office_kit.SHEET.format(cells))


def _with(data: bytes, part: str, text: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return office_kit.zip_of({name: archive.read(name).decode() for name in archive.namelist()} | {part: text})


HOSTILE = {
    "huge.xlsx": bomb("xl/worksheets/sheet1.xml"),
    "deep.odt": office_kit.zip_of({"mimetype": "x", "content.xml": "<a>" * 3_000}),
    "outside.odt": office_kit.zip_of(
        {"content.xml": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><d><body><p>&e;</p></body></d>'}
    ),
    "locked.epub": office_kit.zip_of(
        {
            "META-INF/container.xml": '<c><rootfile full-path="b.opf"/></c>',
            "b.opf": "<package/>",
            "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>',
        }
    ),
    "deep.ipynb": b'{"cells":' + b"[" * 100_000,
    "odd.ipynb": json.dumps({"cells": [1, None, {"outputs": 5}]}).encode(),
    "not.eml": b"\n\n",
    "broken.xls": b"\xd0\xcf\x11\xe0" + b"\x00" * 4000,
    "broken.pdf": b"%PDF-1.7\n" + b"x" * 1000,
}


REASONS = {"huge.xlsx": "The sheet Prices reaches to XFD1048576 and is empty for the most part."}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_broken_file_ends_in_time_with_its_reason(company: Company, name: str) -> None:
    started = time.monotonic()
    row = taken(company, name, HOSTILE[name])
    assert (row.status, bool(row.error), row.text) == ("error", True, "")
    assert row.error != knowledge_ingest.BROKEN
    assert REASONS.get(name, "") in row.error
    assert time.monotonic() - started < 30


def book(pages: list[str]) -> bytes:
    made = FPDF()
    made.add_font("Body", fname=FONTS / next(iter(FACES.values())))
    made.set_font("Body", size=12)
    for text in pages:
        made.add_page()
        if text:
            made.multi_cell(0, 8, text)
    return bytes(made.output())


def test_a_long_pdf_is_read_in_parts_and_says_how_far_it_is(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.documents.PART_SECONDS", 0.0)
    seen: list[tuple[int, int, str]] = []
    told = knowledge_ingest._progress

    def note(document: Document, done: int, pages: int) -> None:
        told(document, done, pages)
        shown = company.viewer.get(f"/api/documents/{document.pk}")[1]
        seen.append((shown["pages_read"], shown["pages"], shown["status"]))

    monkeypatch.setattr(knowledge_ingest, "_progress", note)
    row = taken(company, "long.pdf", book([f"Page of the number {number}" for number in range(1, 5)]))
    assert seen == [(number, 4, "reading") for number in range(1, 5)]
    assert (row.pages, row.pages_read, "# Page 4\nPage of the number 4" in row.text) == (4, 4, True)


def test_a_pdf_that_is_deleted_meanwhile_is_not_read_on(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.documents.PART_SECONDS", 0.0)
    parts = 0

    def gone(document: Document, done: int, pages: int) -> None:
        nonlocal parts
        parts += 1
        Document.objects.filter(pk=document.pk).update(reading_since=None)
        told(document, done, pages)

    told = knowledge_ingest._progress
    monkeypatch.setattr(knowledge_ingest, "_progress", gone)
    taken(company, "long.pdf", book(["one", "two", "three"]))
    assert parts == 1


def test_words_of_other_alphabets_stay_apart(company: Company) -> None:
    lines = ["Клиент может вернуть товар в течение тридцати дней", "Ο πελάτης μπορεί να επιστρέψει το προϊόν"]
    row = taken(company, "words.pdf", book(["\n".join(lines)]))
    assert [line for line in lines if line not in row.text.replace("\n", " ")] == []


def scan(words: str) -> bytes:
    """A PDF of one page which is a picture of words."""
    picture = Image.new("L", (1240, 600), 255)
    font = ImageFont.load_default(size=60)
    ImageDraw.Draw(picture).text((80, 200), words, fill=0, font=font)
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=150)
    return out.getvalue()


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
def test_a_scanned_page_is_recognised(company: Company) -> None:
    row = taken(company, "scan.pdf", scan("The meal allowance"))
    assert (row.status, "The meal allowance" in row.text) == ("ready", True), row.error
    assert row.notes == ["The text of 1 page was recognised in pictures and may hold mistakes."]


def test_without_recognition_a_scan_is_refused_and_a_page_of_it_named(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "languages", lambda: ())
    row = taken(company, "scan.pdf", scan("The meal allowance"))
    assert (row.status, row.error) == (
        "error",
        f"There is no text in it: its pages are pictures. {knowledge_pdf.NOT_INSTALLED}",
    )
    row = taken(company, "half.pdf", book(["Words", ""]))
    assert row.notes == [f"There is no text on page 2. {knowledge_pdf.NOT_INSTALLED}"]


def test_a_file_of_excel_before_2007_is_known_and_one_of_word_refused(company: Company) -> None:
    status, answer = send(company.editor, "old.doc", b"\xd0\xcf\x11\xe0" + b"\x00" * 600)
    assert (status, "Save it as .docx" in str(answer)) == (400, True)
    status, answer = send(company.editor, "locked.docx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600)
    assert (status, "password" in str(answer)) == (400, True)


def test_what_a_name_claims_wrongly_is_told_in_good_english() -> None:
    with pytest.raises(ToolProblem, match="This is no EPUB file, although its name says so"):
        media_type_of("book.epub", b"words")
