"""What comes back when all goes well, from both vendors, streamed and whole."""

from decimal import Decimal

import orjson
import pytest

from automatos.llm.errors import ModelBadReply
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.registry import Models
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import Caller
from automatos.llm.types import Message, ToolSpec, Usage

TOOLS = (ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}}),)
CALLS = tuple(
    ToolCall.read(id, "weather", raw) for id, raw in [("call_1", '{"city":"Oslo"}'), ("call_2", '{"city":"Rome"}')]
)
SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer"}},
    "required": ["score"],
    "additionalProperties": False,
}


async def test_a_question_gets_its_answer(caller: Caller, server: ScriptedServer) -> None:
    server.on("capital", reply="Oslo, of course.")
    reply = await caller.ask("capital of Norway?")
    assert (reply.text, reply.finish_reason, reply.tool_calls) == ("Oslo, of course.", "stop", ())
    assert reply.cost > 0


async def test_a_stream_hands_over_each_piece_in_order(streaming: Caller, server: ScriptedServer) -> None:
    server.on(chunks=["One", " two", "", " three"])
    reply = await streaming.ask("count")
    assert streaming.pieces == ["One", " two", " three"]
    assert reply.text == "One two three"


async def test_pieces_arrive_while_the_answer_is_still_being_made(streaming: Caller, server: ScriptedServer) -> None:
    hold = server.hold(reply="a b c d", after_chunks=2)
    seen_before_release: list[str] = []

    class Pieces(list[str]):
        def append(self, piece: str) -> None:
            super().append(piece)
            if len(self) == 2:
                seen_before_release.extend(self)
                hold.release()

    streaming.pieces = Pieces()
    reply = await streaming.ask("slowly")
    assert seen_before_release == ["a ", "b "]
    assert reply.text == "a b c d"


async def test_characters_torn_apart_by_the_network_are_whole_again(streaming: Caller, server: ScriptedServer) -> None:
    server.on(chunks=["grüße ", "日本語 ", "🙂🙃"] * 400)
    assert (await streaming.ask("unicode")).text == "grüße 日本語 🙂🙃" * 400


async def test_parallel_tool_calls_are_put_together(caller: Caller, server: ScriptedServer) -> None:
    server.on(reply="Let me look.", tool_calls=CALLS)
    reply = await caller.ask("weather?", tools=TOOLS)
    assert reply.finish_reason == "tool_calls"
    assert reply.text == "Let me look."
    assert reply.tool_calls == CALLS


async def test_a_reply_of_tool_calls_alone_is_not_empty(caller: Caller, server: ScriptedServer) -> None:
    server.on(tool_calls=CALLS[:1])
    reply = await caller.ask("weather?", tools=TOOLS)
    assert (reply.text, reply.tool_calls) == ("", CALLS[:1])


async def test_malformed_arguments_reach_the_caller_as_written(streaming: Caller, server: ScriptedServer) -> None:
    server.on(tool_calls=(ToolCall.read("call_1", "weather", '{"city": "Os'),))
    call = (await streaming.ask("weather?", tools=TOOLS)).tool_calls[0]
    assert (call.raw, call.arguments) == ('{"city": "Os', {})
    assert call.error.startswith("The arguments are not valid JSON")


async def test_a_tools_results_go_back_in_the_vendors_words(caller: Caller, server: ScriptedServer) -> None:
    results = [ToolResult("call_1", "rain"), ToolResult("call_2", "no such city", is_error=True)]
    await caller.ask("weather?", Message("assistant", CALLS), Message("tool", results), tools=TOOLS)
    body = server.requests[0].body
    if caller.provider == "openai":
        sent = body["messages"]
        assert sent[2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city":"Oslo"}'}
        assert sent[3] == {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
        assert sent[4]["content"] == "Error: no such city"
    elif caller.provider == "responses":
        call = {"call_id": "call_1", "name": "weather", "arguments": '{"city":"Oslo"}'}
        assert body["input"][2] == {"type": "function_call", **call}
        assert body["input"][5]["output"] == "Error: no such city"
    else:
        sent = body["messages"]
        assert sent[1]["content"][0]["input"] == {"city": "Oslo"}
        assert [block.get("is_error") for block in sent[2]["content"]] == [None, True]


async def test_structured_output_is_asked_for_and_checked(caller: Caller, server: ScriptedServer) -> None:
    server.on("good", reply='{"score": 7}')
    server.on("bad", reply="Seven, I think")
    assert orjson.loads((await caller.ask("good", response_schema=SCHEMA)).text) == {"score": 7}
    sent = server.requests[0].body
    if caller.provider == "openai":
        assert sent["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    elif caller.provider == "responses":
        assert sent["text"]["format"] == {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True}
    else:
        assert sent["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    with pytest.raises(ModelBadReply, match="did not keep to the structured answer"):
        await caller.ask("bad", response_schema=SCHEMA)


async def test_usage_counts_cached_and_reasoning_tokens_once(caller: Caller, server: ScriptedServer) -> None:
    usage = Usage(input_tokens=1000, output_tokens=200, cached_tokens=600, cache_write_tokens=100, reasoning_tokens=50)
    server.on(reply="Done.", usage=usage)
    reply = await caller.ask("usage")
    assert reply.usage == usage
    expected = {"openai": "0.00375", "responses": "0.00291", "anthropic": "0.00582"}[caller.provider]
    assert reply.cost == Decimal(expected)


async def test_an_answer_that_ran_out_of_tokens_says_so(caller: Caller, server: ScriptedServer) -> None:
    server.on(reply="Once upon", finish="length")
    assert (await caller.ask("story")).finish_reason == "length"


SAMPLING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")


async def test_only_what_the_vendor_takes_is_sent(caller: Caller, server: ScriptedServer) -> None:
    reply = await caller.ask("hello", **dict.fromkeys(SAMPLING, 0.5), max_tokens=77)
    body = server.requests[0].body
    assert body["max_output_tokens" if caller.provider == "responses" else "max_tokens"] == 77
    sent = [name for name in SAMPLING if name in body]
    assert len(sent) == (4 if caller.provider == "openai" else 0)
    assert sorted([*sent, *reply.ignored_parameters]) == sorted(SAMPLING)


async def test_what_was_not_asked_for_is_not_ignored(caller: Caller, server: ScriptedServer) -> None:
    assert (await caller.ask("hello")).ignored_parameters == ()


async def test_the_vendors_own_name_of_the_model_is_told(caller: Caller, server: ScriptedServer) -> None:
    reply = await caller.ask("hello")
    assert reply.model.endswith(reply.served_model)
    assert reply.served_model


async def test_the_key_travels_in_a_header(caller: Caller, server: ScriptedServer) -> None:
    await caller.ask("hello", idempotency_key="step-7")
    headers = {name.lower(): value for name, value in server.requests[0].headers.items()}
    secret = "sk-ant-secret" if caller.provider == "anthropic" else "sk-open-secret"
    assert headers["authorization"] == f"Bearer {secret}"
    assert headers.get("idempotency-key") == (None if caller.provider == "anthropic" else "step-7")


async def test_a_prompt_of_system_text_alone_is_sent(caller: Caller, server: ScriptedServer) -> None:
    await caller.ask("")
    body = server.requests[0].body
    assert body.get("messages") or body["input"]


async def test_text_can_be_stored_whatever_the_model_sends(streaming: Caller, server: ScriptedServer) -> None:
    server.on(chunks=["nul\x00 ", "pair \ud83d", "\ude00 ", "half \ud83d", " end\udc00"])
    reply = await streaming.ask("odd\x00 \ud800 prompt")
    assert reply.text == "".join(streaming.pieces) == "nul pair 😀 half \ufffd end\ufffd"
    reply.text.encode()


async def test_a_parameter_the_model_does_not_take_is_left_out_from_then_on(
    models: Models, server: ScriptedServer
) -> None:
    server.on(status=400, error="Unsupported value", error_code="unsupported_value", error_param="temperature", times=1)
    caller = Caller(models, "openai", False, [])
    await caller.ask("first", temperature=0.5)
    await caller.ask("second", temperature=0.5)
    assert ["temperature" in request.body for request in server.requests] == [True, False, False]


async def test_a_vendor_that_names_the_newer_limit_gets_it(models: Models, server: ScriptedServer) -> None:
    server.on(status=400, error_code="unsupported_parameter", error_param="max_tokens", times=1)
    await Caller(models, "openai", True, []).ask("hello", max_tokens=50)
    assert server.requests[1].body["max_completion_tokens"] == 50
    assert "max_tokens" not in server.requests[1].body


async def test_one_connection_serves_call_after_call(caller: Caller, server: ScriptedServer) -> None:
    for number in range(5):
        await caller.ask(f"call {number}")
    assert len({request.peer for request in server.requests}) == 1
