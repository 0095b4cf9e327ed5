"""OpenAI's own client with responses: the newer way to ask, kept, so that one follows another."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.chat_kit import Room, model, openai_client
from workspaces.models import Role
from workspaces.tests.rest import key_of

pytestmark = pytest.mark.slow
LOOK_UP: Any = {
    "type": "function", "name": "look_up", "strict": True,
    "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
}  # fmt: skip
CALL = ToolCall("call_7", "look_up", {"number": "42"})


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


@pytest.fixture
def client(room: Room) -> Iterator[openai.OpenAI]:
    yield from openai_client(room)


def sent(room: Room) -> list[tuple[str, Any]]:
    """What the model was sent last, without the agent's own instructions."""
    return [(turn["role"], turn["content"]) for turn in room.stack.models.requests[-1].body["messages"]][1:]


def test_one_response_follows_another_and_is_kept(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("I am Zora", reply="Hello Zora.")
    room.stack.models.on("Who am I", reply="You are Zora.")
    first = client.responses.create(model=model(room), input="I am Zora", instructions="Be brief.", metadata={"a": "b"})
    assert (first.output_text, first.status, first.model) == ("Hello Zora.", "completed", model(room))
    assert first.usage is not None
    assert first.usage.total_tokens == first.usage.input_tokens + first.usage.output_tokens > 0
    assert sent(room) == [("system", "Be brief."), ("user", "I am Zora")]
    second = client.responses.create(model=model(room), input="Who am I?", previous_response_id=first.id)
    assert second.output_text == "You are Zora."
    # The instructions of the one before are not taken over.
    assert sent(room) == [("user", "I am Zora"), ("assistant", "Hello Zora."), ("user", "Who am I?")]
    again = client.responses.retrieve(first.id)
    assert (again.output_text, again.instructions, again.metadata) == ("Hello Zora.", "Be brief.", {"a": "b"})
    items: Any = client.responses.input_items.list(second.id, order="asc").data
    assert [(item.role, item.content[0].text) for item in items] == sent(room)
    # Nothing of it is of unknown origin: the agent said it itself.
    run = Execution.objects.filter(workspace=room.cast.workspace).latest("created_at")
    assert not run.steps.get().origins


def test_it_streams_in_openais_events(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("parcel", chunks=["It is ", "in Oslo."])
    events = list(client.responses.create(model=model(room), input="parcel", stream=True))
    assert list(dict.fromkeys(event.type.removeprefix("response.") for event in events)) == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "It is in Oslo."
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last: Any = events[-1]
    assert last.response.output_text == "It is in Oslo."


def test_calls_are_handed_out_and_their_results_taken_back(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.conversation("parcel", {"reply": "Let me see.", "tool_calls": [CALL]}, {"reply": "In Oslo."})
    ask: Any = client.responses.create
    first = ask(model=model(room), input="parcel", tools=[LOOK_UP])
    message, call = first.output
    assert (message.content[0].text, call.call_id, json.loads(call.arguments)) == (
        "Let me see.",
        "call_7",
        CALL.arguments,
    )
    result: Any = {"type": "function_call_output", "call_id": "call_7", "output": "It is in Oslo."}
    for body in (
        {"input": [result], "previous_response_id": first.id},
        {"input": [{"role": "user", "content": "parcel"}, *(item.model_dump() for item in first.output), result]},
    ):
        assert ask(model=model(room), tools=[LOOK_UP], **body).output_text == "In Oslo."
        run = Execution.objects.filter(workspace=room.cast.workspace).latest("created_at")
        assert run.steps.get().origins == ["a tool of the chat client"]
    # A call that nobody answered.
    with pytest.raises(openai.BadRequestError, match="call_7"):
        ask(model=model(room), input="And now?", previous_response_id=first.id)
    kinds = [event.type for event in ask(model=model(room), input="parcel", tools=[LOOK_UP], stream=True)]
    assert "response.function_call_arguments.done" in kinds


def test_how_it_ended_is_told_in_their_words(room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("long", reply="Too much to", finish="length")
    room.stack.models.on("rude", refusal="I would rather not.")
    room.stack.models.on("broken", status=400)
    cut = client.responses.create(model=model(room), input="long", max_output_tokens=16)
    assert (cut.status, cut.incomplete_details and cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    (message,) = client.responses.create(model=model(room), input="rude").output
    assert "I would rather not." in json.dumps(message.to_dict())
    with pytest.raises(openai.APIStatusError):
        client.responses.create(model=model(room), input="broken")
    last: Any = list(client.responses.create(model=model(room), input="broken", stream=True))[-1]
    assert (last.type, last.response.error.code) == ("response.failed", "model_rejected")


def test_it_can_be_had_again_only_here_and_only_while_it_is_kept(room: Room, client: openai.OpenAI) -> None:
    ask: Any = client.responses.create
    made, passing = ask(model=model(room), input="Hello"), ask(model=model(room), input="Hello", store=False)
    other = Room(room.stack)
    recipe_run = other.cast.cook(other.cast.recipe("anything"))
    with openai.OpenAI(base_url=f"{room.stack.url}/v1", api_key=other.key, max_retries=0) as stranger:
        for asked, name in ((stranger, made.id), (client, passing.id), (stranger, f"resp_{recipe_run.pk}")):
            with pytest.raises(openai.NotFoundError):
                asked.responses.retrieve(name)
        with pytest.raises(openai.BadRequestError) as refusal:
            stranger.responses.create(model=model(other), input="Go on", previous_response_id=made.id)
        assert refusal.value.code == "previous_response_not_found"
    viewer = key_of(room.cast.workspace, room.cast.owner, Role.VIEWER)
    with openai.OpenAI(base_url=f"{room.stack.url}/v1", api_key=viewer, max_retries=0) as reader:
        assert reader.responses.retrieve(made.id).id == made.id
        with pytest.raises(openai.PermissionDeniedError):
            reader.responses.delete(made.id)
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


TWICE = {"type": "function_call", "call_id": "c", "name": "look_up", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c", "output": "x"}
PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAADs="
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"background": True}, "background"), ({"conversation": "c"}, "conversation"), ({"input": []}, "input"),
    ({"input": [{"type": "item_reference", "id": "x"}]}, "input.0.type"), ({"input": [5]}, "input.0.type"),
    ({"input": [{"role": "nobody", "content": "x"}]}, "input.0.role"),
    ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input.0.content.0.type"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input.0.content.0.image_url"),
    ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input"),
    ({"input": [{"type": "reasoning", "id": "r"}]}, "input"), ({"input": [TWICE, TWICE, RESULT]}, "input"),
    ({"input": [{"role": "assistant", "content": "x", "tool_calls": ["c"]}]}, "input.0.tool_calls.0"),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": PICTURE}] * 11}]}, "input"),
    ({"tools": [{"type": "web_search"}]}, "tools.0.type"), ({"tools": [LOOK_UP | {"name": "a b"}]}, "tools.0.name"),
    ({"tool_choice": {"type": "function", "name": "x"}}, "tool_choice"),
    ({"max_output_tokens": 0}, "max_output_tokens"),
    ({"text": {"format": {"type": "json_schema", "schema": {"type": 5}}}}, "text.format.schema"),
    ({"text": "json"}, "text"), ({"metadata": {"a": 5}}, "metadata"), ({"store": "yes"}, "store"),
    ({"previous_response_id": "resp_1"}, "previous_response_id"), ({"instructions": 5}, "instructions"),
]  # fmt: skip


def test_what_is_not_done_is_refused_by_name(room: Room, client: openai.OpenAI) -> None:
    for wrong, param in WRONG:
        with pytest.raises(openai.BadRequestError) as refusal:
            client.post("/responses", body={"model": model(room), "input": "Hello", **wrong}, cast_to=object)
        assert refusal.value.param == param, wrong
    assert not Execution.objects.filter(workspace=room.cast.workspace).exists()
