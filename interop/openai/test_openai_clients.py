"""Clients of OpenAI's API by others, with an agent of a running product as their model: `make interop`.

Each prints what came of everything it was asked; a table of all stands at the end. Node 20 or newer; NODE names one.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automatos.llm.parts import ToolCall
from automatos.llm.testing.requests import Recorded
from automatos.testing import Stack
from recipes.tests.chat_kit import Room, model

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
NODE = os.environ.get("NODE", "node")
PYTHON, LLAMAINDEX = HERE / ".venv" / "bin" / "python", HERE / ".venv-llamaindex" / "bin" / "python"
# By name: the command, and how many things it is asked at least.
CLIENTS: dict[str, tuple[list[str | Path], int]] = {
    "openai-python": ([PYTHON, "openai_python.py"], 60),
    "openai-node": ([NODE, "openai_node.mjs"], 22),
    "LangChain": ([PYTHON, "langchain_client.py"], 19),
    "LiteLLM": ([PYTHON, "litellm_client.py"], 12),
    "Pydantic AI": ([PYTHON, "pydantic_ai_client.py"], 15),
    "Agents SDK": ([PYTHON, "agents_client.py"], 4),
    "LlamaIndex": ([LLAMAINDEX, "llamaindex_client.py"], 9),
    "Vercel AI SDK": ([NODE, "vercel.mjs"], 28),
    "applications": ([PYTHON, "applications.py"], 15),
}
SECONDS = 240
PLACE = {"city": "Oslo", "country": "Norway"}
# Nothing of theirs is sent anywhere but to the product.
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_AGENTS_DISABLE_TRACING": "1", "LANGSMITH_TRACING": "false"}


def said(request: Recorded) -> dict[str, Any]:
    """What the model answers: a call where a tool fits, an object where a form is wanted, words otherwise."""
    prompt, body = request.prompt, request.body
    if "parcel" in prompt and "look_up" in request.tools and not request.round:
        numbers = ["42", "43"] if "both" in prompt else ["42"]
        calls = [ToolCall(f"call_{number}", "look_up", {"number": number}) for number in numbers]
        return {"reply": "", "tool_calls": calls}
    if "parcel" in prompt:
        return {"reply": "It is in Oslo."}
    if "place" in prompt:
        answers = [tool["function"] for tool in body.get("tools") or ()]
        fitting = [one["name"] for one in answers if "city" in json.dumps(one["parameters"])]
        if fitting and not request.round:
            return {"reply": "", "tool_calls": [ToolCall("call_1", fitting[0], PLACE)]}
        return {"reply": json.dumps(PLACE)}
    if "What is my name" in prompt:
        known = "Zora" in json.dumps(body["messages"])
        return {"reply": "You are Zora." if known else "Nobody said."}
    return {"reply": "Hello there."}


@pytest.fixture
def room(stack: Stack) -> Room:
    room = Room(stack)
    script = stack.models
    script.on("Run out of tokens", reply="Too much to", finish="length")
    script.on("Refuse this", refusal="I would rather not.")
    script.on("Filter this", reply="Hel", finish="content_filter")
    script.on("Break down", status=400, error="It broke.")
    script.on("", decide=said)
    return room


@pytest.fixture(scope="module")
def table() -> Iterator[dict[str, dict[str, str]]]:
    """What came of each question to each client; printed at the end."""
    seen: dict[str, dict[str, str]] = {}
    yield seen
    lines = [f"{'client':<16} {'works':>9}"]
    for client, found in seen.items():
        works = sum(not why for why in found.values())
        lines.append(f"{client:<16} {works:>4} of {len(found)}")
        lines += [f"    {name.replace('_', ' ')}: {' '.join(why.split())[:300]}" for name, why in found.items() if why]
    print("\n" + "\n".join(lines))  # noqa: T201 the table is the point


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_everything_it_asks_for(room: Room, table: dict[str, dict[str, str]], client: str) -> None:
    command, least = CLIENTS[client]
    done = subprocess.run(
        [str(part) for part in (*command, f"{room.stack.url}/v1", room.key, model(room))], cwd=HERE,
        env={**os.environ, **QUIET}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    (last,) = re.findall(r"^\{.*\}$", done.stdout, re.MULTILINE)[-1:] or [""]
    assert last, (done.stdout + done.stderr)[-3000:]
    table[client] = seen = json.loads(last)
    assert {name: why for name, why in seen.items() if why} == {}
    assert len(seen) >= least
