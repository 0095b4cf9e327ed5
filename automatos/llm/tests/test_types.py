"""Requests and replies survive being stored as JSON, and hold what was put into them."""

import json
from decimal import Decimal

import pytest

from automatos.llm.parts import Image, Part, ProviderBlock, Text, ToolCall, ToolResult, part_from_json, read_arguments
from automatos.llm.types import Message, ModelReply, ModelRequest, ToolSpec, Usage

CALL = ToolCall.read("call_1", "weather", '{"city": "Oslo"}')
THOUGHT = ProviderBlock("anthropic:x", {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"})
PARTS: tuple[Part, ...] = (
    Text("grüße"), Image(b"\x89PNG\x00", "image/png"), CALL, ToolResult("call_1", "rain", is_error=True), THOUGHT,
)  # fmt: skip
TOOL = ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def stored(value: object) -> object:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_every_part_comes_back_from_json(part: Part) -> None:
    assert part_from_json(stored(part.to_json())) == part  # type: ignore[arg-type]


def test_a_request_comes_back_from_json() -> None:
    request = ModelRequest(
        "openai:gpt-4o",
        (Message("system", "Be brief."), Message("user", PARTS[:2]), Message("assistant", [THOUGHT, CALL])),
        temperature=0.0, tools=(TOOL,), tool_choice="weather", parallel_tool_calls=False, thinking=False,
        effort="low", response_schema={"type": "object"}, timeout=12.5, idempotency_key="k", cache_prompt=True,
    )  # fmt: skip
    assert ModelRequest.from_json(stored(request.to_json())) == request  # type: ignore[arg-type]


def test_a_stored_request_holds_only_what_was_chosen() -> None:
    kept = ModelRequest("local:tiny", (Message("user", "nul\x00"),)).to_json()
    assert kept == {
        "version": 1,
        "model": "local:tiny",
        "messages": [{"role": "user", "parts": [{"type": "text", "text": "nul"}]}],
    }


@pytest.mark.parametrize("parts", [(), (THOUGHT, Text("Look: "), CALL), (Text("a"), CALL, Text("b"))])
def test_a_reply_comes_back_from_json(parts: tuple[Part, ...]) -> None:
    text = "".join(part.text for part in parts if isinstance(part, Text)) or "Look: "
    reply = ModelReply(
        text, "openai:gpt-4o", "tool_calls", Usage(7, 5, 3, 2, 1), Decimal("0.000001234"), (CALL,), parts,
        served_model="gpt-4o-2024-08-06", ignored_parameters=("top_p",),
    )  # fmt: skip
    assert ModelReply.from_json(stored(reply.to_json())) == reply  # type: ignore[arg-type]


def test_a_reply_is_the_next_turn() -> None:
    plain = ModelReply("Look: ", "openai:gpt-4o", "tool_calls", tool_calls=(CALL,))
    assert plain.message == Message("assistant", [Text("Look: "), CALL])
    thought = ModelReply("", "anthropic:x", "tool_calls", tool_calls=(CALL,), parts=(THOUGHT, CALL))
    assert (thought.message.parts, thought.thinking) == ((THOUGHT, CALL), "Hm.")


def test_a_version_of_the_future_is_refused() -> None:
    kept = ModelRequest("local:tiny", ()).to_json() | {"version": 2}
    with pytest.raises(ValueError, match="Version 2"):
        ModelRequest.from_json(kept)


def test_a_message_of_text_is_its_text() -> None:
    message = Message("user", "hello")
    assert (message.content, message.parts, message.images) == ("hello", (Text("hello"),), ())
    assert Message("tool", [ToolResult("a", "rain"), ToolResult("b", "sun")]).content == "rain\nsun"


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [
        ("", {}), (" \n", {}), ("{}", {}), ('{"a": [1, "ü"]}', {"a": [1, "ü"]}),
        ('{"a": "x\\u0000y"}', {"a": "xy"}), ('{"a": "\\ud83d"}', {"a": "\ufffd"}), ('{"a": 1e100}', {"a": 1e100}),
    ],
)  # fmt: skip
def test_arguments_are_read(raw: str, arguments: dict[str, object]) -> None:
    assert read_arguments(raw) == (arguments, "")


@pytest.mark.parametrize(
    "raw", ['{"a": ', "[1]", "7", '"x"', "null", "{'a': 1}", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, "\ud800"]
)
def test_arguments_that_are_no_object_are_told_to_the_model(raw: str) -> None:
    call = ToolCall.read("call_1", "weather", raw)
    assert call.arguments == {}
    assert call.error.startswith("The arguments are not")
    assert call.readable == {"malformed_arguments": raw}
