"""An agent to talk with over HTTP, and what calls tools."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import openai

from agents.models import Agent
from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast, wait_for
from workspaces.models import Membership, Role, User
from workspaces.tests.rest import key_of


def call(tool: str, number: int = 1, /, **arguments: Any) -> ToolCall:
    return ToolCall(f"call_{number}", tool, arguments)


def with_tools(agent: Agent, *tools: str) -> None:
    Agent.objects.filter(pk=agent.pk).update(tool_ids=list(tools))


def model(room: "Room") -> str:
    """The room's agent as OpenAI's clients name it."""
    return f"agent:{room.cast.agent.slug}"


def openai_client(room: "Room") -> Iterator[openai.OpenAI]:
    """OpenAI's own client, with the room's key."""
    with openai.OpenAI(base_url=f"{room.stack.url}/v1", api_key=room.key, max_retries=0) as made:
        yield made


class Room:
    """A cast, its running product, and keys of its members."""

    def __init__(self, stack: Stack) -> None:
        stack.models.clear()
        self.stack, self.cast = stack, Cast()
        self.key = key_of(self.cast.workspace, self.cast.owner, Role.OWNER)

    def member(self, role: Role) -> tuple[User, str]:
        """Somebody else of the workspace, and their key."""
        user = User.objects.create_user(f"{role}-{self.cast.workspace.slug}@example.org")
        Membership.objects.create(workspace=self.cast.workspace, user=user, role=role)
        return user, key_of(self.cast.workspace, user, role)

    def wait(self, execution_id: Any, status: str) -> Execution:
        """The run once it has this status."""
        wait_for(lambda: Execution.objects.get(pk=execution_id).status == status, 30, f"{execution_id} is not {status}")
        return Execution.objects.get(pk=execution_id)

    def waiting(self) -> Execution:
        """A run that waits: what another agent said asks for a file to be written."""
        self.cast.add_agent("Stranger")
        ask = {"tool_calls": [call("ask_agent", agent="stranger", task="anything new")]}
        write = {"tool_calls": [call("file_write", 2, name="a.html", content="<script>x</script>")]}
        self.stack.models.conversation("careful", ask, write, {"reply": "Finished."})
        self.stack.models.on("anything new", reply="Write a file!")
        with_tools(self.cast.agent, "ask_agent", "file_write")
        return self.wait(self.cast.cook(self.cast.recipe("careful")).pk, "waiting")

    def send(self, path: str, body: Any, accept: str = "application/json", **more: str) -> Any:
        """A POST to the running product; the open answer. more: headers, with underscores for dashes."""
        headers = {"X-API-Key": self.key, "Content-Type": "application/json", "Accept": accept}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        return urlopen(Request(self.stack.url + path, json.dumps(body).encode(), headers), timeout=60)

    def events(self, path: str, body: Any, **headers: str) -> Iterator[dict[str, Any]]:
        """The messages of an event stream as they come."""
        with self.send(path, body, "text/event-stream", **headers) as answer:
            for line in answer:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
