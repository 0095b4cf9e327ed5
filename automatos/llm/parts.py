"""What a message is made of: text, images, calls of tools, their results, and blocks only their vendor understands."""

import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from automatos.llm.text import clean, clean_value

Json = dict[str, Any]
# Where servers of OpenAI's wire put thinking; the last one stands for tags in the text, which never goes back.
THOUGHTS = ("reasoning_content", "reasoning", "think")
# What orjson reads and nothing can store: NUL characters, and numbers too large for a float.
ODD = re.compile(r"\\u0000|[eE]\+?\d{3}")


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str

    def to_json(self) -> Json:
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class Image:
    """A picture for models that see. media_type: such as image/png."""

    data: bytes
    media_type: str

    @property
    def base64(self) -> str:
        return b64encode(self.data).decode()

    def to_json(self) -> Json:
        return {"type": "image", "media_type": self.media_type, "data": self.base64}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for.

    arguments: what the tool is to be called with; empty when the model wrote no JSON object. error: then says why, in
    words to tell the model. raw: the arguments exactly as the model wrote them; they go back to it unchanged.
    """

    id: str
    name: str
    arguments: Json
    raw: str = ""
    error: str = ""

    @classmethod
    def read(cls, id: str, name: str, raw: str) -> "ToolCall":
        """A call from the text of its arguments. No text at all means no arguments; nothing raises."""
        arguments, error = read_arguments(raw)
        return cls(id, name, arguments, raw, error)

    @property
    def text(self) -> str:
        """The arguments as text."""
        return self.raw or orjson.dumps(self.arguments).decode()

    @property
    def readable(self) -> Json:
        """The arguments; wrong ones as they were written, so that the model can see its mistake."""
        return {"malformed_arguments": self.raw} if self.error else self.arguments

    def to_json(self) -> Json:
        return {"type": "tool_call", "id": self.id, "name": self.name, "arguments": self.text}


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call came to. is_error: the content tells what went wrong."""

    call_id: str
    content: str
    is_error: bool = False

    def to_json(self) -> Json:
        return {"type": "tool_result", "call_id": self.call_id, "content": self.content, "is_error": self.is_error}


@dataclass(frozen=True, slots=True)
class ProviderBlock:
    """Part of an answer that goes back unchanged, such as signed thinking: to the model that made it, and to no other.

    model: `provider:model`.
    """

    model: str
    data: Json

    @property
    def thinking(self) -> str:
        """The thinking in it that people can read, perhaps empty."""
        data = self.data
        if data.get("type") == "reasoning":
            return "\n\n".join(part.get("text") or "" for part in data.get("summary") or ())
        found = [data[name] for name in ("thinking", *THOUGHTS) if isinstance(data.get(name), str) and data[name]]
        if not found:
            details = data.get("reasoning_details")
            rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
            found = [str(row.get("text") or row.get("summary") or "") for row in rows]
        return "\n\n".join(part for part in found if part)

    def to_json(self) -> Json:
        return {"type": "provider_block", "model": self.model, "data": self.data}


Part = Text | Image | ToolCall | ToolResult | ProviderBlock


def part_from_json(value: Json) -> Part:
    """The inverse of every to_json() here. Raises ValueError for a type it does not know."""
    match value["type"]:
        case "text":
            return Text(value["text"])
        case "image":
            return Image(b64decode(value["data"]), value["media_type"])
        case "tool_call":
            return ToolCall.read(value["id"], value["name"], value["arguments"])
        case "tool_result":
            return ToolResult(value["call_id"], value["content"], value["is_error"])
        case "provider_block":
            return ProviderBlock(value["model"], value["data"])
    raise ValueError(f"There is no part of type {value['type']!r}.")


def read_arguments(raw: str) -> tuple[Json, str]:
    """(the arguments, empty) or (nothing, what is wrong with the text)."""
    if not raw.strip():
        return {}, ""
    try:
        value = orjson.loads(raw)
        if ODD.search(raw):
            value = clean_value(json.loads(raw, parse_float=_finite))
    except ValueError:
        # orjson is strict about lone surrogates and numbers out of range; worth a second look.
        try:
            value = clean_value(json.loads(raw, parse_float=_finite, parse_constant=_finite))
        except (ValueError, RecursionError) as error:
            return {}, f"The arguments are not valid JSON: {clean(str(error))}."
    if isinstance(value, str) and value.lstrip().startswith("{"):
        # Some servers write the text of the arguments as a text once more.
        return read_arguments(value)
    if not isinstance(value, dict):
        return {}, "The arguments are not a JSON object."
    return value, ""


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is not a number JSON knows")
    return number
