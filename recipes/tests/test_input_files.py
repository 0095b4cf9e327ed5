"""Inputs that are files: sent in forms and as multipart, read by agents' tools, and had again by runs that go on."""

import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from agents.models import Agent
from automatos.errors import Conflict, InvalidInput
from automatos.storage import objects
from automatos.storage.names import folder_of
from automatos.testing import Stack
from recipes.mcp_server import work
from recipes.mcp_server.caller import Caller as MCPCaller
from recipes.models import Call, Execution, RecipeTrigger
from recipes.runs.files import content_of, sent_with
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import ended, final_output, wait_for
from recipes.tests.test_storage_limits import FULL, free, room_in
from recipes.triggers.page import path_of
from tools.files import StoredRunFiles, input_folder, remove_run_files, run_folder
from workspaces.models import Role, Workspace
from workspaces.queries import access_by_id
from workspaces.scope.acting import Actor
from workspaces.scope.presented import Presented
from workspaces.scope.tenancy import workspace_scope
from workspaces.tests.rest import Caller, Company

INPUTS = {"report": {"type": "file", "required": True}, "topic": {"type": "string", "default": "tides"}}


def execute(company: Company, recipe: Any, files: dict[str, Any], key: str = "", **data: Any) -> tuple[int, Any]:
    """A run started by multipart/form-data."""
    headers = {"X-API-Key": company.editor.key, **({"Idempotency-Key": key} if key else {})}
    parts = {**files, **({"input_data": json.dumps(data)} if data else {})}
    answer = Client().post(f"/api/workflow-recipes/{recipe['template_id']}/execute", parts, headers=headers)
    return answer.status_code, answer.json()


def pdf(text: bytes = b"high water", name: str = "Bericht März.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text)


@pytest.mark.django_db(transaction=True)
def test_a_file_is_sent_over_rest_and_had_again() -> None:
    company = Company()
    recipe = company.recipe("Read {input.report} of {input.topic}", inputs=INPUTS)
    status, started = execute(company, recipe, {"report": pdf()}, "k-1", topic="moon")
    assert status == 202, started
    assert execute(company, recipe, {"report": pdf()}, "k-1", topic="moon") == (202, started)
    assert execute(company, recipe, {"report": pdf(b"other")}, "k-1", topic="moon")[0] == 409
    run = Execution.objects.get()
    assert run.input_data == {"report": "Bericht März.csv", "topic": "moon"}
    assert content_of(run.workspace_id, run.pk, "Bericht März.csv") == b"high water"
    assert Workspace.objects.get(pk=run.workspace_id).storage_bytes == 10
    shown = company.viewer.get(f"/api/executions/{run.pk}/files")[1]["items"]
    assert [(one["name"], one["size"]) for one in shown] == [("Bericht März.csv", 10)]
    # What is no file, has no name, belongs to no such input, or is missing; nothing is left of it.
    execute_json = f"/api/workflow-recipes/{recipe['template_id']}/execute"
    for status, answer in [
        company.editor.post(execute_json, {"input_data": {"report": "Bericht März.csv"}}),
        company.editor.post(execute_json, {"input_data": {}}),
        execute(company, recipe, {"report": pdf(name="?..")}),
    ]:
        assert (status, list(answer["error"]["fields"])) == (400, ["input_data.report"]), answer
    for name in ("topic", "other"):
        assert execute(company, recipe, {"report": pdf(), name: pdf()})[1]["error"]["fields"].keys() == {
            f"input_data.{name}"
        }
    assert execute(company, recipe, {"report": pdf(), "input_data": "{"})[0] == 400
    wrong = {"name": "X", "inputs": {"a": {"type": "file", "default": "x"}}, "outputs": {"b": {"type": "file"}}}
    status, answer = company.editor.post("/api/workflow-recipes", {**wrong, "steps": recipe["steps"]})
    assert answer["error"]["fields"].keys() >= {"inputs.a.default", "outputs.b.type"}
    assert Execution.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_files_that_are_called_the_same_are_kept_apart() -> None:
    company = Company()
    inputs = {name: {"type": "file", "required": False} for name in ("a", "b", "c", "_d")}
    recipe = company.recipe("Read", inputs=inputs)
    # One is called as another would be called to be kept apart; capitals, the longest names, and none but an ending.
    for names in (
        {"a": "b-x.txt", "b": "x.txt", "c": "x.txt", "_d": "x-2.txt"},
        {"a": "X.txt", "b": "x.txt"},
        {"a": f"{'n' * 96}.txt", "b": f"{'n' * 96}.txt", "c": f"{'n' * 96}.txt"},
        {"a": f"{'ä' * 95}.txt", "_d": f"{'ä' * 95}.txt"},
        {"a": f"a.{'b' * 90}", "b": f"a.{'b' * 90}", "c": "a-.-.txt", "_d": "a-.-.txt"},
    ):
        sent = {name: pdf(name.encode(), called) for name, called in names.items()}
        status, started = execute(company, recipe, sent)
        assert status == 202, started
        run = Execution.objects.get(pk=started["execution_id"])
        kept = {name: content_of(run.workspace_id, run.pk, run.input_data[name]) for name in names}
        assert kept == {name: name.encode() for name in names}, run.input_data


@pytest.mark.django_db(transaction=True)
def test_no_file_is_kept_where_the_plan_has_no_room_for_it() -> None:
    company = Company()
    recipe = company.recipe("Read {input.report}", inputs=INPUTS)
    assert execute(company, recipe, {"report": pdf()})[0] == 202
    run = Execution.objects.get()
    assert company.editor.post(f"/api/executions/{run.pk}/cancel")[0] == 200
    free(company.workspace, 9)
    client, root = Client(), f"/w/{company.workspace.slug}"
    client.force_login(company.people[Role.EDITOR])
    cook = f"{root}/recipes/{recipe['template_id']}/cook/"
    # Whoever filled in a form has it again, and is told what to do.
    for answer in (client.post(cook, {"input-report": pdf()}), client.post(f"{root}/runs/{run.pk}/rerun/")):
        assert (answer.status_code, FULL in answer.content.decode(), b"input-report" in answer.content) == (
            422,
            True,
            True,
        )
    for press in ("again", "retry", "begin"):
        answer = client.post(f"{root}/runs/{run.pk}/{press}/", {"from_step": "1", "token": "t"}, follow=True)
        assert FULL in answer.content.decode(), press
    status, answer = execute(company, recipe, {"report": pdf()})
    assert (status, answer["error"]["code"]) == (402, "plan_limit")
    assert company.editor.post(f"/api/executions/{run.pk}/retry")[0] == 402
    assert (Execution.objects.count(), room_in(company.workspace)) == (1, 9)
    folders = Path(default_storage.path(folder_of("runs", company.workspace.pk)))
    assert [path.name for path in folders.iterdir()] == [str(run.pk)]
    assert execute(company, recipe, {"report": pdf(b"123456789")})[0] == 202
    assert room_in(company.workspace) == 0


@pytest.mark.django_db(transaction=True)
def test_a_run_that_goes_on_has_the_file_too() -> None:
    company = Company()
    recipe = company.recipe("Read {input.report} of {input.topic}", inputs=INPUTS)
    assert execute(company, recipe, {"report": pdf()})[0] == 202
    run = Execution.objects.get()
    assert company.editor.post(f"/api/executions/{run.pk}/cancel")[0] == 200
    again = company.editor.post(f"/api/executions/{run.pk}/retry")[1]["execution_id"]
    client, root = Client(), f"/w/{company.workspace.slug}"
    client.force_login(company.people[Role.EDITOR])
    assert client.post(f"{root}/runs/{run.pk}/again/").status_code == 302
    page = client.get(f"{root}/runs/{run.pk}/rerun/").content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert "Bericht März.csv, where you choose no other one" in page
    assert client.post(f"{root}/runs/{run.pk}/rerun/", {"input-topic": "sun"}).status_code == 302
    other = {"input-topic": "sun", "input-report": pdf(b"low", "b.csv")}
    assert client.post(f"{root}/runs/{run.pk}/rerun/", other).status_code == 302
    runs = Execution.objects.exclude(pk=run.pk).order_by("created_at")
    kept = [content_of(one.workspace_id, one.pk, one.input_data["report"]) for one in runs]
    assert (str(runs[0].pk), kept) == (again, [b"high water"] * 3 + [b"low"])


@pytest.mark.django_db(transaction=True)
def test_a_run_that_goes_on_has_the_file_as_it_was_sent() -> None:
    company = Company()
    recipe = company.recipe("Read {input.report} of {input.topic}", inputs=INPUTS)
    assert execute(company, recipe, {"report": pdf()})[0] == 202
    run = Execution.objects.get()
    name = run.input_data["report"]
    free(company.workspace, 100)
    # An agent writes another file under its name; the run reads that one from then on.
    files = StoredRunFiles(run.workspace_id, run.pk)
    async_to_sync(files.write)(name, b"low water")
    assert content_of(run.workspace_id, run.pk, name) == b"low water"
    assert [(entry.name, entry.size) for entry in async_to_sync(files.list)()] == [(name, 9)]
    assert company.editor.post(f"/api/executions/{run.pk}/cancel")[0] == 200
    client, root = Client(), f"/w/{company.workspace.slug}"
    client.force_login(company.people[Role.EDITOR])
    assert company.editor.post(f"/api/executions/{run.pk}/retry")[0] == 202
    assert company.editor.post(f"/api/executions/{run.pk}/rerun", {"from_step": "1"})[0] == 202
    assert client.post(f"{root}/runs/{run.pk}/again/").status_code == 302
    assert client.post(f"{root}/runs/{run.pk}/rerun/", {"input-topic": "sun"}).status_code == 302
    runs = Execution.objects.exclude(pk=run.pk)
    assert [content_of(one.workspace_id, one.pk, one.input_data["report"]) for one in runs] == [b"high water"] * 4
    # Where a release before this one kept it, it is found as well.
    old = objects.read(f"{input_folder(run.workspace_id, run.pk)}/{name}")
    objects.remove(f"{input_folder(run.workspace_id, run.pk)}/{name}")
    objects.write(f"{run_folder(run.workspace_id, run.pk)}/{name}", old)
    assert sent_with(run.workspace_id, run.pk, name) == b"high water"
    # One that is gone is asked for again.
    remove_run_files(run.workspace_id, run.pk)
    answer = client.post(f"{root}/runs/{run.pk}/again/", follow=True).content.decode()
    assert "Send a file for this input" in answer
    assert Execution.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_file_comes_by_the_command(tmp_path: Path) -> None:
    company = Company()
    recipe = company.recipe("Read {input.report} of {input.topic}", inputs=INPUTS)
    path = tmp_path / "Bericht März.csv"
    path.write_bytes(b"high water")
    with pytest.raises(CommandError) as refused:
        call_command("cook", recipe["template_id"], workspace=company.workspace.slug, file=[f"report={path}x"])
    assert "--file report=" in str(refused.value)
    with pytest.raises(CommandError) as refused:
        call_command("cook", recipe["template_id"], workspace=company.workspace.slug, file=[f"topic={path}"])
    assert "takes a file" in str(refused.value)
    assert not Execution.objects.exists()
    worker = threading.Thread(target=_cancel_soon, args=(company,))
    worker.start()
    with pytest.raises(CommandError, match="Cancelled"):
        call_command(
            "cook", recipe["template_id"], workspace=company.workspace.slug, file=[f"report={path}"], input=["topic=x"]
        )
    worker.join()
    run = Execution.objects.get()
    assert content_of(run.workspace_id, run.pk, run.input_data["report"]) == b"high water"


@pytest.mark.django_db(transaction=True)
def test_a_file_comes_by_mcp() -> None:
    company = Company()
    recipe = company.recipe("Read {input.report} of {input.topic}", inputs=INPUTS)
    access = access_by_id(user=company.people[Role.EDITOR], workspace_id=company.workspace.pk)
    caller = MCPCaller(company.people[Role.EDITOR], Presented("key"), access, Actor(None, "", "key"))
    sent = {"name": "b.csv", "content": "low water"}
    body = {"topic": "moon"}
    with workspace_scope(company.workspace.pk):
        for wrong, words in (
            ({"report": "b.csv"}, "name"),
            ({"report": {"name": "b.csv"}}, "content"),
            ({"report": {"name": "b.csv", "content_base64": "***"}}, "base64"),
            ({"report": {**sent, "content_base64": "AA=="}}, "one of"),
            ({"topic": sent}, "takes a file"),
        ):
            with pytest.raises(InvalidInput) as refusal:
                work.cook(caller, recipe["template_id"], body, "", wrong)
            assert words in str(refusal.value.fields), wrong
        first = work.cook(caller, recipe["template_id"], body, "r-1", {"report": sent})
        assert work.cook(caller, recipe["template_id"], body, "r-1", {"report": sent}) == first
        encoded = {"name": "c.bin", "content_base64": base64.b64encode(b"\0\xff").decode()}
        second = work.cook(caller, recipe["template_id"], body, "", {"report": encoded})
        with pytest.raises(Conflict):
            work.cook(caller, recipe["template_id"], body, "r-1", {"report": encoded})
    for made, wanted in ((first, b"low water"), (second, b"\0\xff")):
        run = Execution.objects.get(pk=made["execution_id"])
        assert content_of(run.workspace_id, run.pk, run.input_data["report"]) == wanted


def _cancel_soon(company: Company) -> None:
    try:
        wait_for(Execution.objects.exists)
        assert company.editor.post(f"/api/executions/{Execution.objects.get().pk}/cancel")[0] == 200
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_file_comes_by_the_cook_form_and_by_a_public_form() -> None:
    company = Company()
    recipe = company.recipe("Read {input.report}", inputs=INPUTS)
    client, root = Client(), f"/w/{company.workspace.slug}"
    client.force_login(company.people[Role.EDITOR])
    page = client.get(f"{root}/recipes/{recipe['template_id']}/").content.decode()
    assert 'type="file" name="input-report"' in page
    cook = f"{root}/recipes/{recipe['template_id']}/cook/"
    assert client.post(cook, {"token": "t-1"}).status_code == 422
    sent = [client.post(cook, {"token": "t-1", "input-report": pdf()}) for _ in range(2)]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]
    base = f"/api/workflow-recipes/{recipe['template_id']}/triggers"
    made = company.editor.post(base, {"name": "Ask", "kind": "form", "config": {"audience": "link"}})[1]
    form = path_of(RecipeTrigger.objects.get(pk=made["id"]), may_edit=True)
    assert 'type="file"' in Client().get(form).content.decode()
    answer = Client().post(form, {"token": "t-2", "input-report": pdf(b"from outside")})
    assert answer.status_code == 302, answer.content
    run = Execution.objects.get(triggered_by="form")
    assert content_of(run.workspace_id, run.pk, run.input_data["report"]) == b"from outside"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_agents_read_the_file_in_the_recipe_and_in_one_inside(stack: Stack) -> None:
    room = Room(stack)
    agent = Agent.objects.get(pk=room.cast.agent.pk)
    with_tools(agent, "file_read")
    word, api = room.cast.workspace.slug, Caller(room.key)
    stack.models.conversation(
        f"inner {word} data.txt",
        {"tool_calls": [call("file_read", name="data.txt")]},
        {"reply": "It says high water."},
    )
    step = {"agent_id": str(agent.pk), "prompt_template": f"inner {word} {{input.report}}"}
    inner = api.post("/api/workflow-recipes", {"name": "Inner", "inputs": INPUTS, "steps": [step]})[1]
    config = {"recipe": inner["template_id"], "inputs": {"report": "{input.report}"}}
    body = {"name": "Outer", "inputs": INPUTS, "steps": [{"kind": "recipe", "config": config}]}
    status, outer = api.post("/api/workflow-recipes", body)
    assert status == 201, outer
    company: Any = type("Sender", (), {"editor": api})
    status, started = execute(company, outer, {"report": pdf(b"high water", "data.txt")})
    assert status == 202, started
    run = ended(Execution.objects.get(pk=started["execution_id"]), 60)
    assert (run.status, final_output(run)) == ("completed", "It says high water.")
    used = Call.objects.get(step__execution__root_id=run.pk, kind="tool")
    assert (used.name, "high water" in used.output) == ("file_read", True), used.output
