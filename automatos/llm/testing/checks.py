"""What the real vendors refuse, refused by the scripted server too, so that a test cannot pass with a wrong request."""

import re
from collections.abc import Iterator
from typing import Any

from automatos.llm.families import CLAUDE_ALWAYS_THINKING
from automatos.llm.testing.requests import Recorded, turns

# Thinkers that turn tools away on Chat Completions.
RESPONSES_ONLY = re.compile(r"^gpt-(5\.[4-9]|[6-9])")
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


def objection(request: Recorded) -> str:
    """What the vendor would say against this request, or nothing."""
    check = _anthropic if request.wire == "anthropic" else _openai
    return next(check(request), "") or next(_tools(request), "")


def _tools(request: Recorded) -> Iterator[str]:
    for name in request.tools:
        if not NAME.match(name):
            yield f"tools: the name {name!r} does not match {NAME.pattern}"
    if request.body.get("tool_choice") and not request.tools:
        yield "tool_choice is only allowed when tools are specified."


def _anthropic(request: Recorded) -> Iterator[str]:
    body = request.body
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            yield f"{name}: Extra inputs are not permitted"
    choice = (body.get("tool_choice") or {}).get("type", "auto")
    thinking = (body.get("thinking") or {}).get("type", "")
    forced = choice in ("any", "tool")
    if CLAUDE_ALWAYS_THINKING.match(request.model) and forced:
        yield f'tool_choice: "{choice}" is not supported for this model.'
    if CLAUDE_ALWAYS_THINKING.match(request.model) and thinking in ("disabled", "enabled"):
        yield f'"thinking.type.{thinking}" is not supported for this model.'
    if forced and thinking in ("enabled", "adaptive"):
        yield "Thinking may not be enabled when tool_choice forces tool use."
    if thinking == "enabled" and body["thinking"]["budget_tokens"] >= body["max_tokens"]:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    yield from _anthropic_turns(turns(body))


def _anthropic_turns(messages: list[Any]) -> Iterator[str]:
    open_ids: list[str] = []
    for message in messages:
        blocks = message["content"] if isinstance(message["content"], list) else []
        if not message["content"]:
            yield "messages: all messages must have non-empty content."
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if open_ids and sorted(answered) != sorted(open_ids):
            yield f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(open_ids)}."
        if answered and not open_ids:
            yield "unexpected `tool_use_id` found in `tool_result` blocks."
        if answered and [block["type"] for block in blocks[: len(answered)]] != ["tool_result"] * len(answered):
            yield "tool_result blocks must come first."
        open_ids = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if any(block["type"] == "thinking" and not block.get("signature") for block in blocks):
            yield "Invalid `signature` in `thinking` block"


def _openai(request: Recorded) -> Iterator[str]:
    called = [call.id for call in request.tool_calls]
    answered = [result.call_id for result in request.tool_results]
    missing = [id for id in called if id not in answered]
    if missing and request.wire == "openai":
        yield (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following did not have response messages: {', '.join(missing)}"
        )
    if missing:
        yield f"No tool output found for function call {missing[0]}."
    if strange := [id for id in answered if id not in called]:
        yield f"No tool call found for the output of {strange[0]}."
    thinks = RESPONSES_ONLY.match(request.model) and request.body.get("reasoning_effort") != "none"
    if request.wire == "openai" and request.tools and thinks:
        yield (
            f"Function tools with reasoning_effort are not supported for {request.model} in "
            "/v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        )
    if request.wire == "responses":
        yield from _reasoning(turns(request.body))


def _reasoning(items: list[Any]) -> Iterator[str]:
    for item, following in zip(items, [*items[1:], {}], strict=True):
        followed = following.get("type") in ("function_call", "reasoning") or following.get("role") == "assistant"
        if item.get("type") == "reasoning" and not followed:
            yield f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
