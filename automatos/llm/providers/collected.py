"""An answer while it is put together from what a vendor sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from automatos.llm.deltas import Listener, ThinkingDelta, ToolCallDelta
from automatos.llm.parts import Json, Part, ProviderBlock, Text, ToolCall
from automatos.llm.text import clean
from automatos.llm.types import FinishReason, Usage

Kind = Literal["text", "call", "block"]


@dataclass(slots=True)
class CallPieces:
    """A call while its arguments come in. number: which of the answer's calls it is, from 0."""

    number: int
    id: str
    name: str
    arguments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Collected:
    """Everything that came in so far. calls and blocks are kept by their position at the vendor's.

    order: its texts (by their first piece), calls and blocks (by position). ordered: whether texts are marked there;
    otherwise blocks come first, then the text, then the calls.
    """

    listener: Listener | None = None
    text: list[str] = field(default_factory=list)
    calls: dict[int, CallPieces] = field(default_factory=dict)
    blocks: dict[int, Json] = field(default_factory=dict)
    order: list[tuple[Kind, int]] = field(default_factory=list)
    ordered: bool = False
    refusal: list[str] = field(default_factory=list)
    finish: FinishReason | None = None
    usage: Usage = field(default_factory=Usage)
    served_model: str = ""

    def call_piece(self, position: int, id: str, name: str, arguments: str) -> None:
        """Take in a piece of a call; the first one brings id and name."""
        call = self.calls.get(position)
        if call is None:
            call = self.calls[position] = CallPieces(len(self.calls), id or f"call_{position}", name)
            self.order.append(("call", position))
        else:
            call.id, call.name = id or call.id, name or call.name
        call.arguments.append(arguments)
        if self.listener is not None:
            self.listener.delta(ToolCallDelta(call.number, call.id, call.name, clean(arguments)))

    def think(self, text: str) -> None:
        """Tell of a piece of thinking; keeping it is up to the adapter."""
        if self.listener is not None and text:
            self.listener.delta(ThinkingDelta(clean(text)))

    def block(self, position: int, data: Json) -> None:
        """Take in a block that only its vendor understands; data may grow later."""
        self.blocks[position] = data
        self.order.append(("block", position))

    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(_read(call) for call in self.calls.values())

    def parts(self, model: str) -> tuple[Part, ...]:
        """The answer of `provider:model` in its order, or nothing when it is only its text and then its calls."""
        later = [kind for kind, _ in self.order[1:]]
        if self.blocks or (self.ordered and "text" in later):
            return self._parts(model)
        return ()

    def _parts(self, model: str) -> tuple[Part, ...]:
        order = self.order
        if not self.ordered:
            blocks = [item for item in order if item[0] == "block"]
            order = [*blocks, ("text", 0), *(item for item in order if item[0] == "call")]
        found: list[Part] = []
        end = len(self.text)
        for kind, position in reversed(order):
            if kind == "call":
                found.append(_read(self.calls[position]))
            elif kind == "block":
                found.append(ProviderBlock(model, self.blocks[position]))
            else:
                text, end = clean("".join(self.text[position:end])), position
                found += [Text(text)] if text else []
        return tuple(reversed(found))


def _read(call: CallPieces) -> ToolCall:
    return ToolCall.read(clean(call.id), clean(call.name), clean("".join(call.arguments)))


def count(source: Mapping[str, Any] | None, name: str) -> int:
    """A token count from a vendor's usage, 0 where it is missing or null."""
    value = (source or {}).get(name)
    return value if isinstance(value, int) else 0
