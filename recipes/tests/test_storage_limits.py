"""A workspace's storage, at every door that takes a file: what it adds up to, and what is said when it is full."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from automatos.testing import Stack
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import ended, final_output
from workspaces.limits import plans
from workspaces.models import Workspace
from workspaces.tests.http import ask
from workspaces.tests.rest import Caller, Company

FULL = "The plan Free holds 1 GB of files, and 1,024 MB are used. Delete documents"


def free(workspace: Workspace, room: int) -> None:
    """Put the workspace on the plan Free with room for so many bytes."""
    Workspace.objects.filter(pk=workspace.pk).update(plan="free", storage_bytes=plans.GIGABYTE - room)


def room_in(workspace: Workspace) -> int:
    return plans.GIGABYTE - Workspace.objects.get(pk=workspace.pk).storage_bytes


def refusal(answer: tuple[int, Any]) -> tuple[int, str, bool]:
    status, body = answer
    return status, body["error"]["code"], body["error"]["message"].startswith(FULL)


@pytest.mark.django_db
def test_documents_are_counted_while_they_are_there(settings: Any, tmp_path: Any) -> None:
    own = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": own}
    company = Company()
    free(company.workspace, 100)
    key = {"X-API-Key": company.editor.key}

    def send(size: int) -> tuple[int, Any]:
        file = SimpleUploadedFile(f"{size}.txt", b"x" * size)
        answer = company.editor.client.post("/api/documents", {"file": file, "title": "A"}, headers=key)
        return answer.status_code, answer.json()

    assert refusal(send(101)) == (402, "plan_limit", True)
    body = {"title": "B", "text": "x" * 101}
    assert refusal(company.editor.post("/api/documents", body)) == (402, "plan_limit", True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (send(60)[0], room_in(company.workspace)) == (201, 40)
    status, pasted = company.editor.post("/api/documents", {"title": "B", "text": "ü" * 20})
    assert (status, room_in(company.workspace)) == (201, 0)
    address = f"/api/documents/{pasted['id']}"
    assert (company.admin.delete(address)[0], room_in(company.workspace)) == (204, 40)
    assert send(1)[0] == 201
    assert refusal(company.admin.post(f"{address}/restore")) == (402, "plan_limit", True)
    free(company.workspace, 40)
    assert (company.admin.post(f"{address}/restore")[0], room_in(company.workspace)) == (200, 0)


@pytest.mark.slow
def test_a_file_in_the_chat_needs_room(stack: Stack) -> None:
    room = Room(stack)
    free(room.cast.workspace, 10)
    body: dict[str, Any] = {"message": "Hi", "attachments": [{"name": "a.txt", "content": "x" * 11}]}
    path = f"/api/agents/{room.cast.agent.pk}/chat"
    assert refusal(Caller(room.key).post(path, body)) == (402, "plan_limit", True)
    assert not room.cast.workspace.executions.exists()
    body["attachments"][0]["content"] = "x" * 10
    status, answer = Caller(room.key).post(path, body)
    assert (status, room_in(room.cast.workspace)) == (202, 0)
    room.wait(answer["execution_id"], "completed")


@pytest.mark.slow
def test_an_agents_files_need_room_and_the_model_is_told_when_there_is_none(stack: Stack) -> None:
    room = Room(stack)
    with_tools(room.cast.agent, "file_write")
    free(room.cast.workspace, 10)
    rounds = [("a.txt", 8), ("a.txt", 3), ("b.txt", 8), ("c.txt", 7)]
    said = [
        {"tool_calls": [call("file_write", number, name=name, content="x" * size)]}
        for number, (name, size) in enumerate(rounds)
    ]
    stack.models.conversation("keep it", *said, {"reply": "Kept."})
    run = ended(room.cast.cook(room.cast.recipe("keep it")), 30)
    assert final_output(run) == "Kept."
    results = [result.content for result in stack.models.requests[-1].tool_results]
    assert [FULL in text for text in results] == [False, False, True, False]
    assert room_in(room.cast.workspace) == 0
    _, files = Caller(room.key).get(f"/api/executions/{run.pk}/files")
    assert {file["name"]: file["size"] for file in files["items"]} == {"a.txt": 3, "c.txt": 7}


@pytest.mark.slow
def test_of_uploads_at_once_exactly_as_many_pass_as_there_is_room(stack: Stack) -> None:
    company = Company()
    free(company.workspace, 35)
    body = {"title": "A", "text": "x" * 10}
    with ThreadPoolExecutor(20) as pool:
        statuses = list(
            pool.map(lambda _: ask(stack, "/api/documents", key=company.editor.key, body=body)[0], range(20))
        )
    assert sorted(statuses) == [201] * 3 + [402] * 17
    assert room_in(company.workspace) == 5


@pytest.mark.django_db
def test_a_purged_workspace_leaves_no_file_behind() -> None:
    from workspaces.tests.test_purge import ago, purged

    company, other = Company(), Company()
    for one in (company, other):
        for kind in ("runs", "documents"):
            default_storage.save(f"{kind}/{one.workspace.pk}/x/a.txt", SimpleUploadedFile("a.txt", b"x"))
    Workspace.objects.filter(pk=company.workspace.pk).update(**ago(days=30, minutes=1))
    purged()
    for kind in ("runs", "documents"):
        assert not default_storage.exists(f"{kind}/{company.workspace.pk}")
        assert default_storage.exists(f"{kind}/{other.workspace.pk}/x/a.txt")
