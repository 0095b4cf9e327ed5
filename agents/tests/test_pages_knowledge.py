"""The pages of knowledge: adding in each way, searching, giving to an agent, deleting and undoing, who may what."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.knowledge import ingest as knowledge_ingest
from agents.models import Document, Memory
from agents.tests.page_kit import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def added(cast: Cast, **fields: Any) -> Document:
    answer = cast.editor.post(f"{cast.root}/knowledge/new/", fields)
    assert answer.status_code == 302, answer.content
    row = Document.objects.latest("created_at")
    knowledge_ingest.run_read(cast.workspace.pk, row.pk)
    row.refresh_from_db()
    assert row.status == "ready", row.error
    return row


def test_a_text_is_pasted_found_and_shown(cast: Cast) -> None:
    assert "No documents yet" in cast.viewer.get(f"{cast.root}/knowledge/").content.decode()
    row = added(cast, way="paste", title="Rules", pasted="# Money\nThe meal allowance is 38 euros.")
    page = cast.viewer.get(f"{cast.root}/knowledge/?q=meal").content.decode()
    assert "Passages that fit" in page
    assert "The meal allowance" in page
    assert "Money" in cast.viewer.get(f"{cast.root}/knowledge/{row.pk}/?q=meal").content.decode()


def test_a_file_is_uploaded_under_its_own_name(cast: Cast) -> None:
    assert added(cast, way="upload", file=SimpleUploadedFile("prices.csv", b"a,b\n1,2\n")).title == "prices"


def test_of_several_files_a_bad_one_does_not_stop_the_others(cast: Cast) -> None:
    names = {"a.md": b"Alpha", "b.exe": b"MZ\x00", "c.md": b"Gamma"}
    files = [SimpleUploadedFile(name, data) for name, data in names.items()]
    answer = cast.editor.post(f"{cast.root}/knowledge/new/", {"way": "upload", "file": files, "title": "Ignored"})
    page = answer.content.decode()
    assert (answer.status_code, "2 of the files were taken" in page, "b.exe" in page) == (200, True, True)
    assert "no kind that can be read" in page
    assert sorted(Document.objects.values_list("title", flat=True)) == ["a", "c"]


def test_a_script_is_answered_for_each_file(cast: Cast) -> None:
    def sent(name: str, data: bytes, path: str = "") -> tuple[int, dict[str, str]]:
        fields = {"way": "upload", "file": SimpleUploadedFile(name, data), "path": path}
        answer = cast.editor.post(f"{cast.root}/knowledge/new/", fields, headers={"Accept": "application/json"})
        return answer.status_code, answer.json()

    assert sent("a.md", b"Alpha", "north/a.md") == (
        200,
        {"said": "north/a was added. It is being read.", "outcome": "added"},
    )
    assert sent("a.md", b"Alpha")[1]["outcome"] == "unchanged"
    status, body = sent("b.exe", b"MZ\x00")
    assert (status, "no kind that can be read" in body["error"]) == (422, True)


@pytest.mark.parametrize(
    ("fields", "anchor"),
    [({"way": "upload"}, "id_file"), ({"way": "paste", "title": "T"}, "id_pasted"), ({"way": "url"}, "id_url")],
)
def test_what_is_missing_is_named_above_and_at_its_field(cast: Cast, fields: dict[str, str], anchor: str) -> None:
    answer = cast.editor.post(f"{cast.root}/knowledge/new/", fields)
    assert answer.status_code == 422
    assert f'href="#{anchor}"' in answer.content.decode()


def test_an_agent_is_given_documents(cast: Cast) -> None:
    row, agent = added(cast, way="paste", title="Rules", pasted="Meals cost."), cast.agent()
    address = f"{cast.root}/agents/{agent.slug}/documents/"
    assert cast.viewer.post(address, {"document_ids": [str(row.pk)]}).status_code == 403
    assert cast.editor.post(address, {"document_ids": [str(row.pk)]}).status_code == 302
    assert "checked" in cast.viewer.get(address).content.decode()
    assert agent.name in cast.viewer.get(f"{cast.root}/knowledge/{row.pk}/").content.decode()


def test_deleting_asks_and_can_be_undone(cast: Cast) -> None:
    row = added(cast, way="paste", title="Rules", pasted="Meals cost.")
    address = f"{cast.root}/knowledge/{row.pk}"
    assert cast.editor.post(f"{address}/delete/").status_code == 403
    assert "No agent uses it" in cast.owner.get(f"{address}/delete/").content.decode()
    assert "Restore" in cast.owner.post(f"{address}/delete/", follow=True).content.decode()
    assert cast.viewer.get(f"{address}/").status_code == 404
    assert cast.owner.post(f"{address}/restore/").status_code == 302
    assert cast.viewer.get(f"{address}/").status_code == 200


def test_memories_are_listed_and_forgotten(cast: Cast) -> None:
    memory = Memory.objects.create(workspace=cast.workspace, text="Olga likes tea.", origins=["web page x"])
    assert "After reading web page x" in cast.viewer.get(f"{cast.root}/knowledge/memories/").content.decode()
    assert cast.owner.post(f"{cast.root}/knowledge/memories/{memory.pk}/delete/").status_code == 302
    assert not Memory.objects.exists()
