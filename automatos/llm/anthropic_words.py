"""A request in Anthropic's words: system text, turns of blocks, tools and settings of Messages."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from anthropic import transform_schema

from automatos.llm.parts import Image, Json, Part, ProviderBlock, Text, ToolCall, ToolResult
from automatos.llm.text import clean
from automatos.llm.types import Message, ModelRequest

# This vendor no longer takes these.
SAMPLING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
# Models before these think within a budget of tokens and know no effort; the later ones decide for themselves.
BUDGETED = re.compile(r"^claude-(\d|instant|((opus|sonnet|haiku)-4-([015](-|$)|\d{8})))")
LEAST_BUDGET = 1024
EFFORTS = {"minimal": "low"}
ID = re.compile(r"[^a-zA-Z0-9_-]")


def wire_settings(model: str, request: ModelRequest) -> Json:
    """Everything of a request but its messages."""
    left_out = untaken_by(model, request)
    body: Json = {"max_tokens": request.max_tokens}
    output: Json = {}
    if request.response_schema is not None:
        output["format"] = {"type": "json_schema", "schema": schema_taken(request.response_schema)}
    if request.effort not in ("", "none") and "effort" not in left_out:
        output["effort"] = EFFORTS.get(request.effort, request.effort)
    if output:
        body["output_config"] = output
    if request.thinking is False or request.effort == "none":
        body["thinking"] = {"type": "disabled"}
    elif request.thinking and "thinking" not in left_out:
        body["thinking"] = _thinking(model, request.max_tokens)
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": clean(tool.description), "input_schema": tool.schema}
            for tool in request.tools
        ]
        if choice := _tool_choice(request):
            body["tool_choice"] = choice
    if request.cache_prompt:
        body["cache_control"] = {"type": "ephemeral"}
    return body


def untaken_by(model: str, request: ModelRequest) -> list[str]:
    """Fields that are left out if they were set: some no model takes, some not together with others."""
    left_out = [*SAMPLING]
    budgeted = BUDGETED.match(model)
    if budgeted and request.effort != "none":
        left_out.append("effort")
    must_call = bool(request.tools) and request.tool_choice not in ("auto", "none")
    no_room = budgeted and request.max_tokens <= LEAST_BUDGET
    if request.thinking and (must_call or no_room):
        left_out.append("thinking")
    return left_out


def _thinking(model: str, max_tokens: int) -> Json:
    if BUDGETED.match(model):
        return {"type": "enabled", "budget_tokens": max(LEAST_BUDGET, max_tokens // 2)}
    return {"type": "adaptive", "display": "summarized"}


def _tool_choice(request: ModelRequest) -> Json:
    kinds = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}
    choice: Json = dict(kinds.get(request.tool_choice) or {"type": "tool", "name": request.tool_choice})
    if not request.parallel_tool_calls and request.tool_choice != "none":
        choice["disable_parallel_tool_use"] = True
    return {} if choice == kinds["auto"] else choice


def schema_taken(schema: Json) -> Json:
    """The schema with objects closed, and what the vendor does not enforce moved into descriptions."""
    try:
        return transform_schema(schema)
    except (ValueError, AttributeError, TypeError):
        # A schema the SDK cannot read goes out as it is; the vendor says what is wrong with it.
        return schema


def system_text(turns: Iterable[Message]) -> str:
    return "\n\n".join(clean(turn.content) for turn in turns if turn.role == "system")


def messages(turns: Sequence[Message], provider: str) -> list[Json]:
    """Turns of user and assistant. Results of tools are the user's; what follows them joins them in one turn."""
    found: list[Json] = []
    for turn in turns:
        if turn.role == "system":
            continue
        role = "assistant" if turn.role == "assistant" else "user"
        content = _content(turn, provider)
        if not content:
            # An empty text is refused by the vendor, and says nothing.
            continue
        if found and found[-1]["role"] == role:
            found[-1]["content"] = _blocks(found[-1]["content"]) + _blocks(content)
        else:
            found.append({"role": role, "content": content})
    return found


def _content(turn: Message, provider: str) -> str | list[Json]:
    if all(isinstance(part, Text) for part in turn.parts):
        return clean(turn.content)
    blocks = (_block(part, provider) for part in turn.parts)
    return [block for block in blocks if block]


def _blocks(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _block(part: Part, provider: str) -> Json | None:
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
            return part.data if part.provider == provider else None


def _id(id: str) -> str:
    """Calls of other vendors' models may have ids this one does not take."""
    return ID.sub("_", id)


def stop_words(source: dict[str, Any]) -> tuple[str, str]:
    """(why the answer ended, the explanation of a refusal), each perhaps empty."""
    reason = source.get("stop_reason") or ""
    explanation = (source.get("stop_details") or {}).get("explanation") or ""
    return str(reason), str(explanation) if reason == "refusal" else ""
