"""What goes to a model and what comes back, the same for every vendor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls", "refusal"]
# Called with each piece of text as it arrives, in order.
OnText = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call. parameters: a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for. arguments: JSON text exactly as the model wrote it, perhaps malformed."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. tool_call_id belongs to role `tool`, tool_calls to role `assistant`."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call. model: `provider:model`. timeout: seconds for everything, retries included.

    response_schema: a JSON Schema the answer must follow. idempotency_key: sent where the vendor takes one.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int = 2000
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    tools: tuple[ToolSpec, ...] = ()
    response_schema: dict[str, Any] | None = None
    timeout: float = 300.0
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. input_tokens includes cached ones, output_tokens includes reasoning ones."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A whole answer. cost: US dollars; model: `provider:model` as asked for."""

    text: str
    model: str
    finish_reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    cost: Decimal = Decimal(0)
    tool_calls: tuple[ToolCall, ...] = ()
