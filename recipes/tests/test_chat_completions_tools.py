"""OpenAI's own client with tools of its own, forms of answers, and the addresses beside chat completions."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import openai
import pytest

from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.chat_kit import Room, call, model, openai_client, with_tools

pytestmark = pytest.mark.slow
ASKED: Any = [{"role": "user", "content": "Where is my parcel?"}]
LOOK_UP: Any = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks up a parcel.",
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
    },
}
CALL = ToolCall("call_7", "look_up", {"number": "42"})


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


@pytest.fixture
def client(room: Room) -> Iterator[openai.OpenAI]:
    yield from openai_client(room)


def test_calls_of_the_clients_tools_are_handed_out_and_their_results_taken_back(
    room: Room, client: openai.OpenAI
) -> None:
    room.stack.models.conversation("parcel", {"reply": "Let me see.", "tool_calls": [CALL]}, {"reply": "In Oslo."})
    first = client.chat.completions.create(model=model(room), messages=ASKED, tools=[LOOK_UP])
    (choice,) = first.choices
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Let me see.")
    assert choice.message.tool_calls is not None
    (made,) = choice.message.tool_calls
    assert made.type == "function"
    assert (made.id, made.function.name, json.loads(made.function.arguments)) == ("call_7", "look_up", {"number": "42"})
    back: Any = [
        *ASKED,
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": made.id, "content": "It is in Oslo."},
    ]
    answer = client.chat.completions.create(model=model(room), messages=back, tools=[LOOK_UP])
    assert (answer.choices[0].finish_reason, answer.choices[0].message.content) == ("stop", "In Oslo.")
    (result,) = room.stack.models.requests[-1].tool_results
    assert result.content == "It is in Oslo."
    run = Execution.objects.filter(workspace=room.cast.workspace).latest("created_at")
    # Anybody may have written what a client's tool brings.
    assert run.steps.get().origins == ["a tool of the chat client"]


def test_they_are_streamed_too(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("parcel", reply="", tool_calls=[CALL])
    chunks = list(client.chat.completions.create(model=model(room), messages=ASKED, tools=[LOOK_UP], stream=True))
    calls = [piece for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or ()]
    assert [(piece.index, piece.id, piece.function and piece.function.name) for piece in calls] == [
        (0, "call_7", "look_up")
    ]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_agents_own_tools_are_used_on_the_way(room: Room, client: openai.OpenAI) -> None:
    with_tools(room.cast.agent, "calculator")
    own = {"tool_calls": [call("calculator", expression="6*7")]}
    room.stack.models.conversation("parcel", own, {"reply": "", "tool_calls": [CALL]})
    answer = client.chat.completions.create(model=model(room), messages=ASKED, tools=[LOOK_UP])
    calls = answer.choices[0].message.tool_calls or ()
    assert [one.function.name for one in calls if one.type == "function"] == ["look_up"]
    offered = {tool["function"]["name"] for tool in room.stack.models.requests[-1].body["tools"]}
    assert offered == {"calculator", "look_up"}
    clash: Any = {"type": "function", "function": {"name": "calculator", "parameters": {"type": "object"}}}
    with pytest.raises(openai.BadRequestError, match="of its own") as refusal:
        client.chat.completions.create(model=model(room), messages=ASKED, tools=[clash])
    assert refusal.value.param == "tools.0.function.name"


def test_a_choice_of_tools_goes_to_the_model(room: Room, client: openai.OpenAI) -> None:
    named: Any = {"type": "function", "function": {"name": "look_up"}}
    room.stack.models.on("parcel", reply="", tool_calls=[CALL])
    client.chat.completions.create(
        model=model(room), messages=ASKED, tools=[LOOK_UP], tool_choice=named, parallel_tool_calls=False
    )
    body = room.stack.models.requests[-1].body
    assert body["tool_choice"] == named
    assert body["parallel_tool_calls"] is False


def test_an_answer_keeps_to_a_schema_of_the_client(room: Room, client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    room.stack.models.on("parcel", reply="In Oslo.", times=1)
    room.stack.models.on("JSON alone", reply='```json\n{"city": "Oslo"}\n```')
    answer = client.chat.completions.create(model=model(room), messages=ASKED, response_format=wanted)
    assert json.loads(answer.choices[0].message.content or "") == {"city": "Oslo"}
    assert room.stack.models.requests[-1].body["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_answer_ends_at_a_stop_and_within_its_tokens(room: Room, client: openai.OpenAI, streamed: bool) -> None:
    room.stack.models.on("parcel", chunks=["It is in Os", "lo, ST", "OP and more"])
    made = client.chat.completions.create(
        model=model(room), messages=ASKED, stop=["STOP", "never"], max_tokens=7, stream=streamed
    )
    text = (
        made.choices[0].message.content
        if isinstance(made, openai.types.chat.ChatCompletion)
        else "".join(chunk.choices[0].delta.content or "" for chunk in made)
    )
    assert text == "It is in Oslo, "
    assert room.stack.models.requests[-1].body["max_tokens"] == 7


def test_a_model_nobody_has_and_one_that_is_there(room: Room, client: openai.OpenAI) -> None:
    assert client.models.retrieve(model(room)).id == model(room)
    for ask in (
        lambda: client.models.retrieve("gpt-4o"),
        lambda: client.chat.completions.create(model="gpt-4o", messages=ASKED),
        lambda: client.embeddings.create(model="text-embedding-9", input="x"),
    ):
        with pytest.raises(openai.NotFoundError) as refusal:
            ask()
        assert (refusal.value.code, refusal.value.param) == ("model_not_found", "model")


def test_any_address_answers_json_whatever_is_accepted(room: Room) -> None:
    for path, method in (("nothing", "GET"), ("", "GET"), ("models/", "POST"), ("chat/completions", "GET")):
        request = Request(f"{room.stack.url}/v1/{path}", method=method, headers={"X-API-Key": room.key})
        with pytest.raises(HTTPError) as refusal:
            urlopen(request, timeout=30)
        assert refusal.value.code in (404, 405)
        assert json.loads(refusal.value.read())["error"]["message"]
    room.stack.models.on("parcel", reply="In Oslo.")
    body = {"model": model(room), "messages": ASKED}
    with room.send("/v1/chat/completions", {**body, "stream": True}, "text/event-stream") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert b"[DONE]" in answer.read()
    with room.send("/v1/chat/completions", body, "text/event-stream") as answer:
        assert json.loads(answer.read())["choices"][0]["message"]["content"] == "In Oslo."


def test_texts_become_vectors(client: openai.OpenAI) -> None:
    found = client.embeddings.create(model="use-multilingual-v3", input=["a cat", "eine Katze", "stock exchange"])
    cat, katze, exchange = (row.embedding for row in found.data)
    assert len(cat) == 512
    assert _likeness(cat, katze) > _likeness(cat, exchange) + 0.2
    floats = client.embeddings.create(model="local:use-multilingual-v3", input="a cat", encoding_format="float")
    assert _likeness(floats.data[0].embedding, cat) > 0.999
    for wrong in ([], ["x", ""], [[1, 2]], "x" * 9000):
        with pytest.raises(openai.BadRequestError):
            client.embeddings.create(model="use-multilingual-v3", input=wrong)


def _likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
