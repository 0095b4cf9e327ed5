"""What a vendor turns down and can be left out is left out at once, and told."""

from typing import Any

import pytest

from automatos.llm.errors import ModelRefused, ModelRejected
from automatos.llm.parts import ProviderBlock, ToolCall, ToolResult
from automatos.llm.registry import Models
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import MODELS
from automatos.llm.types import Message, ModelRequest, ToolSpec

TOOL = ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {}})
CALL = ToolCall("call_1", "weather", {})
BLOCKS: dict[str, dict[str, Any]] = {
    "anthropic": {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
    "responses": {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2ln"},
}
FOREIGN = {
    "anthropic": "messages.1.content.0: `thinking` blocks cannot be used in this conversation.",
    "responses": "The encrypted content for item rs_1 could not be verified.",
}


def talk(provider: str, made_by: str) -> ModelRequest:
    block = ProviderBlock(made_by, BLOCKS[provider])
    turns = (
        Message("user", "Oslo?"),
        Message("assistant", [block, CALL]),
        Message("tool", [ToolResult("call_1", "rain")]),
    )
    return ModelRequest(MODELS[provider], turns, tools=(TOOL,), timeout=10.0)


@pytest.mark.parametrize("provider", ["anthropic", "responses"])
async def test_thinking_the_vendor_no_longer_knows_is_left_out(
    models: Models, server: ScriptedServer, provider: str
) -> None:
    server.on(status=400, error=FOREIGN[provider], times=1)
    server.on(reply="Rain.")
    assert (await models.complete(talk(provider, MODELS[provider]))).text == "Rain."
    assert [len(request.thinking) for request in server.requests] == [1, 0]
    assert server.requests[1].tool_results[0].content == "rain"


@pytest.mark.parametrize("provider", ["anthropic", "responses"])
async def test_it_is_tried_again_only_once(models: Models, server: ScriptedServer, provider: str) -> None:
    server.on(status=400, error=FOREIGN[provider])
    with pytest.raises(ModelRejected):
        await models.complete(talk(provider, MODELS[provider]))
    assert server.count() == 2


@pytest.mark.parametrize("provider", ["anthropic", "responses"])
async def test_another_models_thinking_is_never_sent(models: Models, server: ScriptedServer, provider: str) -> None:
    await models.complete(talk(provider, MODELS[provider] + "-older"))
    assert server.requests[0].thinking == []


async def test_an_effort_the_model_does_not_know_is_left_out_and_others_are_not(
    models: Models, server: ScriptedServer
) -> None:
    server.on(status=400, error_code="unsupported_value", error_param="reasoning.effort", times=1)
    replies = [
        await models.complete(ModelRequest("openai:gpt-6.1-sol", (Message("user", "hi"),), effort=effort))
        for effort in ("none", "none", "high")
    ]
    efforts = [(request.body.get("reasoning") or {}).get("effort") for request in server.requests]
    assert efforts == ["none", None, None, "high"]
    assert [reply.ignored_parameters for reply in replies] == [("effort",), ("effort",), ()]


async def test_a_server_without_responses_is_asked_by_chat(models: Models, server: ScriptedServer) -> None:
    server.on(decide=lambda request: {"status": 404} if request.wire == "responses" else None)
    request = ModelRequest("openai:gpt-5.2", (Message("user", "hi"),), timeout=10.0)
    assert (await models.complete(request)).text
    assert (await models.complete(request)).text
    assert [seen.wire for seen in server.requests] == ["responses", "openai", "openai"]


async def test_thinkers_that_call_tools_by_chat_only_without_thinking_do_so(
    models: Models, server: ScriptedServer
) -> None:
    server.on(decide=lambda request: {"status": 404} if request.wire == "responses" else None)
    request = ModelRequest("openai:gpt-5.5", (Message("user", "hi"),), tools=(TOOL,), effort="high", timeout=10.0)
    reply = await models.complete(request)
    assert server.requests[-1].body["reasoning_effort"] == "none"
    assert "effort" in reply.ignored_parameters


@pytest.mark.parametrize("provider", ["openai", "responses"])
async def test_a_prompt_against_the_vendors_policy_is_a_refusal(
    models: Models, server: ScriptedServer, provider: str
) -> None:
    server.on(status=400, error="Your prompt was flagged.", error_code="invalid_prompt")
    with pytest.raises(ModelRefused, match="declined to answer: Your prompt was flagged"):
        await models.complete(ModelRequest(MODELS[provider], (Message("user", "hi"),)))
