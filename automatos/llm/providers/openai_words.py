"""A request in OpenAI's words: messages, tools and settings of Chat Completions."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from automatos.llm.families import OPENAI_THINKERS, OPENAI_UNTHINKING
from automatos.llm.parts import Image, Json, ProviderBlock, Text, ToolCall, ToolResult
from automatos.llm.providers.refusals import JSON_MODE, SCHEMA, UNTHINKING_TOOLS
from automatos.llm.text import clean
from automatos.llm.types import Message, ModelRequest, ToolSpec

SAMPLING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
WIRE_NAMES = {"effort": "reasoning_effort"}
FIELDS = {wire: name for name, wire in WIRE_NAMES.items()} | {SCHEMA: "response_schema", JSON_MODE: "response_schema"}
# What goes back to the server with the calls it led to; thinking in tags never does.
GIVEN_BACK = ("reasoning_content", "reasoning", "reasoning_details")
# What the vendor cannot enforce while it writes an answer.
# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
UNENFORCED = frozenset({
    "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
    "default", "unevaluatedProperties", "propertyNames", "contains", "prefixItems",
})  # fmt: skip
NAMED_SCHEMAS = ("properties", "$defs", "definitions")


def wire_settings(model: str, request: ModelRequest) -> Json:
    """Everything of a request but its messages."""
    taken = {name for name in SAMPLING if name not in untaken_by(model, request, ())}
    # The older name is the one that other servers know.
    body: Json = {"max_completion_tokens" if OPENAI_THINKERS.match(model) else "max_tokens": request.max_tokens}
    for name in SAMPLING:
        value = getattr(request, name)
        if value is not None and name in taken:
            body[name] = value
    effort = effort_of(model, request)
    if effort:
        body["reasoning_effort"] = effort
    if request.tools:
        body |= _tool_settings(request)
    if request.response_schema is not None:
        body["response_format"] = response_format(request.response_schema)
    return body


def untaken_by(model: str, request: ModelRequest, refused: Iterable[str]) -> list[str]:
    """Fields this model does not take. refused: what its vendor has turned down before, by the wire's names."""
    # The limit is sent under its other name then.
    untaken = [FIELDS.get(name, name) for name in refused if name != "max_tokens"]
    if UNTHINKING_TOOLS in untaken and request.tools:
        untaken += (["thinking"] if request.thinking else []) + (["effort"] if request.effort != "none" else [])
    if OPENAI_THINKERS.match(model):
        # While it thinks, such a model samples in its own way.
        return untaken if effort_of(model, request) == "none" else [*SAMPLING, *untaken]
    untaken.append("thinking")
    return [*untaken, "effort"] if OPENAI_UNTHINKING.match(model) else untaken


def effort_of(model: str, request: ModelRequest) -> str:
    if OPENAI_UNTHINKING.match(model):
        return ""
    if not request.effort and request.thinking is False and OPENAI_THINKERS.match(model):
        return "none"
    return request.effort


def _tool_settings(request: ModelRequest) -> Json:
    settings: Json = {"tools": [_tool(tool) for tool in request.tools]}
    if request.tool_choice in ("none", "required"):
        settings["tool_choice"] = request.tool_choice
    elif request.tool_choice != "auto":
        settings["tool_choice"] = {"type": "function", "function": {"name": request.tool_choice}}
    if not request.parallel_tool_calls:
        settings["parallel_tool_calls"] = False
    return settings


def _tool(tool: ToolSpec) -> Json:
    function = {"name": tool.name, "description": clean(tool.description), "parameters": tool.schema}
    return {"type": "function", "function": function}


def messages(turns: Sequence[Message], made_by: str) -> list[Json]:
    """The turns; each result of a tool is a message of its own. Blocks not made by `provider:model` are left out."""
    found: list[Json] = []
    for turn in turns:
        if turn.role == "tool":
            found += [
                {"role": "tool", "tool_call_id": result.call_id, "content": result_text(result)}
                for result in turn.tool_results
            ]
        elif turn.role == "assistant" and turn.tool_calls:
            found.append(_calling(turn, made_by))
        else:
            found.append({"role": turn.role, "content": _content(turn)})
    return found


def result_text(result: ToolResult) -> str:
    """This wire has no sign for a result that is an error; so the text says it."""
    text = clean(result.content)
    return f"Error: {text}" if result.is_error and not text.lower().startswith("error") else text


def _content(turn: Message) -> str | list[Json]:
    if not turn.images:
        return clean(turn.content)
    content: list[Json] = []
    for part in turn.parts:
        if isinstance(part, Text):
            content.append({"type": "text", "text": clean(part.text)})
        elif isinstance(part, Image):
            content.append({"type": "image_url", "image_url": {"url": data_url(part)}})
    return content


def data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{image.base64}"


def _calling(turn: Message, made_by: str) -> Json:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments(call)}}
        for call in turn.tool_calls
    ]
    message: Json = {"role": "assistant", "content": clean(turn.content) or None, "tool_calls": calls}
    for part in turn.parts:
        if isinstance(part, ProviderBlock) and part.model == made_by:
            message |= {name: part.data[name] for name in GIVEN_BACK if part.data.get(name)}
            extras = part.data.get("calls") or {}
            message["tool_calls"] = [{**call, **extras.get(call["id"], {})} for call in calls]
    return message


def arguments(call: ToolCall) -> str:
    """The arguments as the model wrote them; wrong ones inside an object, since several servers read them as JSON."""
    return orjson.dumps(call.readable).decode() if call.error else clean(call.text)


def response_format(schema: Json) -> Json:
    """Strict where the vendor can enforce the schema."""
    return {"type": "json_schema", "json_schema": named_schema(schema)}


def named_schema(schema: Json) -> Json:
    """The schema with what the vendor wants beside it."""
    strict = schema.get("type") == "object" and _is_strict(schema)
    return {"name": "answer", "schema": schema, "strict": strict}


def _is_strict(schema: Any) -> bool:
    """Every object closed, every property required, and nothing the vendor does not enforce."""
    if isinstance(schema, list):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties") or {}
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False or set(schema.get("required") or ()) != set(properties)
    ):
        return False
    if UNENFORCED & schema.keys():
        return False
    named = [part for name in NAMED_SCHEMAS for part in (schema.get(name) or {}).values()]
    return _is_strict(named) and _is_strict([schema.get("items"), schema.get("anyOf")])
