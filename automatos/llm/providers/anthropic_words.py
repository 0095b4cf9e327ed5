"""A request in Anthropic's words: system text, turns of blocks, tools and settings of Messages."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from anthropic import transform_schema

from automatos.llm.families import (
    CLAUDE_ALWAYS_THINKING,
    CLAUDE_BETWEEN_TOOLS,
    CLAUDE_BUDGETED,
    CLAUDE_THINKERS,
)
from automatos.llm.parts import Image, Json, Part, ProviderBlock, Text, ToolCall, ToolResult
from automatos.llm.text import clean
from automatos.llm.types import Message, ModelRequest

# This vendor no longer takes these.
SAMPLING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
LEAST_BUDGET = 1024
EFFORTS = {"minimal": "low"}
ID = re.compile(r"[^a-zA-Z0-9_-]")


def wire_settings(model: str, request: ModelRequest) -> Json:
    """Everything of a request but its messages."""
    body: Json = {"max_tokens": request.max_tokens}
    output: Json = {}
    if request.response_schema is not None:
        output["format"] = {"type": "json_schema", "schema": schema_taken(request.response_schema)}
    if effort := _effort(model, request):
        output["effort"] = effort
    if output:
        body["output_config"] = output
    if thinking := _thinking(model, request):
        body["thinking"] = thinking
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": clean(tool.description), "input_schema": tool.schema}
            for tool in request.tools
        ]
        if choice := _tool_choice(model, request):
            body["tool_choice"] = choice
    if request.cache_prompt:
        body["cache_control"] = {"type": "ephemeral"}
    return body


def untaken_by(model: str, request: ModelRequest) -> list[str]:
    """Fields that are left out if they were set: some no model takes, some not this one, some not together."""
    left_out = [*SAMPLING]
    if request.effort and not (_unthinking(model) if request.effort == "none" else _effort(model, request)):
        left_out.append("effort")
    if request.thinking and not _thinking(model, request):
        left_out.append("thinking")
    if request.thinking is False and not _unthinking(model):
        left_out.append("thinking")
    if _must_call(request) and CLAUDE_ALWAYS_THINKING.match(model):
        left_out.append("tool_choice")
    return left_out


def _effort(model: str, request: ModelRequest) -> str:
    if CLAUDE_BUDGETED.match(model):
        return ""
    if request.effort == "none":
        return "low" if CLAUDE_ALWAYS_THINKING.match(model) else ""
    return EFFORTS.get(request.effort, request.effort)


def _unthinking(model: str) -> Json:
    """How to ask this model not to think; empty where it cannot be asked."""
    if CLAUDE_ALWAYS_THINKING.match(model):
        return {}
    return {"type": "between_tools" if CLAUDE_BETWEEN_TOOLS.match(model) else "disabled"}


def _thinking(model: str, request: ModelRequest) -> Json:
    if request.thinking is False or request.effort == "none":
        return _unthinking(model)
    if _must_call(request):
        # Thinking and being made to call a tool exclude each other.
        return {}
    if CLAUDE_BUDGETED.match(model):
        room = request.max_tokens > LEAST_BUDGET and not _calls_without_thinking(request)
        budget = max(LEAST_BUDGET, request.max_tokens // 2)
        return {"type": "enabled", "budget_tokens": budget} if request.thinking and room else {}
    if request.thinking or (request.tools and CLAUDE_THINKERS.match(model)):
        # What such a model says between calls is part of its thinking, and empty unless asked for.
        return {"type": "adaptive", "display": "summarized"}
    return {}


def _calls_without_thinking(request: ModelRequest) -> bool:
    """Whether the calls being answered were made by another model: a budget would demand their thinking."""
    last = next((turn for turn in reversed(request.messages) if turn.role in ("user", "assistant")), None)
    if last is None or not last.tool_calls:
        return False
    return not any(isinstance(part, ProviderBlock) and part.model == request.model for part in last.parts)


def _must_call(request: ModelRequest) -> bool:
    return bool(request.tools) and request.tool_choice not in ("auto", "none")


def _tool_choice(model: str, request: ModelRequest) -> Json:
    auto: Json = {"type": "auto"}
    choice = auto
    if request.tool_choice == "none":
        return {"type": "none"}
    if _must_call(request) and not CLAUDE_ALWAYS_THINKING.match(model):
        required = request.tool_choice == "required"
        choice = {"type": "any"} if required else {"type": "tool", "name": request.tool_choice}
    if not request.parallel_tool_calls:
        return {**choice, "disable_parallel_tool_use": True}
    return {} if choice is auto else choice


def schema_taken(schema: Json) -> Json:
    """The schema with objects closed, and what the vendor does not enforce moved into descriptions."""
    try:
        return transform_schema(schema)
    except (ValueError, AttributeError, TypeError):
        # A schema the SDK cannot read goes out as it is; the vendor says what is wrong with it.
        return schema


def system_text(turns: Iterable[Message]) -> str:
    return "\n\n".join(clean(turn.content) for turn in turns if turn.role == "system")


def messages(turns: Sequence[Message], made_by: str) -> list[Json]:
    """Turns of user and assistant. Results of tools are the user's; what follows them joins them in one turn.

    Blocks not made by `provider:model` are left out.
    """
    found: list[Json] = []
    for turn in turns:
        if turn.role == "system":
            continue
        role = "assistant" if turn.role == "assistant" else "user"
        content = _content(turn, made_by)
        if not content:
            # An empty text is refused by the vendor, and says nothing.
            continue
        if found and found[-1]["role"] == role:
            found[-1]["content"] = _blocks(found[-1]["content"]) + _blocks(content)
        else:
            found.append({"role": role, "content": content})
    return found


def _content(turn: Message, made_by: str) -> str | list[Json]:
    if all(isinstance(part, Text) for part in turn.parts):
        return clean(turn.content)
    blocks = (_block(part, made_by) for part in turn.parts)
    return [block for block in blocks if block]


def _blocks(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _block(part: Part, made_by: str) -> Json | None:
    """A part in the vendor's words, or None for one that has nothing to say to it."""
    match part:
        case Text(text):
            return {"type": "text", "text": clean(text)} if text else None
        case Image():
            source = {"type": "base64", "media_type": part.media_type, "data": part.base64}
            return {"type": "image", "source": source}
        case ToolCall():
            return {"type": "tool_use", "id": _id(part.id), "name": part.name, "input": part.readable}
        case ToolResult():
            block: Json = {"type": "tool_result", "tool_use_id": _id(part.call_id), "content": clean(part.content)}
            return block | {"is_error": True} if part.is_error else block
        case ProviderBlock():
            return part.data if part.model == made_by else None


def _id(id: str) -> str:
    """Calls of other vendors' models may have ids this one does not take."""
    return ID.sub("_", id)


def stop_words(source: dict[str, Any]) -> tuple[str, str]:
    """(why the answer ended, the explanation of a refusal), each perhaps empty."""
    reason = source.get("stop_reason") or ""
    explanation = (source.get("stop_details") or {}).get("explanation") or ""
    return str(reason), str(explanation) if reason == "refusal" else ""


def without_thinking(turns: list[Json]) -> bool:
    """Take thinking out of the turns; whether there was any."""
    found = False
    for turn in turns:
        if isinstance(turn["content"], list):
            kept = [block for block in turn["content"] if block["type"] not in ("thinking", "redacted_thinking")]
            found = found or len(kept) < len(turn["content"])
            turn["content"] = kept or [{"type": "text", "text": "…"}]
    return found
