"""Steps that are one tool call: no model is asked, and everything that holds for an agent's calls holds for them."""

import json
from typing import Any

import pytest

from agents.tests.page_kit import Cast as PageCast
from automatos.testing import Stack
from recipes.editor.arguments import read_arguments
from recipes.models import Approval, Call, Execution, Recipe, RecipeDraft
from recipes.tests.chat_kit import Room, with_tools
from recipes.tests.kit import assert_numbered_without_gap, ended, error_of, final_output
from recipes.tests.page_kit import Editor
from tools.mcp.connections import read_server
from tools.models import RemoteService
from tools.remote.services import assign_tools
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.slow


def cook(room: Room, *steps: dict[str, Any], **body: Any) -> Execution:
    api = Caller(room.key)
    status, made = api.post("/api/workflow-recipes", {"name": "Calls", "steps": list(steps), **body})
    assert status == 201, made
    _, started = api.post(f"/api/workflow-recipes/{made['id']}/execute", {"input_data": {"n": 7} if body else {}})
    return Execution.objects.get(pk=started["execution_id"])


def tool(room: Room, tool_name: str, **arguments: Any) -> dict[str, Any]:
    config = {"tool": tool_name, "arguments": arguments}
    return {"kind": "tool", "agent_id": str(room.cast.agent.pk), "config": config, "name": tool_name}


def test_a_tool_is_called_and_its_answer_goes_on(stack: Stack) -> None:
    room = Room(stack)
    with_tools(room.cast.agent, "calculator")
    asked = len(stack.models.requests)
    first = tool(room, "calculator", expression="{input.n} * 6")
    then = tool(room, "calculator", expression="{input.n} + 36")
    execution = ended(cook(room, first, then, inputs={"n": {"type": "integer"}}), 30)
    assert (execution.status, "43" in final_output(execution)) == ("completed", True), execution.error
    assert len(stack.models.requests) == asked, "no model was asked"
    calls = Call.objects.filter(step__execution=execution)
    assert list(calls.values_list("kind", "status")) == [("tool", "done")] * 2
    assert (float(execution.cost), execution.tool_calls) == (0, 2)
    assert "calculator" in execution.steps.get(order=1).prompt
    assert assert_numbered_without_gap(execution).count("tool.finished") == 2


def test_a_command_on_this_machine_answers_the_worker(stack: Stack) -> None:
    """The demo's server: a worker's output streams are not those of a process, which a command may not notice."""
    room = Room(stack)
    server = RemoteService.objects.create(
        workspace=room.cast.workspace, kind="mcp", name="time", transport="stdio", command="time", is_trusted=True
    )
    read_server(server.workspace_id, server.pk)
    server.tools.update(is_reading=True)
    ids = list(server.tools.values_list("pk", flat=True))
    assign_tools(workspace=room.cast.workspace, agent_id=room.cast.agent.pk, tool_ids=ids, user=None)
    execution = ended(cook(room, tool(room, "time_get_current_time", timezone="Asia/Tokyo")), 60)
    assert (execution.status, "+09:00" in final_output(execution)) == ("completed", True), execution.error


def test_a_tool_that_fails_or_is_not_the_agents_fails_the_step(stack: Stack) -> None:
    room = Room(stack)
    with_tools(room.cast.agent, "calculator")
    for step in (tool(room, "calculator", expression="1 +"), tool(room, "file_write", name="a", content="b")):
        execution = ended(cook(room, step), 30)
        assert (execution.status, error_of(execution)["code"]) == ("failed", "tool_failed")
        skipped = ended(cook(room, {**step, "error_handling": "skip"}, tool(room, "calculator", expression="2+2")), 30)
        assert (skipped.status, "4" in final_output(skipped)) == ("completed", True)


def test_a_tool_asks_a_person_where_the_agent_would(stack: Stack) -> None:
    room = Room(stack)
    room.cast.workspace.approval_policy = "always"
    room.cast.workspace.save()
    with_tools(room.cast.agent, "file_write")
    execution = cook(room, tool(room, "file_write", name="a.txt", content="hello"))
    room.wait(execution.pk, "waiting")
    api = Caller(room.key)
    assert api.post(f"/api/approvals/{Approval.objects.get(step__execution=execution).pk}/approve")[0] == 200
    assert ended(execution, 30).status == "completed"
    assert api.client.get(f"/api/executions/{execution.pk}/files/a.txt/content").content == b"hello"


@pytest.mark.django_db
def test_what_is_wrong_with_a_call_is_named() -> None:
    company = Company()
    agent = company.agent()["id"]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"config": {}}, "config.tool"),
        ({"config": {"tool": "calculator", "arguments": "x"}}, "config.arguments"),
        ({"config": {"tool": "calculator", "arguments": {"a": ["{nothing}"]}}}, "config.arguments"),
        ({"agent_id": None}, "agent_id"),
        ({"prompt_template": "Hi"}, "prompt_template"),
    ]
    for change, field in wrong:
        step = {"kind": "tool", "agent_id": agent, "config": {"tool": "calculator"}, **change}
        status, answer = company.editor.post("/api/workflow-recipes", {"name": "Call", "steps": [step]})
        assert (status, f"steps.0.{field}" in answer["error"]["fields"]) == (400, True), (change, answer)


@pytest.mark.django_db
def test_the_editor_adds_and_keeps_a_call() -> None:
    cast = PageCast()
    agent = cast.agent(tool_ids=["calculator"])
    editor = Editor(cast.editor, cast.root).open("start").send(b_name="Sum").open("step_1")
    editor.send("add:tool", s_agent_id=str(agent.pk), s_prompt_template="Count.")
    editor.send(s_agent_id=str(agent.pk), s_tool="calculator", s_arguments="{1")
    assert "Write an object" in editor.text
    editor.send("publish", s_arguments='{"expression": "1+1"}')
    recipe = Recipe.objects.get(workspace=cast.workspace)
    config = {"tool": "calculator", "arguments": {"expression": "1+1"}}
    assert recipe.steps.get(order=2).config == config
    editor = Editor(cast.editor, cast.root, recipe.template_id).open(recipe.steps.get(order=2).step_id)
    editor.send("publish", s_name="Add")
    assert recipe.steps.get(order=2).config == config


def test_a_name_stands_for_a_number_or_a_list(stack: Stack) -> None:
    room = Room(stack)
    with_tools(room.cast.agent, "json_query", "file_write", "file_read")
    write = tool(room, "file_write", name="a.txt", content="abcdefghij")
    read = tool(room, "file_read", name="a.txt", offset="{input.n}")
    execution = ended(cook(room, write, read, inputs={"n": {"type": "integer"}}), 30)
    assert execution.status == "completed", execution.error
    text = final_output(execution)
    assert "hij" in text and "abc" not in text  # noqa: PT018


@pytest.mark.django_db
def test_the_editor_has_a_field_for_each_argument_of_the_tool() -> None:
    cast = PageCast()
    agent = cast.agent("Argus")
    with_tools(agent, "file_read")
    editor = Editor(cast.editor, cast.root).open("step_1")
    editor.send("add:tool", s_agent_id=str(agent.pk), s_prompt_template="Write")
    editor.open("step_2").send(s_agent_id=str(agent.pk), s_tool="file_read", s_output_key="text")
    page = editor.open("step_2").text
    assert 's-arg:text:name"' in page or 's-arg:long:name"' in page, "what it needs is a field"
    assert "s-arg:integer:offset" in page
    kept = {"s-arg:text:name": "a.txt", "s-arg:integer:offset": "3"}
    editor.send(**kept)
    draft = json.loads(RecipeDraft.objects.get(workspace=cast.workspace).body)["steps"][1]["config"]
    assert draft == {"tool": "file_read", "arguments": {"name": "a.txt", "offset": 3}}
    editor.open("step_2").send(**{**kept, "s-arg:integer:offset": "{input.n}"})
    draft = json.loads(RecipeDraft.objects.get(workspace=cast.workspace).body)["steps"][1]["config"]
    assert draft["arguments"]["offset"] == "{input.n}", "a name may stand in each"
    page = editor.open("step_2").text
    assert 'value="{input.n}"' in page
    editor.open("step_2").send(**{**kept, "s-arg:integer:offset": "many"})
    assert "offset should be a whole number." in editor.open("step_2", check="1").text
    editor.open("step_2").send(**{"s-arg:text:name": "a.txt", "s-arg:integer:offset": " "})
    draft = json.loads(RecipeDraft.objects.get(workspace=cast.workspace).body)["steps"][1]["config"]
    assert draft["arguments"] == {"name": "a.txt"}


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", " a b ", " a b "),
        ("integer", "7", 7),
        ("integer", "{input.n}", "{input.n}"),
        ("number", "1e400", "1e400"),
        ("list", "a\n\n2\n", ["a", 2]),
        ("list", "{lines}", "{lines}"),
        ("switch", "true", True),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("json", "{step_1}", "{step_1}"),
        ("json", "[" * 9999, "[" * 9999),
        ("choice", "GET", "GET"),
    ],
)
def test_what_is_typed_is_of_the_kind_of_the_argument(kind: str, typed: str, value: Any) -> None:
    found = read_arguments({"other": 1, "a": 2}, {f"arg:{kind}:a": typed, "tool": "x"})
    assert found == {"other": 1, "a": value}
    assert read_arguments({"a": 2}, {f"arg:{kind}:a": " "}) == {}
