"""The small embedded model calls tools when it is helped; other local models are left to do it themselves."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from automatos.llm.capabilities import BUNDLED_OUTPUT
from automatos.llm.deltas import Delta, ToolCallDelta
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.providers.local_tools import AGAINST_LOOPS, chosen_tool, plain_request
from automatos.llm.registry import Models
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.types import Message, ModelRequest, ToolSpec

SMALL = "local:smollm2-135m-instruct"


def tool(name: str, description: str, field: str) -> ToolSpec:
    schema = {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]}
    return ToolSpec(name, description, schema)


TOOLS = (
    tool("get_weather", "Get the current weather of a city.", "city"),
    tool("calculator", "Work out an arithmetic expression.", "expression"),
    tool("web_fetch", "Read the web page at an address.", "url"),
    tool("search_files", "Find files by words in them.", "query"),
)
OSLO = ToolCall("call_1", "get_weather", {"city": "Oslo"})


def asking(*turns: Message | str, model: str = SMALL, **settings: Any) -> ModelRequest:
    messages = tuple(Message("user", turn) if isinstance(turn, str) else turn for turn in turns)
    return ModelRequest(model, messages, **{"tools": TOOLS, "timeout": 10.0, **settings})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is the weather in Paris?", "get_weather"),
        ("Compute 1250 / 8.", "calculator"),
        ("Use the calculator for the square root of two", "calculator"),
        ("How much is 12 times 12?", "calculator"),
        ("Summarise https://example.com", "web_fetch"),
        ("Search my files for the lease", "search_files"),
        ("Who wrote Hamlet?", ""),
        ("Write a haiku about snow.", ""),
        ("Thank you!", ""),
        ("", ""),
    ],
)
def test_words_and_shapes_choose_the_tool(text: str, name: str) -> None:
    found = chosen_tool(asking(text))
    assert (found.name if found else "") == name


@pytest.mark.parametrize(("choice", "name"), [("web_fetch", "web_fetch"), ("required", "get_weather")])
def test_a_demanded_tool_is_chosen_whatever_the_words(choice: str, name: str) -> None:
    found = chosen_tool(asking("Good morning", tool_choice=choice))
    assert found is not None
    assert found.name == name


async def test_the_model_fills_in_the_arguments_under_a_grammar(models: Models, server: ScriptedServer) -> None:
    server.on(reply='{"city": "Oslo"}')
    deltas: list[Delta] = []
    reply = await models.complete(asking("What is the weather in Oslo?"), on_delta=deltas.append)
    (call,) = reply.tool_calls
    assert (call.name, call.arguments, reply.text) == ("get_weather", {"city": "Oslo"}, "")
    assert reply.finish_reason == "tool_calls"
    assert deltas == [ToolCallDelta(0, call.id, "get_weather", '{"city": "Oslo"}')]
    sent = server.requests[0].body
    assert sent["response_format"]["json_schema"]["schema"] == TOOLS[0].schema
    assert sent["messages"][-1]["content"] == "Fields: city\nRequest: What is the weather in Oslo?"
    assert "tools" not in sent


async def test_arguments_that_went_wrong_are_a_call_all_the_same(models: Models, server: ScriptedServer) -> None:
    server.on(reply='{"city": "Os', finish="length")
    (call,) = (await models.complete(asking("What is the weather in Oslo?"))).tool_calls
    assert (call.raw, call.arguments) == ('{"city": "Os', {})
    assert "not valid JSON" in call.error


async def test_it_answers_from_the_results_in_words(models: Models, server: ScriptedServer) -> None:
    results = Message("tool", [ToolResult("call_1", "14 degrees, rain")])
    told: list[str] = []
    request = asking("What is the weather in Oslo?", Message("assistant", [OSLO]), results)
    reply = await models.complete(request, told.append)
    assert reply.tool_calls == ()
    assert reply.text == "".join(told)
    sent = server.requests[0].body
    assert "tools" not in sent
    assert sent["messages"][-1]["content"] == (
        "What is the weather in Oslo?\n\nResult of get_weather: 14 degrees, rain\n\nAnswer with this result."
    )


async def test_without_a_fitting_tool_it_just_answers(models: Models, server: ScriptedServer) -> None:
    server.on(reply="Shakespeare.")
    assert (await models.complete(asking("Who wrote Hamlet?"))).text == "Shakespeare."
    assert "response_format" not in server.requests[0].body


async def test_other_local_models_get_the_tools_themselves(models: Models, server: ScriptedServer) -> None:
    server.on(tool_calls=[OSLO])
    reply = await models.complete(asking("What is the weather in Oslo?", model="local:qwen3-8b"))
    assert reply.tool_calls == (OSLO.read("call_1", "get_weather", orjson.dumps({"city": "Oslo"}).decode()),)
    assert server.requests[0].tools == [spec.name for spec in TOOLS]


def test_the_small_model_is_kept_from_talking_without_end() -> None:
    asked = asking("Good morning.", tools=(), max_tokens=4000)
    plain = plain_request(asked)
    assert (plain.max_tokens, plain.frequency_penalty) == (BUNDLED_OUTPUT, AGAINST_LOOPS)
    told = replace(asked, messages=(*asked.messages, Message("tool", [ToolResult("call_0", "14 degrees")])))
    assert (plain_request(told).temperature, plain_request(told).frequency_penalty) == (0.0, asked.frequency_penalty)
    assert plain_request(replace(asked, frequency_penalty=1.5)).frequency_penalty == 1.5
