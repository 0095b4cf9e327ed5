"""Conversations with tools from question to answer, on all three wires, streamed and whole.

The scripted server refuses what the vendors refuse: a call without its result, thinking that lost its signature, ...
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest

from automatos.llm.deltas import Delta, TextDelta, ThinkingDelta, ToolCallDelta
from automatos.llm.errors import ContextTooLong, CutShort, ModelError, ModelOverloaded, ModelRateLimited, ModelRefused
from automatos.llm.parts import Image, ProviderBlock, Text, ToolCall, ToolResult
from automatos.llm.registry import Models
from automatos.llm.testing.server import Recorded, ScriptedServer
from automatos.llm.tests.conftest import MODELS
from automatos.llm.types import Message, ModelReply, ModelRequest, ToolSpec, Usage

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER, POPULATION = ToolSpec("weather", "Tells the weather.", CITY), ToolSpec("population", "Counts people.", CITY)
OSLO, ROME = ToolCall("call_1", "weather", {"city": "Oslo"}), ToolCall("call_2", "weather", {"city": "Rome"})
BROKEN = ToolCall.read("call_1", "weather", '{"city": "Os')


def weather(call: ToolCall) -> ToolResult:
    if call.error:
        return ToolResult(call.id, call.error, is_error=True)
    return ToolResult(call.id, f"{call.arguments['city']}: rain")


class Talk:
    """A conversation that answers calls until there are none. replies and deltas: all of them, in order."""

    def __init__(self, models: Models, provider: str, streamed: bool) -> None:
        self.models, self.provider, self.streamed = models, provider, streamed
        self.replies: list[ModelReply] = []
        self.deltas: list[Delta] = []

    async def __call__(
        self, prompt: str | Message, tool: Callable[[ToolCall], ToolResult] = weather, model: str = "", **settings: Any
    ) -> ModelReply:
        first = Message("user", prompt) if isinstance(prompt, str) else prompt
        messages = [Message("system", "Be brief."), first]
        settings = {"tools": (WEATHER, POPULATION), "timeout": 10.0, **settings}
        while True:
            request = ModelRequest(model or MODELS[self.provider], tuple(messages), **settings)
            request = ModelRequest.from_json(orjson.loads(orjson.dumps(request.to_json())))
            reply = await self.models.complete(request, on_delta=self.deltas.append if self.streamed else None)
            reply = ModelReply.from_json(orjson.loads(orjson.dumps(reply.to_json())))
            self.replies.append(reply)
            if not reply.tool_calls:
                return reply
            messages += [reply.message, Message("tool", [tool(call) for call in reply.tool_calls])]


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def talk(request: pytest.FixtureRequest, models: Models, provider: str, server: ScriptedServer) -> Talk:
    return Talk(models, provider, request.param)


async def test_one_call_and_its_answer(talk: Talk, server: ScriptedServer) -> None:
    server.conversation("Oslo?", {"tool_calls": [OSLO]}, {"reply": "Take an umbrella."})
    assert (await talk("Oslo?")).text == "Take an umbrella."
    assert server.requests[1].tool_results == [ToolResult("call_1", "Oslo: rain")]
    assert server.requests[1].round == 1


async def test_parallel_calls_are_answered_together(talk: Talk, server: ScriptedServer) -> None:
    server.conversation("both?", {"tool_calls": [OSLO, ROME]}, {"reply": "Rain in both."})
    await talk("both?")
    assert [result.content for result in server.requests[1].tool_results] == ["Oslo: rain", "Rome: rain"]
    assert server.count() == 2


async def test_text_before_a_call_is_kept_in_its_place(talk: Talk, server: ScriptedServer) -> None:
    server.conversation("Oslo?", {"reply": "Let me look. ", "tool_calls": [OSLO]}, {"reply": "Rain."})
    await talk("Oslo?")
    assert talk.replies[0].message.parts[0] == Text("Let me look. ")
    assert "Let me look." in str(server.requests[1].body)


async def test_ten_rounds_in_a_row(talk: Talk, server: ScriptedServer) -> None:
    calls = [{"tool_calls": [ToolCall(f"call_{n}", "weather", {"city": str(n)})]} for n in range(10)]
    server.conversation("ten", *calls, {"reply": "Done."})
    assert (await talk("ten")).text == "Done."
    assert [request.round for request in server.requests] == list(range(11))
    assert len(server.requests[-1].tool_results) == 10


async def test_malformed_arguments_are_told_to_the_model_that_mends_them(talk: Talk, server: ScriptedServer) -> None:
    if talk.provider == "anthropic" and not talk.streamed:
        pytest.skip("arguments of a whole answer are an object on this wire")
    server.conversation("Oslo?", {"tool_calls": [BROKEN]}, {"tool_calls": [OSLO]}, {"reply": "Rain."})
    assert (await talk("Oslo?")).text == "Rain."
    assert talk.replies[0].tool_calls[0].raw == '{"city": "Os'
    told = server.requests[1].tool_results[0]
    assert told.is_error
    assert "not valid JSON" in told.content
    assert server.requests[1].tool_calls[0].arguments == {"malformed_arguments": '{"city": "Os'}


async def test_a_tools_failure_is_told_to_the_model(talk: Talk, server: ScriptedServer) -> None:
    server.conversation("Oslo?", {"tool_calls": [OSLO]}, {"reply": "I could not find out."})
    await talk("Oslo?", lambda call: ToolResult(call.id, "the station is closed", is_error=True))
    assert server.requests[1].tool_results[0].is_error


async def test_a_call_without_arguments(talk: Talk, server: ScriptedServer) -> None:
    server.conversation("now?", {"tool_calls": [ToolCall.read("call_1", "weather", "")]}, {"reply": "Now."})
    await talk("now?", lambda call: ToolResult(call.id, str(call.arguments)))
    assert server.requests[1].tool_results[0].content == "{}"


async def test_thinking_goes_back_unchanged_and_is_no_part_of_the_answer(talk: Talk, server: ScriptedServer) -> None:
    first = {"thinking": "Which city? Oslo.", "signature": "c2lnbmVk", "tool_calls": [OSLO]}
    server.conversation("Oslo?", first, {"thinking": "Rain, then.", "reply": "Rain."})
    reply = await talk("Oslo?", thinking=True)
    assert (reply.text, reply.thinking) == ("Rain.", "Rain, then.")
    assert talk.replies[0].thinking == "Which city? Oslo."
    (block,) = server.requests[1].thinking
    kept = next(part for part in talk.replies[0].parts if isinstance(part, ProviderBlock))
    assert kept.data.items() <= block.items()
    assert "c2lnbmVk" in str(block) or talk.provider == "openai"


async def test_every_piece_is_told_by_its_kind(models: Models, provider: str, server: ScriptedServer) -> None:
    answer = {"thinking": "Oslo it is.", "reply": "Let me look.", "tool_calls": [OSLO, ROME]}
    server.conversation("both?", answer, {"reply": "Rain."})
    talk = Talk(models, provider, streamed=True)
    await talk("both?")
    thoughts = [delta.text for delta in talk.deltas if isinstance(delta, ThinkingDelta)]
    texts = [delta.text for delta in talk.deltas if isinstance(delta, TextDelta)]
    assert ("".join(thoughts), "".join(texts)) == ("Oslo it is.", "Let me look.Rain.")
    calls = [delta for delta in talk.deltas if isinstance(delta, ToolCallDelta)]
    for index, call in enumerate((OSLO, ROME)):
        pieces = [delta for delta in calls if delta.index == index]
        assert {(piece.id, piece.name) for piece in pieces} == {(call.id, "weather")}
        assert orjson.loads("".join(piece.arguments for piece in pieces)) == call.arguments


async def test_a_call_may_be_demanded(talk: Talk, server: ScriptedServer) -> None:
    server.on("Oslo?", tool_calls=[OSLO], round=0)
    first = await talk.models.complete(
        ModelRequest(MODELS[talk.provider], (Message("user", "Oslo?"),), tools=(WEATHER,), tool_choice="weather")
    )
    choice = server.requests[0].body.get("tool_choice")
    if talk.provider == "anthropic":
        assert (choice, first.ignored_parameters) == (None, ("tool_choice",))
    else:
        assert "weather" in str(choice)


async def test_calls_may_be_forbidden_or_one_at_a_time(talk: Talk, server: ScriptedServer) -> None:
    await talk("Oslo?", tool_choice="none")
    await talk("Oslo?", parallel_tool_calls=False)
    none, single = (request.body for request in server.requests)
    assert none["tool_choice"] in ("none", {"type": "none"})
    if talk.provider == "anthropic":
        assert single["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    else:
        assert single["parallel_tool_calls"] is False


async def test_tools_and_a_structured_answer_together(talk: Talk, server: ScriptedServer) -> None:
    server.conversation("Oslo?", {"tool_calls": [OSLO]}, {"reply": '{"city": "Oslo"}'})
    assert orjson.loads((await talk("Oslo?", response_schema=CITY)).text) == {"city": "Oslo"}


async def test_an_image_is_seen(talk: Talk, server: ScriptedServer) -> None:
    await talk(Message("user", [Text("What is this?"), Image(b"\x89PNG", "image/png")]))
    sent = str(server.requests[0].body)
    assert "iVBORw==" in sent
    assert "image/png" in sent


async def test_a_refusal_after_a_call_keeps_its_cost(talk: Talk, server: ScriptedServer) -> None:
    usage = Usage(input_tokens=1000, output_tokens=3)
    server.conversation("Oslo?", {"tool_calls": [OSLO]}, {"refusal": "Not that.", "usage": usage})
    with pytest.raises(ModelRefused, match="Not that") as caught:
        await talk("Oslo?")
    assert caught.value.usage == usage
    assert caught.value.helps_to_try_other_model
    assert caught.value.reply is not None
    assert caught.value.reply.cost > Decimal("0.001")


async def test_overload_then_another_vendors_model_goes_on(talk: Talk, server: ScriptedServer) -> None:
    server.on("Oslo?", round=0, thinking="Hm.", tool_calls=[OSLO], times=1)
    server.on(MODELS[talk.provider].partition(":")[2], overloaded=True)
    server.on("Oslo?", reply="Rain.")
    with pytest.raises(ModelOverloaded) as caught:
        await talk("Oslo?")
    assert caught.value.helps_to_try_other_model
    turns = (Message("user", "Oslo?"), talk.replies[0].message, Message("tool", [weather(OSLO)]))
    other = "anthropic:claude-sonnet-5-5" if talk.provider != "anthropic" else "openai:gpt-6.1-terra"
    reply = await talk.models.complete(ModelRequest(other, turns, tools=(WEATHER,)))
    assert (reply.text, reply.model) == ("Rain.", other)
    assert server.requests[-1].thinking == []


async def test_a_short_overload_is_sat_out(talk: Talk, server: ScriptedServer) -> None:
    server.on("Oslo?", round=1, overloaded=True, times=2)
    server.conversation("Oslo?", {"tool_calls": [OSLO]}, {"reply": "Rain."})
    assert (await talk("Oslo?")).text == "Rain."
    assert server.count() == 4


async def test_a_long_retry_after_is_not_waited_for(talk: Talk, server: ScriptedServer) -> None:
    server.on("Oslo?", round=1, status=429, retry_after=3600)
    server.on("Oslo?", tool_calls=[OSLO])
    began = time.monotonic()
    with pytest.raises(ModelRateLimited, match="asks to wait 3600 s") as caught:
        await talk("Oslo?", timeout=5.0)
    assert time.monotonic() - began < 4.5
    assert (caught.value.retry_after, caught.value.helps_to_try_other_model) == (3600, True)


async def test_a_context_that_grew_too_long_is_named(talk: Talk, server: ScriptedServer) -> None:
    server.on("Oslo?", round=1, context_error=True)
    server.on("Oslo?", tool_calls=[OSLO])
    with pytest.raises(ContextTooLong):
        await talk("Oslo?", lambda call: ToolResult(call.id, "word " * 50_000))
    assert server.count() == 2


@pytest.mark.parametrize("politely", [False, True], ids=["torn", "without an end"])
async def test_a_stream_cut_in_a_call_tells_what_came(
    models: Models, provider: str, server: ScriptedServer, politely: bool
) -> None:
    server.on("Oslo?", reply="Look.", tool_calls=[OSLO], cut_after=2, cut_politely=politely)
    with pytest.raises(CutShort) as caught:
        await Talk(models, provider, streamed=True)("Oslo?")
    reply = caught.value.reply
    assert reply is not None
    assert (reply.text, reply.finish_reason, caught.value.retryable) == ("Look.", "cut", True)
    assert reply.tool_calls[0].name == "weather"
    assert reply.tool_calls[0].error


async def test_a_stream_cut_in_a_call_is_tried_again_when_nobody_heard_it(
    models: Models, provider: str, server: ScriptedServer
) -> None:
    server.on("Oslo?", tool_calls=[OSLO], cut_after=1, times=1)
    server.on("Oslo?", tool_calls=[OSLO])
    told: list[str] = []
    request = ModelRequest(MODELS[provider], (Message("user", "Oslo?"),), tools=(WEATHER,))
    reply = await models.complete(request, told.append)
    assert (reply.tool_calls[0].arguments, told, server.count()) == ({"city": "Oslo"}, [], 2)


async def test_the_script_may_decide_by_the_request(talk: Talk, server: ScriptedServer) -> None:
    def obey(request: Recorded) -> dict[str, Any] | None:
        results = request.tool_results
        return {"reply": f"It says {results[-1].content}."} if results else {"tool_calls": [OSLO]}

    server.on("Oslo?", decide=obey)
    assert (await talk("Oslo?")).text == "It says Oslo: rain."
    assert server.requests[0].tools == ["weather", "population"]
    assert server.requests[0].system == "Be brief."


async def test_a_call_cut_off_by_the_limit_says_so(talk: Talk, server: ScriptedServer) -> None:
    server.on("Oslo?", tool_calls=[OSLO], finish="length")
    request = ModelRequest(MODELS[talk.provider], (Message("user", "Oslo?"),), tools=(WEATHER,))
    assert (await talk.models.complete(request)).finish_reason == "length"


async def test_a_call_without_its_result_is_refused(talk: Talk, server: ScriptedServer) -> None:
    turns = (Message("user", "Oslo?"), Message("assistant", [OSLO]), Message("user", "Well?"))
    with pytest.raises(ModelError, match=r"tool_use|tool_calls|No tool output"):
        await talk.models.complete(ModelRequest(MODELS[talk.provider], turns, tools=(WEATHER,)))


async def test_usage_adds_up_over_the_rounds(talk: Talk, server: ScriptedServer) -> None:
    one, two = Usage(100, 10, 40, 5, 2), Usage(200, 20, 100, 0, 8)
    server.conversation("Oslo?", {"tool_calls": [OSLO], "usage": one}, {"reply": "Rain.", "usage": two})
    await talk("Oslo?")
    assert sum((reply.usage for reply in talk.replies), Usage()) == Usage(300, 30, 140, 5, 10)
    assert all(reply.cost > 0 for reply in talk.replies)
