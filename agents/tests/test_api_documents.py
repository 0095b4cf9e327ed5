"""Documents at the API: every kind is read, hostile ones are refused within bounds, everybody sees only their own."""

import io
import time
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pypdf import PdfWriter

from agents.knowledge import ingest as knowledge_ingest
from agents.knowledge import tasks as knowledge_tasks
from agents.models import Chunk, Document, Memory
from workspaces.models import AuditEntry, Workspace
from workspaces.tests.rest import Caller, Company, without_request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    """Files of this test's own."""
    own = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": own}
    return tmp_path


def send(caller: Caller, name: str, data: bytes, **fields: str) -> tuple[int, Any]:
    body = {"file": SimpleUploadedFile(name, data), **fields}
    answer = caller.client.post("/api/documents", body, headers={"X-API-Key": caller.key})
    return answer.status_code, answer.json()


def read(company: Company, row: dict[str, Any]) -> dict[str, Any]:
    """The document once the worker's function went over it."""
    knowledge_ingest.run_read(company.workspace.pk, UUID(row["id"]))
    return dict(company.viewer.get(f"/api/documents/{row['id']}")[1])


def added(company: Company, text: str, title: str = "Handbook") -> dict[str, Any]:
    status, row = company.editor.post("/api/documents", {"title": title, "text": text})
    assert status == 201, row
    return read(company, row)


def word_file(text: str) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_heading("Travel", 1)
    document.add_paragraph(text)
    document.save(out)
    return out.getvalue()


def pdf(pages: int) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(72, 72)
    writer.write(out)
    return out.getvalue()


SENTENCE = "The daily meal allowance is 38 euros."
KINDS = {
    "a.txt": SENTENCE.encode(),
    "a.md": f"# Money\n{SENTENCE}".encode(),
    "a.csv": f"topic,rule\nmeals,{SENTENCE}\n".encode(),
    "a.html": f"<html><title>Rules</title><body><h1>Money</h1><p>{SENTENCE}</p><script>evil()</script>".encode(),
    "a.docx": word_file(SENTENCE),
    "utf16.txt": SENTENCE.encode("utf-16"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_is_read_and_found(company: Company, name: str) -> None:
    status, row = send(company.editor, name, KINDS[name], title="Rules")
    assert (status, row["status"]) == (201, "waiting"), row
    row = read(company, row)
    assert (row["status"], row["chunk_count"], row["error"]) == ("ready", 1, "")
    _, found = company.viewer.get("/api/documents/search?q=what may lunch cost on a trip")
    assert SENTENCE in found["items"][0]["text"]
    assert Workspace.objects.get(pk=company.workspace.pk).storage_bytes == len(KINDS[name])


def zip_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zip_bomb() -> bytes:
    return zip_of({"word/document.xml": b"<w>" + b" " * 60_000_000})


REFUSED = {
    "program.exe": (b"MZ", "no kind that can be read"),
    "old.doc": (b"\xd0\xcf\x11\xe0", "Save it as .docx"),
    "pictures.zip": (zip_of({"a.png": b"x"}), "Unpack it"),
    "many.docx": (zip_of({f"word/{n}": b"" for n in range(90_000 // 2)}), "entries"),
    "empty.txt": (b"", "empty"),
    "binary.txt": (b"abc\x00def", "NUL"),
    "not.pdf": (b"hello", "not a PDF"),
    "not.docx": (b"hello", "no DOCX file"),
    "bomb.docx": (zip_bomb(), "at most"),
    "huge.txt": (b"x" * (20 * 1024 * 1024 + 1), "at most 20 MB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_taken_is_refused_at_once(company: Company, files: Path, name: str) -> None:
    data, said = REFUSED[name]
    started = time.monotonic()
    status, body = send(company.editor, name, data)
    if name == "empty.txt":  # the form itself drops an empty file
        assert status == 400
        return
    assert (status, time.monotonic() - started < 5) == (400, True)
    assert said in body["error"]["fields"]["file"][0]
    assert not Document.objects.exists()
    assert not [path for path in files.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("long.pdf", pdf(5001), "5,001 pages"),
        ("broken.pdf", b"%PDF-1.7\nnothing", "PDF"),
        ("scan.pdf", pdf(2), "no text"),
        ("long.txt", b"word " * 500_000, "characters"),
    ],
)
def test_what_cannot_be_read_ends_as_an_error_with_its_reason(
    company: Company, name: str, data: bytes, said: str
) -> None:
    status, row = send(company.editor, name, data)
    assert status == 201
    started = time.monotonic()
    row = read(company, row)
    assert (row["status"], said in row["error"], time.monotonic() - started < 65) == ("error", True, True), row


def test_pasted_text_is_checked(company: Company) -> None:
    for body, field in (
        ({"title": "", "text": "x"}, "title"),
        ({"title": "T", "text": " "}, "text"),
        ({"title": "T", "text": "x" * 2_000_001}, "text"),
        ({"title": "T", "text": "a\u0000b"}, "text"),
        ({"title": "T"}, "text"),
        ({"url": "ftp://example.org/x"}, "url"),
        ({"url": "https://example.org", "text": "x"}, "url"),
    ):
        status, answer = company.editor.post("/api/documents", body)
        assert (status, list(answer["error"]["fields"])) == (400, [field]), answer


def test_a_private_address_is_not_fetched(company: Company) -> None:
    _, row = company.editor.post("/api/documents", {"url": "http://127.0.0.1:9/secret"})
    assert read(company, row)["status"] == "error"


def test_passages_carry_their_headings_and_neighbours_overlap(company: Company) -> None:
    lines = " ".join(f"Rule {number} says something about topic {number}." for number in range(200))
    row = added(company, f"# Money\n## Travel\n{lines}")
    chunks = list(Chunk.objects.filter(document_id=row["id"]).order_by("position"))
    assert len(chunks) > 4
    assert {chunk.heading for chunk in chunks} == {"Money / Travel"}
    assert max(len(chunk.text) for chunk in chunks) <= 1400
    assert chunks[1].text.startswith(chunks[0].text.splitlines()[-1])


def test_an_agent_searches_only_its_own_documents(company: Company) -> None:
    agent = company.agent()
    mine, _ = added(company, "Turbines weigh 46 kilograms.", "A"), added(company, "Turbines cost 900 euros.", "B")
    path = f"/api/agents/{agent['id']}/documents"
    assert company.editor.put(path, {"document_ids": [mine["id"]]})[0] == 200
    _, found = company.viewer.get(f"/api/documents/search?q=turbines&agent_id={agent['id']}")
    assert [hit["title"] for hit in found["items"]] == ["A"]
    assert len(company.viewer.get("/api/documents/search?q=turbines")[1]["items"]) == 2
    status, body = company.editor.put(path, {"document_ids": [str(uuid4())]})
    assert (status, list(body["error"]["fields"])) == (400, ["document_ids"])


def test_a_deleted_document_is_not_found_until_it_is_back(company: Company) -> None:
    row = added(company, "Turbines weigh 46 kilograms.")
    address = f"/api/documents/{row['id']}"
    assert company.editor.delete(address)[0] == 403
    assert company.admin.delete(address)[0] == 204
    assert company.viewer.get("/api/documents/search?q=turbines")[1]["items"] == []
    assert company.viewer.get(address)[0] == 404
    assert company.admin.post(f"{address}/restore")[0] == 200
    assert len(company.viewer.get("/api/documents/search?q=turbines")[1]["items"]) == 1
    done = AuditEntry.objects.filter(workspace_id=company.workspace.pk, target_id=row["id"]).order_by("seq")
    assert [entry.action for entry in done] == ["document.created", "document.deleted", "document.restored"]


def test_a_deleted_document_and_its_file_go_after_30_days(company: Company, files: Path) -> None:
    for name, days in (("fresh.txt", 29), ("old.txt", 31)):
        row = read(company, send(company.editor, name, SENTENCE.encode())[1])
        assert company.admin.delete(f"/api/documents/{row['id']}")[0] == 204
        Document.objects.filter(pk=row["id"]).update(deleted_at=timezone.now() - timedelta(days=days))
    knowledge_tasks.sweep_documents()
    left = Document.objects.get()
    assert (left.title, set(Chunk.objects.values_list("document_id", flat=True))) == ("fresh", {left.pk})
    assert [str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()] == [left.file]


def test_a_reading_that_a_worker_lost_is_begun_again_and_given_up_in_the_end(company: Company) -> None:
    _, row = company.editor.post("/api/documents", {"title": "T", "text": "Some text."})
    rows = Document.objects.filter(pk=row["id"])
    long_ago = timezone.now() - timedelta(hours=1)
    rows.update(status="reading", reading_since=long_ago, updated_at=long_ago, attempts=1)
    assert knowledge_ingest.begin_lost() == [(company.workspace.pk, UUID(row["id"]))]
    rows.update(status="reading", reading_since=long_ago, attempts=3)
    assert knowledge_ingest.begin_lost() == []
    assert rows.get().error == knowledge_ingest.LOST
    assert company.editor.post(f"/api/documents/{row['id']}/refresh")[0] == 202
    assert read(company, row)["status"] == "ready"


def test_a_stranger_gets_the_same_answer_as_for_nothing(company: Company) -> None:
    row = added(company, "Turbines weigh 46 kilograms.")
    memory = Memory.objects.create(workspace=company.workspace, text="secret")
    for path, method in (("documents/{}", "GET"), ("documents/{}", "DELETE"), ("documents/{}/refresh", "POST")):
        real = company.outsider.send(method, f"/api/{path.format(row['id'])}")
        none = company.outsider.send(method, f"/api/{path.format(uuid4())}")
        assert (real[0], without_request_id(real[1])) == (404, without_request_id(none[1]))
    assert company.outsider.get("/api/documents/search?q=turbines")[1]["items"] == []
    assert company.outsider.get("/api/memories")[1]["total"] == 0
    assert company.outsider.delete(f"/api/memories/{memory.pk}")[0] == 404
    assert company.viewer.get("/api/memories")[1]["total"] == 1
    assert company.admin.delete(f"/api/memories/{memory.pk}")[0] == 204


def test_a_viewer_may_read_and_not_add(company: Company) -> None:
    assert company.viewer.get("/api/documents")[0] == 200
    assert company.viewer.post("/api/documents", {"title": "T", "text": "x"})[0] == 403
