"""What goes to a model and what comes back, the same for every vendor.

Requests and replies turn into plain JSON and back (`to_json`, `from_json`), so that a journal can keep them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Literal

from automatos.llm.parts import Image, Json, Part, ProviderBlock, Text, ToolCall, ToolResult, part_from_json
from automatos.llm.text import clean_value

Role = Literal["system", "user", "assistant", "tool"]
# OpenAI's words, and three more that only a reply kept by an error has: refusal (the model declined), content_filter
# (the vendor's filter broke the answer off), cut (the answer never came to its end).
FinishReason = Literal["stop", "length", "tool_calls", "refusal", "content_filter", "cut"]
Effort = Literal["", "none", "minimal", "low", "medium", "high", "xhigh", "max"]
# Called with each piece of text as it arrives, in order.
OnText = Callable[[str], None]
# The version of the JSON below; readers keep reading older ones.
JSON_VERSION = 1


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call. schema: the JSON Schema object of its arguments."""

    name: str
    description: str
    schema: Json

    def to_json(self) -> Json:
        return {"name": self.name, "description": self.description, "schema": self.schema}


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """One turn: a role and its parts. Plain text may be given instead of parts.

    Calls of tools belong to role `assistant`, all results of one turn to one message of role `tool`.
    """

    role: Role
    parts: tuple[Part, ...]

    def __init__(self, role: Role, content: str | Iterable[Part]) -> None:
        if isinstance(content, str):
            content = (Text(content),) if content else ()
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "parts", tuple(content))

    @property
    def content(self) -> str:
        """The text in it; of a message of results, theirs, one below the other."""
        if self.role == "tool":
            return "\n".join(result.content for result in self.tool_results)
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolResult))

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, Image))

    def to_json(self) -> Json:
        return {"role": self.role, "parts": [part.to_json() for part in self.parts]}

    @classmethod
    def from_json(cls, value: Json) -> "Message":
        return cls(value["role"], [part_from_json(part) for part in value["parts"]])


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call. model: `provider:model`. timeout: seconds for everything, retries included.

    tool_choice: `auto`, `none`, `required` (some tool) or the name of the tool that must be called.
    parallel_tool_calls: whether one answer may hold several calls. response_schema: a JSON Schema the answer must
    follow. thinking: whether to think first; effort: how hard; None and empty leave both to the provider.
    cache_prompt: lets the provider keep the prompt so far for the next call, where that has to be asked for.
    idempotency_key: sent where the vendor takes one. What a model does not take is left out, see
    ModelReply.ignored_parameters.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int = 2000
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    response_schema: Json | None = None
    thinking: bool | None = None
    effort: Effort = ""
    cache_prompt: bool = False
    timeout: float = 300.0
    idempotency_key: str = ""

    def to_json(self) -> Json:
        """Settings at their defaults are left out, and characters that cannot be stored."""
        value = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("messages", "tools")}
        value = {name: item for name, item in value.items() if item != REQUEST_DEFAULTS.get(name)}
        value["messages"] = [message.to_json() for message in self.messages]
        if self.tools:
            value["tools"] = [tool.to_json() for tool in self.tools]
        return {"version": JSON_VERSION, **clean_value(value)}

    @classmethod
    def from_json(cls, value: Json) -> "ModelRequest":
        """Raises ValueError for a version it does not know."""
        given = _opened(value)
        given["messages"] = tuple(Message.from_json(message) for message in given["messages"])
        given["tools"] = tuple(ToolSpec(**tool) for tool in given.get("tools", ()))
        return cls(**given)


REQUEST_DEFAULTS = {item.name: item.default for item in fields(ModelRequest)}


def is_set(request: ModelRequest, name: str) -> bool:
    """Whether a setting of a request was chosen."""
    return bool(getattr(request, name) != REQUEST_DEFAULTS[name])


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. input_tokens includes cached ones, output_tokens includes reasoning ones.

    is_estimated: the server told nothing of some of them, so these are about right and no more.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    is_estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        names = [item.name for item in fields(self) if item.name != "is_estimated"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Usage(**sums, is_estimated=self.is_estimated or other.is_estimated)

    def to_json(self) -> Json:
        """Whether it is estimated stands there only where it is."""
        value = {item.name: getattr(self, item.name) for item in fields(self)}
        return value if self.is_estimated else {name: item for name, item in value.items() if name != "is_estimated"}


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A whole answer. cost: US dollars; model: `provider:model` as asked for; served_model: the vendor's own name.

    parts: the answer as it came, in order, when it holds more than its text and then its calls.
    ignored_parameters: fields of the request that were set and that the model does not take.
    notes: sentences for people on how the answer came about, such as what was left out or estimated.
    """

    text: str
    model: str
    finish_reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    cost: Decimal = Decimal(0)
    tool_calls: tuple[ToolCall, ...] = ()
    parts: tuple[Part, ...] = ()
    served_model: str = ""
    ignored_parameters: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def message(self) -> Message:
        """The answer as the turn to send back with what comes next."""
        if self.parts:
            return Message("assistant", self.parts)
        return Message("assistant", ((Text(self.text),) if self.text else ()) + self.tool_calls)

    @property
    def thinking(self) -> str:
        """What the model thought before it answered, as far as its vendor shows it."""
        return "\n".join(part.thinking for part in self.parts if isinstance(part, ProviderBlock) and part.thinking)

    def to_json(self) -> Json:
        """The cost is text, so that no digit is lost."""
        return {
            "version": JSON_VERSION,
            "parts": [part.to_json() for part in self.message.parts],
            "model": self.model,
            "finish_reason": self.finish_reason,
            "usage": self.usage.to_json(),
            "cost": str(self.cost),
            "served_model": self.served_model,
            "ignored_parameters": list(self.ignored_parameters),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    @classmethod
    def from_json(cls, value: Json) -> "ModelReply":
        """Raises ValueError for a version it does not know."""
        given = _opened(value)
        parts = tuple(part_from_json(part) for part in given.pop("parts"))
        text = "".join(part.text for part in parts if isinstance(part, Text))
        calls = tuple(part for part in parts if isinstance(part, ToolCall))
        plain = parts == (((Text(text),) if text else ()) + calls)
        given |= {"usage": Usage(**given["usage"]), "cost": Decimal(given["cost"])}
        given["ignored_parameters"], given["notes"] = tuple(given["ignored_parameters"]), tuple(given.get("notes", ()))
        return cls(text=text, tool_calls=calls, parts=() if plain else parts, **given)


def _opened(value: Json) -> Json:
    """What is kept, without its version."""
    given = dict(value)
    version = given.pop("version", None)
    if version != JSON_VERSION:
        raise ValueError(f"Version {version!r} of a model call is not known here; it was written by a newer product.")
    return given
