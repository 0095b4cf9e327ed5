"""The MCP server: its tools, resources and prompts, made with the official SDK, for the caller in `caller.current`."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import orjson
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import (
    INVALID_PARAMS,
    GetPromptResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    Resource,
    TextContent,
    ToolAnnotations,
)
from pydantic import AfterValidator, Field

from automatos.checking import unstorable_text
from automatos.errors import AppError
from recipes.chat.stream import ended as ended_answer
from recipes.chat.stream import pieces, stop
from recipes.live.following import FINAL, Followed
from recipes.live.server_sent import happenings
from recipes.mcp_server import work
from recipes.mcp_server.caller import as_caller, current

INSTRUCTIONS = (
    "Automatos AI: recipes in which agents work together. list_recipes names them with their inputs, cook_recipe cooks "
    "one and waits for its result, ask_agent talks to one agent. Pass request_id to cook the same thing only once."
)
READS = ToolAnnotations(read_only_hint=True)
DONE = {"step.completed": "done", "step.failed": "failed", "step.skipped": "skipped"}


def _storable(text: str) -> str:
    if problem := unstorable_text(text):
        raise ValueError(problem)
    return text


Text = Annotated[str, Field(max_length=200_000), AfterValidator(_storable)]
Json = dict[str, Any]


class Server(MCPServer):
    """With a workspace's recipes as prompts, and its newest runs as resources."""

    async def list_prompts(self) -> list[Prompt]:
        """One for each recipe, with its inputs as arguments."""
        found = await _read("recipes:read", work.list_recipes, "", work.MOST_LISTED)
        return [
            Prompt(
                name=one["recipe"],
                title=one["name"],
                description=one["description"][:1000] or f"Cook the recipe {one['name']}.",
                arguments=[
                    PromptArgument(
                        name=name,
                        description=str(about.get("description") or "")[:500],
                        required=bool(about.get("required")),
                    )
                    for name, about in one["inputs"].items()
                ],
            )
            for one in found["items"]
        ]

    async def get_prompt(
        self, name: str, arguments: Json | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult:
        """What to say to have this recipe cooked."""
        found = await _read("recipes:read", work.describe_recipe, name)
        given = json.dumps(arguments or {}, ensure_ascii=False)
        text = f"Cook the recipe {found['name']}: call cook_recipe with recipe {name!r} and input_data {given}."
        message = PromptMessage(role="user", content=TextContent(type="text", text=text))
        return GetPromptResult(description=found["description"], messages=[message])

    async def list_resources(self) -> list[Resource]:
        """The newest runs."""
        found = await _read("executions:read", work.list_executions, 50)
        return [
            Resource(
                uri=f"automatos://executions/{one['execution_id']}",
                name=f"{one['recipe']}, {one['status']}",
                description=f"Run of {one['created_at']}",
                mime_type="application/json",
            )
            for one in found["items"]
        ]


async def _read(action: str, done: Callable[..., Json], *arguments: Any) -> Json:
    """As as_caller, where no tool or resource is at work: what else is raised there the SDK hides from the client."""
    try:
        return await as_caller(action, done, *arguments)
    except ToolError as refusal:
        raise MCPError(INVALID_PARAMS, str(refusal)) from None


def make_server() -> Server:
    """A new server with everything in it."""
    server = Server("automatos", title="Automatos AI", version="0.1.0", instructions=INSTRUCTIONS)
    _add_reading(server)
    _add_doing(server)
    _add_resources(server)
    return server


def _add_reading(server: Server) -> None:
    @server.tool(annotations=READS, description="List the recipes of the workspace with their inputs.")
    async def list_recipes(search: Text = "", limit: int = 50) -> Json:
        return await as_caller("recipes:read", work.list_recipes, search, limit)

    @server.tool(annotations=READS, description="Describe a recipe: its inputs, outputs and steps.")
    async def describe_recipe(recipe: Text) -> Json:
        return await as_caller("recipes:read", work.describe_recipe, recipe)

    @server.tool(annotations=READS, description="List the newest runs of recipes.")
    async def list_executions(limit: int = 20) -> Json:
        return await as_caller("executions:read", work.list_executions, limit)

    @server.tool(annotations=READS, description="Read a run: how far it is, what its steps wrote, its result.")
    async def get_execution(execution_id: Text) -> Json:
        return await as_caller("executions:read", work.read_execution, execution_id)

    @server.tool(annotations=READS, description="List the agents of the workspace.")
    async def list_agents(search: Text = "") -> Json:
        return await as_caller("agents:read", work.list_agents, search)


def _add_doing(server: Server) -> None:
    @server.tool(
        description="Cook a recipe and wait for its result; progress is told as its steps end. With wait false it "
        "answers at once. request_id: a text of yours; the same one starts no second run. files: for inputs of the "
        "type file, {input: {name, content}}, or content_base64 for what is no text. Cancelling cancels the run."
    )
    async def cook_recipe(  # noqa: PLR0917 (the arguments of the tool, by name)
        recipe: Text,
        context: Context,
        input_data: Json | None = None,
        request_id: str = "",
        wait: bool = True,
        files: Json | None = None,
    ) -> Json:
        started = await as_caller("executions:run", work.cook, recipe, input_data or {}, request_id, files or {})
        return await _followed_run(started, context) if wait else started

    @server.tool(description="Cancel a run that is not over.")
    async def cancel_execution(execution_id: Text) -> Json:
        return await as_caller("executions:run", work.cancel_execution, execution_id)

    @server.tool(description="Say something to an agent and wait for its answer. conversation_id goes on with a talk.")
    async def ask_agent(agent: Text, message: Text, context: Context, conversation_id: Text = "") -> Json:
        run_id, talk = await as_caller("executions:run", work.say, agent, message, conversation_id)
        caller = current.get()
        followed = Followed(run_id, caller.access.workspace.pk, caller.still_may("executions:run"))
        written = 0
        try:
            async for text in pieces(followed, stays=False):
                if text:
                    written += len(text)
                    await context.report_progress(written, None, "Writing")
        except AppError as refusal:
            raise ToolError(refusal.message) from None
        end = await ended_answer(followed)
        if end.error:
            raise ToolError(end.error["message"])
        return {"answer": end.text, "conversation_id": talk, "execution_id": str(run_id)}


async def _followed_run(started: Json, context: Context[Any, Any]) -> Json:
    """The run once it is over, or waits for a person. Whoever stops waiting before that cancels it."""
    caller = current.get()
    run_id = work.uuid_of(started["execution_id"])
    followed = Followed(run_id, caller.access.workspace.pk, caller.still_may("executions:run"))
    done, is_over = 0, False
    try:
        async for body in happenings(followed, 0):
            kind = body["type"] if body else ""
            if kind in DONE and body is not None:
                done += 1
                await context.report_progress(
                    done, started["total_steps"], f"Step {body.get('step', done)} {DONE[kind]}"
                )
            is_over = kind in FINAL or kind == "execution.waiting"
            if is_over:
                break
        is_over = True
    except AppError as refusal:
        raise ToolError(refusal.message) from None
    finally:
        if not is_over:
            await stop(followed)
    return await as_caller("executions:read", work.read_execution, started["execution_id"])


def _add_resources(server: Server) -> None:
    @server.resource(
        "automatos://executions/{execution_id}", name="Run", description="A run.", mime_type="application/json"
    )
    async def execution(execution_id: str) -> str:
        found = await as_caller("executions:read", work.read_execution, execution_id)
        return orjson.dumps(found, default=str).decode()

    @server.resource(
        "automatos://executions/{execution_id}/output",
        name="Output",
        description="A run's result.",
        mime_type="text/plain",
    )
    async def output(execution_id: str) -> str:
        return await as_caller("executions:read", work.read_output, execution_id)
