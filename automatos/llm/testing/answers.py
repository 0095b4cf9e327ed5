"""An answer of the scripted server before it is put into a vendor's words, and what the wires share."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from automatos.llm.parts import ToolCall
from automatos.llm.types import Usage

Wire = Literal["openai", "responses", "anthropic"]
Events = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """pieces: its text as a stream sends it. finish: our word, see types.FinishReason. thinking comes before it all."""

    model: str
    pieces: list[str]
    calls: tuple[ToolCall, ...]
    refusal: str
    finish: str
    usage: Usage
    thinking: str = ""
    signature: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def halves(text: str) -> tuple[str, str]:
    """A text in the two pieces a stream sends."""
    return text[: len(text) // 2], text[len(text) // 2 :]


def as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def data(value: object) -> bytes:
    """A server-sent event without a name."""
    return b"data: " + as_json(value) + b"\n\n"


def event(kind: str, **fields: Any) -> bytes:
    """A server-sent event with a name, which its data repeat."""
    return f"event: {kind}\n".encode() + data({"type": kind, **fields})
