"""Approvals, tool calls and files of runs over HTTP, with real workers behind them."""

import pytest
from django.test import Client

from automatos.testing import Stack
from recipes.models import Approval, Call
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import ended, final_output
from workspaces.models import Role, Workspace
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.slow


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


def test_an_editor_approves_and_the_run_goes_on(room: Room) -> None:
    execution = room.waiting()
    _, key = room.member(Role.EDITOR)
    status, page = Caller(key).get("/api/approvals?status=pending")
    (asked,) = page["items"]
    assert (status, asked["tool"], asked["origins"]) == (200, "file_write", ["agent stranger"])
    status, decided = Caller(key).post(f"/api/approvals/{asked['id']}/approve")
    assert (status, decided["status"]) == (200, "approved")
    assert final_output(ended(execution)) == "Finished."
    assert Caller(key).post(f"/api/approvals/{asked['id']}/reject")[0] == 409


def test_a_viewer_may_look_and_not_decide_and_a_stranger_sees_nothing(room: Room) -> None:
    room.waiting()
    asked = Approval.objects.get(workspace=room.cast.workspace)
    _, key = room.member(Role.VIEWER)
    assert Caller(key).get("/api/approvals")[1]["total"] == 1
    status, answer = Caller(key).post(f"/api/approvals/{asked.pk}/approve")
    assert (status, "editor" in answer["error"]["message"]) == (403, True)
    assert Company().editor.post(f"/api/approvals/{asked.pk}/approve")[0] == 404


def test_tool_calls_and_files_are_told_with_all_there_is(room: Room) -> None:
    execution = room.waiting()
    caller = Caller(room.key)
    caller.post(f"/api/approvals/{Approval.objects.get(step__execution=execution).pk}/approve")
    ended(execution)
    _, run = caller.get(f"/api/executions/{execution.pk}")
    told, written = run["step_results"][0]["tool_calls"]
    assert (told["origin"], told["is_error"], written["artefacts"]) == ("agent stranger", False, ["a.html"])
    assert written["arguments"] == {"name": "a.html", "content": "<script>x</script>"}
    assert written["duration_ms"] >= 0
    _, files = caller.get(f"/api/executions/{execution.pk}/files")
    assert [(file["name"], file["size"]) for file in files["items"]] == [("a.html", 18)]


def test_a_file_is_only_ever_kept_and_only_by_members(room: Room) -> None:
    execution = room.waiting()
    Caller(room.key).post(f"/api/approvals/{Approval.objects.get(step__execution=execution).pk}/approve")
    ended(execution)
    page, api = f"/w/{room.cast.workspace.slug}/runs/{execution.pk}/files/", f"/api/executions/{execution.pk}/files/"
    member = Client()
    member.force_login(room.cast.owner)
    for answer in (member.get(f"{page}a.html"), Client(headers={"X-API-Key": room.key}).get(f"{api}a.html/content")):
        assert answer.content == b"<script>x</script>"
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == 'attachment; filename="a.html"'
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert member.get(f"{page}b.html").status_code == 404
    assert member.get(f"{page}..%2Fa.html").status_code == 404
    assert Company().outsider.get(f"{api}a.html/content")[0] == 404


@pytest.mark.parametrize(("policy", "status"), [("never", "completed"), ("always", "waiting")])
def test_the_workspace_decides_when_people_are_asked(room: Room, policy: str, status: str) -> None:
    path = f"/api/workspaces/{room.cast.workspace.pk}"
    assert Caller(room.key).patch(path, {"approval_policy": policy})[1]["approval_policy"] == policy
    write = {"tool_calls": [call("file_write", name="a.txt", content="x")]}
    room.stack.models.conversation("plain", write, {"reply": "Finished."})
    with_tools(room.cast.agent, "file_write")
    room.wait(room.cast.cook(room.cast.recipe("plain")).pk, status)


def test_a_policy_nobody_knows_is_refused(room: Room) -> None:
    path = f"/api/workspaces/{room.cast.workspace.pk}"
    status, answer = Caller(room.key).patch(path, {"approval_policy": "often"})
    assert (status, list(answer["error"]["fields"])) == (400, ["approval_policy"])
    room.cast.workspace.refresh_from_db()
    assert room.cast.workspace.approval_policy == Workspace.ApprovalPolicy.AFTER_UNTRUSTED


def test_a_call_is_made_with_the_arguments_that_a_person_changed(room: Room) -> None:
    execution = room.waiting()
    asked = Approval.objects.get(step__execution=execution)
    _, key = room.member(Role.EDITOR)
    at = f"/api/approvals/{asked.pk}/approve"
    for wrong in ({"nobody": "x"}, {"content": 7}, {"content": "a\x00b"}):
        status, answer = Caller(key).post(at, {"arguments": wrong})
        assert (status, list(answer["error"]["fields"])) == (400, [f"arguments.{next(iter(wrong))}"])
    # Of the kind it was, and nothing that the tool would take: its schema says so before anything is decided.
    told = Caller(key).get("/api/approvals")[1]["items"][0]["arguments_schema"]
    assert told["properties"]["name"]["maxLength"] < 1000
    status, answer = Caller(key).post(at, {"arguments": {"name": "n" * 1000}})
    assert (status, list(answer["error"]["fields"])) == (400, ["arguments.name"])
    assert "characters" in answer["error"]["fields"]["arguments.name"][0]
    asked.refresh_from_db()
    assert (asked.status, asked.answer) == ("pending", None)
    client, home = Client(), f"/w/{room.cast.workspace.slug}/approvals/"
    client.force_login(room.cast.owner)
    page = client.get(home).content.decode()
    assert 'name="argument-content"' in page
    sent = {
        "decision": "approve",
        "next": home,
        "argument-content": "Written by\r\na person.",
        "argument-name": asked.arguments["name"],
    }
    assert "with changed arguments" in client.post(f"{home}{asked.pk}/", sent, follow=True).content.decode()
    assert final_output(ended(execution)) == "Finished."
    made = Call.objects.get(step__execution=execution, name="file_write")
    changed = {**asked.arguments, "content": "Written by\na person."}
    assert (made.data or {})["arguments"] == changed
    asked.refresh_from_db()
    assert (asked.status, asked.answer, asked.arguments["content"]) == ("approved", changed, "<script>x</script>")
    told = room.stack.models.requests[-1].tool_results[-1].content
    assert told.startswith("A person changed the arguments of this call")
