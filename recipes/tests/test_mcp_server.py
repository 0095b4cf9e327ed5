"""Automatos as an MCP server, driven by the official SDK's client over HTTP against the running product."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from asgiref.sync import async_to_sync
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast, ended, wait_for
from workspaces.api_keys.services import create_api_key
from workspaces.models import Role

pytestmark = pytest.mark.slow
Json = dict[str, Any]


class Desk:
    """A workspace and a client of it with a key."""

    def __init__(self, stack: Stack, cast: Cast, *, role: Role = Role.EDITOR, scopes: tuple[str, ...] = ()) -> None:
        self.stack, self.cast = stack, cast
        _, self.key = create_api_key(
            workspace=cast.workspace, user=cast.owner, name=uuid4().hex[:8], role=role, scopes=scopes
        )

    def talk(self, work: Callable[[Client], Awaitable[Any]], *, mode: str = "auto") -> Any:
        """What `work` gives with a connected client."""

        async def run() -> Any:
            headers = {"Authorization": f"Bearer {self.key}"}
            async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
                target = streamable_http_client(f"{self.stack.url}/mcp", http_client=http)
                async with Client(target, mode=mode, cache=None, read_timeout_seconds=60) as client:
                    return await work(client)

        return async_to_sync(run)()

    def call(self, tool: str, *, mode: str = "auto", **arguments: Any) -> Any:
        return self.talk(lambda client: client.call_tool(tool, arguments), mode=mode)


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


@pytest.fixture
def desk(stack: Stack, cast: Cast) -> Desk:
    return Desk(stack, cast)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_both_generations_list_cook_and_read(stack: Stack, desk: Desk, mode: str) -> None:
    recipe = desk.cast.recipe("first {input.topic}", "second", inputs={"topic": {"type": "string", "required": True}})
    stack.models.on("first", reply="One.")
    stack.models.on("second", reply="Two.")
    steps: list[tuple[float, float | None]] = []

    async def work(client: Client) -> Any:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"list_recipes", "describe_recipe", "cook_recipe", "get_execution", "ask_agent"} <= names
        listed = await client.call_tool("list_recipes", {})
        assert [one["recipe"] for one in listed.structured_content["items"]] == [recipe.template_id]

        async def told(progress: float, total: float | None, message: str | None) -> None:
            steps.append((progress, total))

        arguments = {"recipe": recipe.template_id, "input_data": {"topic": "tides"}}
        cooked = await client.call_tool("cook_recipe", arguments, progress_callback=told)
        run = cooked.structured_content["execution_id"]
        text = await client.read_resource(f"automatos://executions/{run}/output")
        prompts = (await client.list_prompts()).prompts
        prompt = await client.get_prompt(recipe.template_id, {"topic": "tides"})
        resources = (await client.list_resources()).resources
        return cooked.structured_content, str(getattr(text.contents[0], "text", "")), prompts, prompt, resources

    cooked, text, prompts, prompt, resources = desk.talk(work, mode=mode)
    assert (cooked["status"], cooked["output"], cooked["done_steps"]) == ("completed", "Two.", 2)
    assert text == "Two."
    assert steps == [(1, 2), (2, 2)]
    assert [(one.name, one.arguments[0].required) for one in prompts] == [(recipe.template_id, True)]
    assert prompts[0].description
    assert "tides" in prompt.messages[0].content.text
    assert str(resources[0].uri) == f"automatos://executions/{cooked['execution_id']}"


def test_the_same_request_cooks_once(stack: Stack, desk: Desk) -> None:
    recipe = desk.cast.recipe("write")
    stack.models.on("write", reply="Once.")
    first, again = (
        desk.call("cook_recipe", recipe=recipe.template_id, request_id="mine-1").structured_content for _ in range(2)
    )
    assert first["execution_id"] == again["execution_id"]
    assert again["output"] == "Once."
    assert Execution.objects.filter(recipe=recipe).count() == 1
    other = desk.call("cook_recipe", recipe=recipe.template_id, request_id="mine-1", input_data={"x": 1})
    assert other.is_error


def test_an_agent_answers_and_the_talk_goes_on(stack: Stack, desk: Desk) -> None:
    stack.models.on("hello", reply="Good day.")
    stack.models.on("more", reply="Still here.")
    first = desk.call("ask_agent", agent="Quill", message="hello").structured_content
    assert first["answer"] == "Good day."
    again = desk.call(
        "ask_agent", agent="Quill", message="more", conversation_id=first["conversation_id"]
    ).structured_content
    assert (again["answer"], again["conversation_id"]) == ("Still here.", first["conversation_id"])


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_whoever_stops_waiting_cancels_the_run(stack: Stack, desk: Desk, mode: str) -> None:
    recipe = desk.cast.recipe("endless")
    stack.models.hold("endless", reply="Never.")

    async def work(client: Client) -> None:
        task = asyncio.create_task(client.call_tool("cook_recipe", {"recipe": recipe.template_id}))
        await asyncio.sleep(2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    desk.talk(work, mode=mode)
    wait_for(lambda: Execution.objects.filter(recipe=recipe, status="cancelled").exists())


def test_a_run_is_started_read_and_cancelled_by_hand(stack: Stack, desk: Desk) -> None:
    recipe = desk.cast.recipe("endless")
    stack.models.hold("endless", reply="Never.")
    started = desk.call("cook_recipe", recipe=recipe.template_id, wait=False).structured_content
    assert desk.call("get_execution", execution_id=started["execution_id"]).structured_content["total_steps"] == 1
    assert (
        desk.call("cancel_execution", execution_id=started["execution_id"]).structured_content["status"] == "cancelled"
    )
    assert ended(Execution.objects.get(pk=started["execution_id"])).status == "cancelled"


def test_role_scope_and_workspace_hold(stack: Stack, cast: Cast, desk: Desk) -> None:
    recipe = cast.recipe("write")
    stack.models.on("write", reply="Done.")
    viewer = Desk(stack, cast, role=Role.VIEWER)
    refused = viewer.call("cook_recipe", recipe=recipe.template_id)
    assert refused.is_error
    assert "role" in refused.content[0].text
    narrow = Desk(stack, cast, scopes=("recipes:read",))
    assert not narrow.call("list_recipes").is_error
    assert narrow.call("list_agents").is_error
    stranger = Desk(stack, Cast())
    assert stranger.call("list_recipes").structured_content["items"] == []
    started = desk.call("cook_recipe", recipe=recipe.template_id).structured_content
    theirs = stranger.call("get_execution", execution_id=started["execution_id"])
    unknown = stranger.call("get_execution", execution_id=str(uuid4()))
    assert theirs.is_error
    assert theirs.content[0].text == unknown.content[0].text
    for tool, arguments in (
        ("describe_recipe", {"recipe": recipe.template_id}),
        ("cook_recipe", {"recipe": str(recipe.pk)}),
        ("cancel_execution", {"execution_id": started["execution_id"]}),
        ("get_execution", {"execution_id": "nonsense"}),
        ("ask_agent", {"agent": cast.agent.slug + "-x", "message": "hello"}),
    ):
        assert stranger.call(tool, **arguments).is_error, tool


def test_what_there_is_not_or_cannot_be_read_is_said_with_the_cure(desk: Desk) -> None:
    missing = str(uuid4())
    for tool, arguments, said in (
        ("describe_recipe", {"recipe": "none"}, "There is no such recipe. list_recipes names them."),
        ("cook_recipe", {"recipe": "none"}, "There is no such recipe. list_recipes names them."),
        ("cook_recipe", {"recipe": "a\0b"}, "NUL character"),
        ("cook_recipe", {"recipe": desk.cast.recipe("x").template_id, "request_id": "x" * 256}, "request_id: Send"),
        ("get_execution", {"execution_id": missing}, "There is no such run. list_executions names the newest."),
        ("list_recipes", {"search": "a\0b"}, "NUL character"),
        ("ask_agent", {"agent": "Quill", "message": "a\0b"}, "NUL character"),
    ):
        told = desk.call(tool, **arguments)
        assert (told.is_error, said in told.content[0].text) == (True, True), told.content[0].text

    async def work(client: Client) -> None:
        with pytest.raises(MCPError, match="There is no such run"):
            await client.read_resource(f"automatos://executions/{missing}/output")
        with pytest.raises(MCPError, match="There is no such recipe"):
            await client.get_prompt("a\0b")

    desk.talk(work)


def post(stack: Stack, headers: dict[str, str], method: str = "POST") -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream", **headers}
    return httpx2.request(method, f"{stack.url}/mcp", json=body, headers=accept)


def test_who_is_not_let_in(stack: Stack, desk: Desk) -> None:
    key = {"Authorization": f"Bearer {desk.key}"}
    nobody = post(stack, {})
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    about = httpx2.get(nobody.headers["www-authenticate"].partition('resource_metadata="')[2].rstrip('"'))
    assert about.json()["resource"] == f"{stack.url}/mcp"
    assert post(stack, {"Authorization": "Bearer atm_wrong"}).status_code == 401
    assert post(stack, {**key, "Origin": "https://evil.example"}).status_code == 403
    assert post(stack, {**key, "Host": "evil.example"}).status_code == 400
    assert post(stack, {**key, "X-Workspace-ID": str(uuid4())}).status_code == 404
    assert post(stack, key, "GET").status_code == 405
    assert post(stack, key).status_code == 200


@pytest.mark.parametrize("form", ["Authorization: Bearer {}", "Authorization: ApiKey {}", "X-API-Key: {}"])
def test_a_key_is_taken_in_each_form_at_every_door(stack: Stack, desk: Desk, form: str) -> None:
    name, _, value = form.partition(": ")
    for key, status in ((desk.key, 200), ("atm_wrong", 401)):
        headers = {name: value.format(key)}
        assert post(stack, headers).status_code == status
        for path in ("/api/me", "/v1/models"):
            assert httpx2.get(f"{stack.url}{path}", headers=headers).status_code == status, path
