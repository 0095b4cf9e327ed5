"""The same file again: identical bytes are there already, other bytes become the same document's new text."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.knowledge import ingest as knowledge_ingest
from agents.models import AgentDocument, Document
from agents.tests.page_kit import Cast
from workspaces.models import AuditEntry, Workspace
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db

FIRST = b"# Meals\nThe allowance is 38 euros.\n# Trains\nSecond class.\n"
SECOND = b"# Meals\nThe allowance is 42 euros.\n# Trains\nSecond class.\n# Hotels\nUp to 120 euros.\n"


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    own = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": own}
    return tmp_path


def send(company: Company, name: str, data: bytes, **fields: str) -> tuple[int, dict[str, Any]]:
    body = {"file": SimpleUploadedFile(name, data), **fields}
    headers = {"X-API-Key": company.editor.key}
    answer = company.editor.client.post("/api/documents", body, headers=headers)
    return answer.status_code, answer.json()


def read(company: Company, row: dict[str, Any]) -> dict[str, Any]:
    knowledge_ingest.run_read(company.workspace.pk, UUID(row["id"]))
    return dict(company.viewer.get(f"/api/documents/{row['id']}")[1])


def found(company: Company, words: str) -> str:
    return " ".join(hit["text"] for hit in company.viewer.get(f"/api/documents/search?q={words}")[1]["items"])


def test_other_bytes_of_the_same_name_become_the_new_text_with_the_difference(company: Company, files: Path) -> None:
    status, row = send(company, "Rules.md", FIRST)
    assert (status, row["outcome"], row["file_name"], row["change"]) == (201, "added", "Rules.md", None)
    read(company, row)
    agent_id = UUID(company.agent()["id"])
    AgentDocument.objects.create(agent_id=agent_id, document_id=row["id"])
    status, again = send(company, "Rules.md", SECOND)
    assert (status, again["outcome"], again["id"], again["status"]) == (200, "replaced", row["id"], "waiting")
    # Until a worker has read the new file, the text of before is found.
    assert "38 euros" in found(company, "meal allowance")
    now = read(company, again)
    assert (now["status"], now["chunk_count"], now["size"], now["title"]) == ("ready", 3, len(SECOND), "Rules")
    change = {name: value for name, value in now["change"].items() if name != "at"}
    assert change == {
        "passages_before": 2, "passages_added": 2, "passages_removed": 1, "passages_kept": 1,
        "characters_before": len(FIRST.strip()), "characters_now": len(SECOND.strip()),
    }  # fmt: skip
    assert "42 euros" in found(company, "meal allowance")
    assert "38 euros" not in found(company, "meal allowance")
    assert AgentDocument.objects.filter(agent_id=agent_id, document_id=row["id"]).exists()
    assert Workspace.objects.get(pk=company.workspace.pk).storage_bytes == len(SECOND)
    entry = AuditEntry.objects.filter(action="document.replaced").get()
    assert entry.before
    assert entry.after
    assert (entry.before["size"], entry.after["size"]) == (len(FIRST), len(SECOND))


def test_the_same_bytes_are_there_already(company: Company, files: Path) -> None:
    _, row = send(company, "Rules.md", FIRST)
    read(company, row)
    for name in ("Rules.md", "Copy of Rules.md"):
        status, again = send(company, name, FIRST)
        assert (status, again["outcome"], again["id"], again["status"]) == (200, "unchanged", row["id"], "ready")
    assert Workspace.objects.get(pk=company.workspace.pk).storage_bytes == len(FIRST)
    assert len([path for path in files.rglob("*") if path.is_file()]) == 1


def test_the_old_text_stays_when_the_new_file_cannot_be_read(company: Company) -> None:
    _, row = send(company, "Rules.md", FIRST)
    read(company, row)
    _, again = send(company, "Rules.md", b"word " * 500_000)
    now = read(company, again)
    assert (now["status"], "characters" in now["error"], now["chunk_count"]) == ("error", True, 2)
    assert "38 euros" in found(company, "meal allowance")
    # The same bytes are tried again, since they were not read.
    assert send(company, "Rules.md", b"word " * 500_000)[1]["outcome"] == "replaced"


def test_a_reader_of_the_older_file_keeps_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    _, row = send(company, "Rules.md", FIRST)
    embedded = knowledge_ingest._embedded

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(knowledge_ingest, "_embedded", embedded)
        send(company, "Rules.md", SECOND)
        return embedded(*given)

    monkeypatch.setattr(knowledge_ingest, "_embedded", overtaken)
    assert read(company, row)["status"] == "waiting"
    assert read(company, row)["size"] == len(SECOND)
    assert "42 euros" in found(company, "meal allowance")


def test_folders_tell_files_of_one_name_apart_and_both_can_be_kept(company: Company) -> None:
    for path in ("north/README.md", "south/README.md"):
        assert send(company, "README.md", f"# {path}\nWords".encode(), path=path)[1]["outcome"] == "added"
    assert sorted(Document.objects.values_list("title", flat=True)) == ["north/README", "south/README"]
    status, row = send(company, "README.md", b"# Other\nWords", path="north/README.md", keep_both="true")
    assert (status, row["outcome"], Document.objects.count()) == (201, "added", 3)


def test_a_file_from_before_names_were_kept_is_found_by_its_title(company: Company) -> None:
    _, row = send(company, "Rules.md", FIRST)
    read(company, row)
    Document.objects.update(file_name="", digest="")
    assert send(company, "Rules.txt", SECOND)[1]["outcome"] == "added"
    _, again = send(company, "Rules.md", SECOND + b"More.")
    assert (again["outcome"], again["id"]) == ("replaced", row["id"])


def test_a_deleted_document_is_not_there_any_more(company: Company) -> None:
    _, row = send(company, "Rules.md", FIRST)
    company.owner.delete(f"/api/documents/{row['id']}")
    status, again = send(company, "Rules.md", FIRST)
    assert (status, again["outcome"]) == (201, "added")


def test_the_page_says_what_became_of_the_file_and_what_changed() -> None:
    cast = Cast()
    said = []
    for data in (FIRST, FIRST, SECOND):
        fields = {"way": "upload", "file": SimpleUploadedFile("Rules.md", data)}
        said.append(cast.editor.post(f"{cast.root}/knowledge/new/", fields, follow=True).content.decode())
        row = Document.objects.get()
        knowledge_ingest.run_read(cast.workspace.pk, row.pk)
    assert "Rules was added" in said[0]
    assert "Rules is there already, with the same bytes" in said[1]
    assert "Rules gets the new file" in said[2]
    page = cast.viewer.get(f"{cast.root}/knowledge/{row.pk}/").content.decode()
    assert "2 passages new, 1 gone, 1 as before" in page
    fields = {"way": "upload", "file": SimpleUploadedFile("Rules.md", FIRST), "keep_both": "on"}
    assert cast.editor.post(f"{cast.root}/knowledge/new/", fields).status_code == 302
    assert Document.objects.count() == 2


def test_a_name_that_macos_took_apart_is_the_same_name(company: Company) -> None:
    """There letters with accents come as letters and accents; people write, read and look for them whole."""
    apart, whole = "Qualita\u0308t u\u0308ber alles.md", "Qualit\u00e4t \u00fcber alles.md"
    _, row = send(company, apart, FIRST)
    assert (row["file_name"], row["title"]) == (whole, whole.removesuffix(".md"))
    status, again = send(company, whole, SECOND)
    assert (again["id"], again["outcome"]) == (row["id"], "replaced"), (status, again)
    assert send(company, "Menu.md", b"# Tea", title="Cafe\u0301")[1]["title"] == "Caf\u00e9"
