"""What is said of models agrees with what the adapters send for them."""

from typing import Any

import pytest

from automatos.llm.capabilities import SAMPLING, Capabilities, capabilities
from automatos.llm.registry import OFFERED, Models
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.types import Message, ModelRequest, ToolSpec

VENDORS = [(provider, model) for provider, models in OFFERED.items() for model in models]
TOOL = ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {}})
ALL = dict.fromkeys(SAMPLING, 0.5)


async def ignored(models: Models, provider: str, model: str, **settings: Any) -> set[str]:
    request = ModelRequest(f"{provider}:{model}", (Message("user", "hello"),), timeout=10.0, **settings)
    return set((await models.complete(request)).ignored_parameters)


@pytest.mark.parametrize(("provider", "model"), VENDORS)
def test_everything_offered_is_known(provider: str, model: str) -> None:
    can = capabilities(provider, model)
    assert can.context_window
    assert can.max_output
    assert None not in (can.tools, can.forced_tools, can.vision, can.json_schema, can.thinking)


@pytest.mark.parametrize(("provider", "model"), VENDORS)
async def test_parameters_said_to_be_taken_are_sent(
    models: Models, server: ScriptedServer, provider: str, model: str
) -> None:
    left_out = await ignored(models, provider, model, **ALL)
    assert left_out == set(SAMPLING) - set(capabilities(provider, model).parameters)


@pytest.mark.parametrize(("provider", "model"), VENDORS)
async def test_efforts_said_to_be_taken_are_sent(
    models: Models, server: ScriptedServer, provider: str, model: str
) -> None:
    efforts = capabilities(provider, model).efforts
    for effort in efforts:
        assert not await ignored(models, provider, model, effort=effort)
        assert f"'effort': '{effort}'" in str(server.requests[-1].body)
    if not efforts:
        assert await ignored(models, provider, model, effort="high") == {"effort"}


@pytest.mark.parametrize(("provider", "model"), VENDORS)
async def test_calls_are_demanded_where_that_works(
    models: Models, server: ScriptedServer, provider: str, model: str
) -> None:
    left_out = await ignored(models, provider, model, tools=(TOOL,), tool_choice="required")
    assert left_out == (set() if capabilities(provider, model).forced_tools else {"tool_choice"})


@pytest.mark.parametrize(
    ("model", "chosen", "sent", "left_out"),
    [
        ("claude-opus-5-5", {"thinking": True}, {"type": "adaptive", "display": "summarized"}, set()),
        ("claude-opus-5-5", {"thinking": False}, None, {"thinking"}),
        ("claude-opus-5-5", {"effort": "none"}, None, {"effort"}),
        ("claude-sonnet-5-5", {"thinking": False}, {"type": "between_tools"}, set()),
        ("claude-haiku-5-5", {"effort": "none"}, {"type": "disabled"}, set()),
        ("claude-haiku-4-5", {"thinking": True}, {"type": "enabled", "budget_tokens": 1024}, set()),
        ("claude-haiku-4-5", {"thinking": True, "max_tokens": 500}, None, {"thinking"}),
        ("claude-haiku-5-5", {"tools": (TOOL,)}, {"type": "adaptive", "display": "summarized"}, set()),
        ("claude-haiku-5-5", {"thinking": True, "tools": (TOOL,), "tool_choice": "required"}, None, {"thinking"}),
    ],
)
async def test_claude_thinks_as_its_generation_does(
    models: Models, server: ScriptedServer, model: str, chosen: Any, sent: Any, left_out: set[str]
) -> None:
    assert await ignored(models, "anthropic", model, **chosen) == left_out
    assert server.requests[0].body.get("thinking") == sent


def test_models_of_other_servers_are_not_judged() -> None:
    unknown = Capabilities(None, None, None, None, None, None, None, (), SAMPLING)
    assert capabilities("openai", "my-own-model") == unknown
    assert capabilities("local", "qwen3-8b") == unknown


def test_the_small_model_is_described_as_it_is() -> None:
    can = capabilities("local", "smollm2-135m-instruct")
    assert (can.context_window, can.tools, can.vision, can.thinking) == (4096, True, False, False)
