"""What the tools of the MCP server do, each in the caller's scope. Shapes are those of the REST API, cut to size."""

import base64
from typing import Any
from uuid import UUID

from agents import queries as agent_queries
from agents.models import Agent
from automatos.checking import Problems
from automatos.errors import InvalidInput, NotFound
from recipes import queries
from recipes.chat import services as chat
from recipes.chat.services import Saying
from recipes.cook_forms import digests
from recipes.engine.attachments import Upload
from recipes.mcp_server.caller import Caller
from recipes.models import Execution, Recipe, Trigger
from recipes.runs import reading
from recipes.runs import services as runs
from recipes.runs.input_files import Uploads
from recipes.services import cook as start_cooking
from workspaces.doors.idempotency import LONGEST_KEY, once

MOST_LISTED = 100
LONGEST_OUTPUT = 50_000
# Of a file: its content as text, or as bytes.
CONTENT, BASE64 = "content", "content_base64"
Json = dict[str, Any]


def list_recipes(caller: Caller, search: str, limit: int) -> Json:
    """Recipes by name, with their inputs."""
    rows = queries.recipes_of(caller.access.workspace)
    for word in search.split()[:8]:
        rows = rows.filter(name__icontains=word)
    found = list(rows[: max(1, min(limit, MOST_LISTED))])
    items = [
        {"recipe": row.template_id, "name": row.name, "description": row.description, "inputs": row.inputs}
        for row in found
    ]
    return {"items": items, "total": rows.count()}


def describe_recipe(caller: Caller, key: str) -> Json:
    """A recipe with its steps."""
    row = _recipe(caller, key)
    steps = [
        {
            "order": step.order,
            "name": step.name,
            "agent": step.agent.name if step.agent else "",
            "prompt": step.prompt_template,
            "output_key": step.output_key,
        }
        for step in row.steps.all()
    ]
    about = {"recipe": row.template_id, "name": row.name, "description": row.description, "version": row.version}
    return {**about, "inputs": row.inputs, "outputs": row.outputs, "steps": steps}


def cook(caller: Caller, key: str, input_data: Json, request_id: str, files: Json) -> Json:
    """Start a run. request_id: the same one starts no second run. files: by input, name and content."""
    row = _recipe(caller, key)
    uploads = _uploads(files)
    if request_id and (len(request_id) > LONGEST_KEY or not request_id.isprintable()):
        raise InvalidInput(f"request_id: Send at most {LONGEST_KEY} printable characters.")
    _, started = once(
        workspace=caller.access.workspace,
        user=caller.user,
        route=f"mcp-cook:{row.pk}",
        key=request_id or None,
        body={"input_data": input_data, **({"files": digests(uploads)} if uploads else {})},
        act=lambda: (202, _start(caller, row, input_data, uploads)),
    )
    return started


def _recipe(caller: Caller, key: str) -> Recipe:
    try:
        return queries.recipe(workspace=caller.access.workspace, key=key.replace("\0", ""))
    except NotFound:
        raise NotFound("There is no such recipe. list_recipes names them.") from None


def _uploads(files: Json) -> dict[str, Upload]:
    """The files as they were sent; InvalidInput under `files.<input>` for what is none."""
    problems, found = Problems(), dict[str, Upload]()
    for name, sent in files.items():
        field = f"files.{name[:80]}"
        given = sent if isinstance(sent, dict) else {}
        contents = [part for part in (CONTENT, BASE64) if isinstance(given.get(part), str)]
        if not isinstance(given.get("name"), str) or len(contents) != 1:
            problems.add(field, f"Send an object with name and one of {CONTENT} (text) and {BASE64}.")
        elif contents == [CONTENT]:
            found[name] = Upload(given["name"], given[CONTENT].encode("utf-8", "replace"))
        else:
            try:
                found[name] = Upload(given["name"], base64.b64decode(given[BASE64], validate=True))
            except ValueError:
                problems.add(field, f"{BASE64} is not base64.")
    problems.raise_any()
    return found


def _start(caller: Caller, row: Recipe, input_data: Json, uploads: Uploads) -> Json:
    run = start_cooking(
        workspace=caller.access.workspace,
        recipe=row,
        input_data=input_data,
        user=caller.user,
        trigger=Trigger.API,
        uploads=uploads,
    )
    return {"execution_id": str(run.pk), "status": str(run.status), "total_steps": run.total_steps}


def list_executions(caller: Caller, limit: int) -> Json:
    """The newest runs of recipes."""
    rows = reading.executions_of(caller.access.workspace)
    return {"items": [_brief(run) for run in rows[: max(1, min(limit, MOST_LISTED))]], "total": rows.count()}


def read_execution(caller: Caller, execution_id: str) -> Json:
    """A run with what its steps came to."""
    run = _run(caller, execution_id)
    steps = [
        {"order": step.order, "name": step.name, "status": str(step.status), "output": step.output[:LONGEST_OUTPUT]}
        for step in run.steps.all()
    ]
    output = run.output_data or {}
    final = str(output.get("final_output", ""))[:LONGEST_OUTPUT]
    return {**_brief(run), "output": final, "error": run.error, "steps": steps}


def read_output(caller: Caller, execution_id: str) -> str:
    """The result of a run alone."""
    return str((_run(caller, execution_id).output_data or {}).get("final_output", ""))


def cancel_execution(caller: Caller, execution_id: str) -> Json:
    """Cancel a live run."""
    return _brief(runs.cancel(execution=_run(caller, execution_id), user=caller.user))


def _run(caller: Caller, execution_id: str) -> Execution:
    try:
        return reading.execution(workspace=caller.access.workspace, execution_id=uuid_of(execution_id))
    except NotFound:
        raise NotFound("There is no such run. list_executions names the newest.") from None


def _brief(run: Execution) -> Json:
    return {
        "execution_id": str(run.pk),
        "recipe": run.recipe_name,
        "status": str(run.status),
        "done_steps": run.total_steps - run.unfinished_steps,
        "total_steps": run.total_steps,
        "cost": float(run.cost),
        "created_at": run.created_at.isoformat(),
    }


def list_agents(caller: Caller, search: str) -> Json:
    """Agents by name."""
    rows = agent_queries.agents_of(caller.access.workspace)
    for word in search.split()[:8]:
        rows = rows.filter(name__icontains=word)
    items = [
        {"agent": row.slug, "name": row.name, "description": row.description, "status": str(row.status)}
        for row in rows[:MOST_LISTED]
    ]
    return {"items": items, "total": rows.count()}


def say(caller: Caller, key: str, message: str, conversation_id: str) -> tuple[UUID, str]:
    """Send a message to an agent; the run that answers it, and the conversation."""
    workspace = caller.access.workspace
    agent = _agent(caller, key)
    talk = None
    if conversation_id:
        talk = chat.conversation(workspace=workspace, conversation_id=uuid_of(conversation_id), agent=agent)
    saying = Saying(text=message, conversation=talk, parent=chat.newest_answer(talk))
    run = chat.say(workspace=workspace, agent=agent, saying=saying, user=caller.user, trigger=Trigger.API)
    return run.pk, str(run.conversation_id)


def _agent(caller: Caller, key: str) -> Agent:
    rows = agent_queries.agents_of(caller.access.workspace)
    found = rows.filter(slug=key).first() or rows.filter(name__iexact=key).first()
    if found is None:
        raise NotFound("There is no such agent. list_agents names them.")
    return found


def uuid_of(text: str) -> UUID:
    """An id; InvalidInput for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("This is not an id, which is a UUID.") from None
