"""Documents made to break what reads them: each is read as far as it goes, or refused with its reason."""

import time
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF

from agents.knowledge import pdf as knowledge_pdf
from agents.models import Chunk
from agents.tests import office_kit
from agents.tests.test_api_documents import pdf
from agents.tests.test_document_reading import taken
from automatos.storage import objects
from tools import recognition
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    own = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": own}


def test_a_text_of_nothing_but_headings_is_refused(company: Company) -> None:
    row = taken(company, "headings.md", b"# a\nb\n" * 10_001)
    assert (row.status, row.error.split(".")[0]) == ("error", "It falls into more than 10,000 passages")
    assert not Chunk.objects.filter(document=row).exists()


@pytest.mark.parametrize("line", ["# a" + " " * 300_000 + "b", "# a" + "#" * 300_000 + "b", "#" + " " * 300_000])
def test_a_heading_without_end_costs_no_time(company: Company, line: str) -> None:
    started = time.process_time()
    row = taken(company, "a.md", f"Thirty days.\n{line}\nOf what?".encode())
    assert row.status == "ready", row.error
    # Going back over the blanks for each of them took more than ten minutes.
    assert time.process_time() - started < 60


def test_the_head_of_a_table_is_not_repeated_without_bounds(company: Company) -> None:
    head, rows = "x" * 90_000, 200
    row = taken(company, "a.csv", (f"{head},price\n" + "y,3\n" * rows).encode())
    assert row.status == "ready", row.error
    found = list(Chunk.objects.filter(document=row).values_list("text", flat=True))
    assert all(len(text) <= 1_400 for text in found)
    assert sum(text.count("price: 3") for text in found) == rows


def test_a_row_longer_than_a_passage_is_parted_between_its_cells(company: Company) -> None:
    head, cells = ",".join(f"c{i}" for i in range(300)), ",".join(f"word{i}" for i in range(300))
    row = taken(company, "a.csv", f"{head}\n{cells}\n".encode())
    found = list(Chunk.objects.filter(document=row).order_by("position").values_list("text", flat=True))
    assert len(found) > 1
    assert "; ".join(found) == "; ".join(f"c{i}: word{i}" for i in range(300))
    row = taken(company, "b.csv", f"name\n{'z' * 3_000}\n".encode())
    assert [len(text) for text in Chunk.objects.filter(document=row).values_list("text", flat=True)] == [
        1400,
        1400,
        206,
    ]


@pytest.mark.parametrize("name", ["a." + "x" * 240, "a.é and so on", "v1. The rules \u202e", "a.{}"])
def test_a_name_that_ends_in_no_ending_is_taken(company: Company, name: str) -> None:
    row = taken(company, name, b"The rules of refunds.")
    assert (row.status, row.text) == ("ready", "The rules of refunds.")
    assert objects.read(row.file) == b"The rules of refunds."
    assert "." not in row.file


LINKS = {
    "link": b'<p>Read <a href="http://[a">the rules</a> and <a href="b">more</a>.</p>',
    "base": b'<base href="http://[a"><p>Read <a href="x:y">the rules</a> and <a href="https://b.example">more</a>.</p>',
}


@pytest.mark.parametrize("name", LINKS)
def test_a_page_whose_links_are_no_addresses_is_read(company: Company, name: str) -> None:
    row = taken(company, "a.html", LINKS[name])
    assert row.status == "ready", row.error
    assert row.text.startswith("Read the rules and ")


HEADS = {
    "group": b"To: :Foo <a@b>",
    "address": b"From: =?utf-8?q?=?= <",
    "date": b"Date: Mon, 99 Foo 99999999999999 99:99:99 +9999999",
    "brackets": b"Cc: " + b"(" * 3_000,
    "bytes": b"To: \xff\xfe <x@y>",
    "empty": b"Cc: <>",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_mail_whose_head_is_broken_is_read(company: Company, name: str) -> None:
    row = taken(company, "a.eml", b"Subject: Refunds\r\n" + HEADS[name] + b"\r\n\r\nThirty days.\r\n")
    assert row.status == "ready", row.error
    assert row.text.endswith("\n\nThirty days.")
    assert "Subject: Refunds" in row.text


def test_nul_in_what_a_file_says_of_itself_is_left_out(company: Company) -> None:
    subject = b"Subject: =?utf-8?q?Re=00funds?=\r\n"
    part = b"--X\r\nContent-Type: text/plain\r\n"
    attached = part + b"Content-Disposition: attachment; filename*=utf-8''bi%00ll%ED%A0%80.txt\r\n\r\nx\r\n"
    head = b"Content-Type: multipart/mixed; boundary=X\r\n\r\n"
    row = taken(company, "a.eml", subject + head + part + b"\r\nThirty days.\r\n" + attached + b"--X--\r\n")
    assert row.status == "ready", row.error
    assert "\x00" not in f"{row.title}{row.notes}{row.text}"
    assert "bi" in row.notes[0]


def test_empty_pages_are_looked_at_in_bounded_number(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page without text goes through recognition, which takes seconds, whether it finds something or not."""
    looked: list[int] = []

    async def recognised(_: bytes, number: int) -> str:
        looked.append(number)
        return ""

    monkeypatch.setattr(knowledge_pdf, "MOST_RECOGNISED", 3)
    monkeypatch.setattr(recognition, "languages", lambda: ("eng",))
    monkeypatch.setattr(knowledge_pdf, "_recognised", recognised)
    taken(company, "blank.pdf", pdf(9))
    assert looked == [1, 2, 3]


def test_a_pdf_whose_title_is_no_text_is_read(company: Company) -> None:
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica")
    page.cell(text="Thirty days.")
    page.set_title("TITLE")
    data = bytes(page.output()).replace(b"(TITLE)", b"<FEFFD800000041>")
    row = taken(company, "a.pdf", data)
    assert (row.status, "Thirty days." in row.text) == ("ready", True), row.error


def test_numbers_without_end_in_a_text_document_are_read(company: Company) -> None:
    digits = "9" * 5_000
    body = f'<d><body><h outline-level="{digits}">Refunds</h><p>Thirty<s c="{digits}"/>days</p></body></d>'
    parts = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": body}
    row = taken(company, "a.odt", office_kit.zip_of(parts))
    assert row.status == "ready", row.error
    assert row.text.startswith("###### Refunds\n\nThirty")
