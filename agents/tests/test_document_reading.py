# ruff: noqa: RUF001 (letters of other alphabets are what is tried)
"""Files as people have them: whole Word documents, any encoding, tables of spreadsheets; what is unsure is said."""

from pathlib import Path
from typing import Any

import pytest

from agents.models import Chunk, Document
from agents.tests import word_kit
from agents.tests.page_kit import Cast
from agents.tests.test_api_documents import read, send, zip_of
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db

RUSSIAN = "Правила возврата\nКлиент может вернуть товар."
# As the files came: name, text, how it was saved, and what is shown of that.
SAVED = [
    ("gbk.txt", "第一章 退款政策\n客户可以在三十天内申请退款。", "gbk", "gb18030"),
    ("sjis.txt", "返品規定\n三十日以内に返品できます。", "shift_jis", "cp932"),
    ("euc.txt", "返品規定\n三十日以内に返品できます。", "euc-jp", "euc_jp"),
    ("jis.txt", "返品規定\n三十日以内に返品できます。", "iso2022_jp", "iso2022_jp"),
    ("cp1251.txt", RUSSIAN, "cp1251", "cp1251"),
    ("koi8.txt", RUSSIAN, "koi8-r", "koi8-r"),
    ("dos.txt", RUSSIAN, "cp866", "cp866"),
    ("korean.txt", "환불 규정\n고객은 삼십 일 이내에 환불을 신청할 수 있습니다.", "euc-kr", "cp949"),
    ("greek.txt", "Κανόνες επιστροφής\nΟ πελάτης μπορεί να επιστρέψει το προϊόν.", "cp1253", "iso8859-7"),
    ("hebrew.txt", "כללי החזרה\nהלקוח יכול להחזיר את המוצר תוך שלושים יום.", "cp1255", "cp1255"),
    ("polish.txt", "Zasady zwrotu\nKlient może zwrócić towar w ciągu trzydziestu dni.", "cp1250", "cp1250"),
    ("german.txt", "Rückgabe\nWir prüfen Gebühren für größere Mengen.", "cp1252", "cp1252"),
    ("nomark.txt", "Refund rules: thirty days.", "utf-16-le", "utf-16-le"),
    ("mark.txt", "Refund rules: thirty days.", "utf-16", "utf-16"),
]


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
    row = read(company, row)
    return Document.objects.get(pk=row["id"])


@pytest.mark.parametrize(("name", "text", "saved", "shown"), SAVED)
def test_a_text_in_another_encoding_is_read_right(
    company: Company, name: str, text: str, saved: str, shown: str
) -> None:
    row = taken(company, name, text.encode(saved))
    assert (row.status, row.text, row.encoding, row.is_encoding_chosen) == ("ready", text, shown, False)


def test_a_table_in_another_encoding_is_read_right(company: Company) -> None:
    row = taken(company, "big5.csv", "名稱,價格\n蘋果,30\n".encode("big5"))
    assert [chunk.text for chunk in Chunk.objects.filter(document=row)] == ["名稱: 蘋果; 價格: 30"]


@pytest.mark.parametrize("declared", ["<meta charset='euc-kr'>", ""])
def test_a_page_is_read_in_what_it_says_or_looks_like(company: Company, declared: str) -> None:
    page = f"<html><head>{declared}</head><body><p>환불 규정: 고객은 삼십 일 이내에 신청합니다.</p></body></html>"
    row = taken(company, "page.html", page.encode("euc-kr"))
    assert (row.text, row.encoding) == ("환불 규정: 고객은 삼십 일 이내에 신청합니다.", "cp949")


def test_a_few_broken_letters_are_said_and_noise_is_refused(company: Company) -> None:
    row = taken(company, "broken.txt", ("Grün ist schön. " * 100).encode() + b"\xff end")
    assert (row.encoding, row.notes) == ("utf-8", ["1 character does not fit the encoding utf-8 and cannot be read."])
    noise = bytes(range(1, 256)) * 40
    row = taken(company, "noise.txt", noise)
    assert (row.status, "Choose the encoding" in row.error) == ("error", True)


def test_the_encoding_can_be_changed(company: Company) -> None:
    row = taken(company, "mixed.txt", RUSSIAN.encode("cp1251"))
    address = f"/api/documents/{row.pk}/refresh"
    status, answer = company.editor.post(address, {"encoding": "klingon"})
    assert (status, list(answer["error"]["fields"])) == (400, ["encoding"])
    for chosen, text in (("koi8-r", RUSSIAN.encode("cp1251").decode("koi8-r")), ("", RUSSIAN), ("utf-8", None)):
        assert company.editor.post(address, {"encoding": chosen})[0] == 202
        answer = read(company, {"id": str(row.pk)})
        row.refresh_from_db()
        if text is None:
            assert (row.status, "not text in utf-8" in row.error) == ("error", True)
        else:
            assert (row.text, answer["is_encoding_chosen"]) == (text, bool(chosen))
    status, answer = company.editor.post("/api/documents", {"title": "T", "text": "x"})
    read(company, answer)
    assert company.editor.post(f"/api/documents/{answer['id']}/refresh", {"encoding": "utf-8"})[0] == 400


def test_the_page_shows_the_encoding_and_changes_it() -> None:
    cast, company = Cast(), Company()
    row = taken(company, "old.txt", RUSSIAN.encode("cp1251"))
    Document.objects.filter(pk=row.pk).update(workspace=cast.workspace)
    address = f"{cast.root}/knowledge/{row.pk}/"
    assert "Cyrillic (Windows-1251), which was found" in cast.viewer.get(address).content.decode()
    assert cast.viewer.post(f"{address}refresh/", {"encoding": "koi8-r"}).status_code == 403
    assert cast.editor.post(f"{address}refresh/", {"encoding": "koi8-r"}).status_code == 302
    row.refresh_from_db()
    assert (row.encoding, row.is_encoding_chosen, row.status) == ("koi8-r", True, "waiting")


def test_everything_a_reader_sees_of_a_word_document_is_read(company: Company) -> None:
    row = taken(company, "contract.docx", word_kit.full_document())
    assert row.status == "ready", row.error
    assert [word for word in word_kit.SHOWN if word not in row.text] == []
    assert [word for word in word_kit.NOT_SHOWN if word in row.text] == []
    assert row.notes == ["Hidden text was left out."]
    assert Chunk.objects.filter(document=row, heading="Tariff", text__contains="FOOTNOTETEXT").exists()


def test_a_word_document_under_another_name_is_known_by_its_content(company: Company) -> None:
    assert "TEXTBOX" in taken(company, "contract.txt", word_kit.full_document()).text


HOSTILE = {
    "entities": b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><d>&b;</d>',
    "outside": b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d><p><t>&a;</t></p></d>',
    "deep": b"<a>" * 5_000,
    "broken": b"<a><b>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_word_document_gives_nothing(company: Company, name: str) -> None:
    link = b'<Relationships><Relationship Id="r" Type="x/officeDocument" Target="word/document.xml"/></Relationships>'
    row = taken(company, "a.docx", zip_of({"_rels/.rels": link, "word/document.xml": HOSTILE[name]}))
    assert (row.status, row.text) == ("error", "")


SPREADSHEETS = {
    "semicolons": 'name;price\r\n"Ann; and Bob";"3,50"\r\n'.encode("cp1252"),
    "mark": '\ufeff"name","price"\r\n"Ann; and Bob","3,50"\r\n'.encode(),
    "unicode text": "name\tprice\r\nAnn; and Bob\t3,50\r\n".encode("utf-16"),
    "said": b"sep=|\r\nname|price\r\nAnn; and Bob|3,50\r\n",
    "commas in prices": "name;price;tax\nAnn; 3,50; 1,00\n".replace("Ann;", '"Ann; and Bob";').encode(),
}


@pytest.mark.parametrize("name", SPREADSHEETS)
def test_a_table_is_read_as_spreadsheets_write_it(company: Company, name: str) -> None:
    row = taken(company, "prices.csv", SPREADSHEETS[name])
    assert Chunk.objects.get(document=row).text.startswith("name: Ann; and Bob; price: 3,50")


def test_a_cell_may_have_several_lines(company: Company) -> None:
    row = taken(company, "notes.csv", b'who;what\n"Ann";"first\nsecond"\n')
    assert Chunk.objects.get(document=row).text == "who: Ann; what: first\nsecond"


def test_what_is_no_table_is_said(company: Company) -> None:
    row = taken(company, "a.csv", b'a,b\n"' + b"x" * 150_000)
    assert (row.status, "not CSV" in row.error) == ("error", True)


@pytest.mark.parametrize("name", ["README", "文件 名.TXT", "main.rs", "a" * 200 + ".log", "report.final.v2"])
def test_text_is_known_by_what_is_in_it(company: Company, name: str) -> None:
    assert taken(company, name, b"fn main() {}").text == "fn main() {}"
