"""The OpenAI client of others against the running product: an agent as its model."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import openai
import pytest

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.chat_kit import Room, call, model, openai_client, with_tools
from recipes.tests.kit import wait_for
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.slow
HELLO: Any = [{"role": "user", "content": "Say hello"}]
CALLED: Any = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}],
}


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


@pytest.fixture
def client(room: Room) -> Iterator[openai.OpenAI]:
    yield from openai_client(room)


def test_an_answer_comes_whole_with_its_usage(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("Say hello", reply="Hello there.")
    answer = client.chat.completions.create(model=model(room), messages=HELLO, temperature=0.1)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello there.", "stop")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer.model == model(room)


def test_an_answer_streams_and_tells_its_usage_at_the_end(room: Room, client: openai.OpenAI) -> None:
    held = room.stack.models.hold("Say hello", chunks=["Hel", "lo 🍲 ", "there."], after_chunks=2)
    stream = client.chat.completions.create(
        model=model(room), messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks, text = [], ""
    for chunk in stream:
        chunks.append(chunk)
        text += chunk.choices[0].delta.content or "" if chunk.choices else ""
        if text == "Hello 🍲 ":
            held.release()
    assert text == "Hello 🍲 there."
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 0
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


ENDS = [
    ({"reply": "Hello", "finish": "length"}, "length", "Hello", None),
    ({"refusal": "I would rather not."}, "stop", "", "I would rather not."),
    ({"reply": "Hel", "finish": "content_filter"}, "content_filter", None, "declined to answer"),
]


@pytest.mark.parametrize(("rule", "reason", "text", "refusal"), ENDS)
def test_how_an_answer_ended_is_told_in_their_words(
    room: Room, client: openai.OpenAI, rule: dict[str, Any], reason: str, text: str | None, refusal: str | None
) -> None:
    room.stack.models.on("Say hello", **rule)
    whole = client.chat.completions.create(model=model(room), messages=HELLO).choices[0]
    assert (whole.finish_reason, whole.message.content or "") == (reason, text or "")
    assert (refusal or "") in (whole.message.refusal or "")
    assert (whole.message.refusal is None) is (refusal is None)
    chunks = list(client.chat.completions.create(model=model(room), messages=HELLO, stream=True))
    assert chunks[-1].choices[0].finish_reason == reason
    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks) == (whole.message.refusal or "")
    _, run = Caller(room.key).get(f"/api/executions/{newest(room).pk}")
    assert run["step_results"][0]["finish_reason"] == ("refusal" if "refusal" in rule else reason)


def newest(room: Room) -> Execution:
    return Execution.objects.filter(workspace=room.cast.workspace).latest("created_at")


def test_usage_comes_in_a_last_chunk_and_only_when_asked_for(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("Say hello", reply="Hello there.")
    ask: Any = partial(client.chat.completions.create, model=model(room), messages=HELLO, stream=True)
    plain, counted = list(ask()), list(ask(stream_options={"include_usage": True}))
    assert all("usage" not in chunk.model_fields_set and chunk.choices for chunk in plain)
    assert [chunk.usage for chunk in counted[:-1]] == [None] * (len(counted) - 1)
    assert (counted[-1].choices, counted[-1].usage is not None) == ([], True)


def test_what_our_own_answers_look_like_may_come_back(room: Room, client: openai.OpenAI) -> None:
    back: Any = [*HELLO, {"role": "assistant", "content": None, "refusal": "No."}, *HELLO]
    unknown = {"user": "ines", "store": False, "max_tokens": 5, "stop": ["x"], "a_new_one": {"b": 1}}
    answer = client.post("/chat/completions", body={"model": model(room), "messages": back, **unknown}, cast_to=object)
    assert answer
    assert room.stack.models.requests[-1].body["messages"][2] == {"role": "assistant", "content": "No."}


def test_the_conversation_of_the_client_is_what_the_model_gets(room: Room, client: openai.OpenAI) -> None:
    said: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "I am Ines."},
        {"role": "assistant", "content": "Hello Ines."},
        {"role": "user", "content": [{"type": "text", "text": "Who am I?"}]},
    ]
    client.chat.completions.create(model=model(room), messages=said)
    sent = [(turn["role"], turn["content"]) for turn in room.stack.models.requests[-1].body["messages"]]
    assert sent[1:] == [
        ("system", "Be brief."), ("user", "I am Ines."), ("assistant", "Hello Ines."), ("user", "Who am I?")
    ]  # fmt: skip


def test_tools_of_the_agent_are_used_on_the_way(room: Room, client: openai.OpenAI) -> None:
    with_tools(room.cast.agent, "calculator")
    sums = {"reply": "Let me see.", "tool_calls": [call("calculator", expression="6*7")]}
    room.stack.models.conversation("Say hello", sums, {"reply": "It is 42."})
    stream = client.chat.completions.create(model=model(room), messages=HELLO, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text.endswith("It is 42.")
    assert text.count("It is 42.") == 1


@pytest.mark.parametrize(
    ("extra", "param"),
    [({"n": 2}, "n"), ({"logprobs": True}, "logprobs"), ({"tools": [{"type": "function"}]}, "tools.0"),
     ({"messages": []}, "messages"), ({"model": 5}, "model"), ({"tool_choice": "required"}, "tool_choice"),
     ({"max_tokens": 0}, "max_tokens"), ({"stop": [1]}, "stop"), ({"response_format": "json"}, "response_format"),
     ({"messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}, "messages.0.tool_call_id"),
     ({"messages": [*HELLO, CALLED, *HELLO]}, "messages.2"), ({"messages": [*HELLO, CALLED]}, "messages"),
     ({"stream": "yes"}, "stream"),
     ({"stream_options": {"include_usage": True}}, "stream_options"),
     ({"stream": True, "stream_options": 1}, "stream_options")],
)  # fmt: skip
def test_what_is_not_done_is_refused_in_their_shape(
    room: Room, client: openai.OpenAI, extra: dict[str, object], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        client.post("/chat/completions", body={"model": model(room), "messages": HELLO, **extra}, cast_to=object)
    assert refusal.value.param == param
    assert refusal.value.type == "invalid_request_error"
    assert not Execution.objects.filter(workspace=room.cast.workspace).exists()


def test_a_wrong_key_is_refused_in_their_shape(room: Room, client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as refusal:
        client.with_options(api_key="atm_wrong").models.list()
    assert (refusal.value.type, refusal.value.code) == ("authentication_error", "invalid_api_key")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="something-else").models.list()


def test_the_agents_are_its_models(room: Room, client: openai.OpenAI) -> None:
    assert [one.id for one in client.models.list()] == [model(room)]


def test_a_model_that_fails_is_an_error_whole_and_streamed(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("Say hello", status=400)
    with pytest.raises(openai.APIStatusError) as failure:
        client.chat.completions.create(model=model(room), messages=HELLO)
    assert failure.value.response.headers["x-should-retry"] == "false", "the client would begin the run again"
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model=model(room), messages=HELLO, stream=True))


def left(room: Room, streamed: bool, headers: Sequence[str] = (), when: Callable[[], object] = lambda: None) -> None:
    """A client asks and goes away once `when` is over, without reading its answer."""
    body = json.dumps({"model": model(room), "messages": HELLO, "stream": streamed})
    head = [
        "POST /v1/chat/completions HTTP/1.1",
        f"Host: 127.0.0.1:{room.stack.port}",
        f"Authorization: Bearer {room.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    with socket.create_connection(("127.0.0.1", room.stack.port)) as line:
        line.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())
        when()


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_stops_the_run(room: Room, streamed: bool) -> None:
    held = room.stack.models.hold("Say hello", after_chunks=1)
    left(room, streamed, when=lambda: held.wait_for_requests(1))
    runs = Execution.objects.filter(workspace=room.cast.workspace)
    wait_for(lambda: runs.get().status == "cancelled")
    held.release()


@pytest.mark.parametrize("again", range(4))
def test_no_run_lives_on_whenever_its_client_leaves(room: Room, again: int) -> None:
    held = room.stack.models.hold("Say hello", after_chunks=1)
    for number in range(20):
        left(room, streamed=number % 2 == 0, when=partial(time.sleep, number * 0.005))
    # However early the others left, one run has begun for certain.
    left(room, streamed=True, when=lambda: held.wait_for_requests(1))
    # Whatever was begun for a client that is gone has begun by then.
    time.sleep(1)
    runs = Execution.objects.filter(workspace=room.cast.workspace)
    wait_for(lambda: set(runs.values_list("status", flat=True)) == {"cancelled"})
    held.release()


@pytest.mark.parametrize("streamed", [True, False])
def test_a_request_sent_again_with_its_key_gets_the_same_answer(
    room: Room, client: openai.OpenAI, streamed: bool
) -> None:
    held = room.stack.models.hold("Say hello", reply="Hello there.", after_chunks=0)
    left(room, streamed, ["Idempotency-Key: one"], when=lambda: held.wait_for_requests(1))
    held.release()
    ask: Any = partial(client.chat.completions.create, model=model(room), extra_headers={"Idempotency-Key": "one"})
    first, again = (ask(messages=HELLO, stream=streamed) for _ in range(2))
    texts = [said(one) if streamed else one.choices[0].message.content for one in (first, again)]
    assert texts == ["Hello there."] * 2
    run = Execution.objects.get(workspace=room.cast.workspace)
    assert run.status == "completed"
    with pytest.raises(openai.ConflictError):
        ask(messages=[{"role": "user", "content": "Other"}])


def said(stream: Any) -> str:
    """The text of a streamed answer."""
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
