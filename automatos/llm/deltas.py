"""An answer while it streams, piece by piece."""

from collections.abc import Callable
from dataclasses import dataclass

from automatos.llm.types import ModelReply, OnText


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """More of what the model thinks before it answers; it is no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of a call. index: which of the answer's calls, from 0. id and name come with its first piece."""

    index: int
    id: str
    name: str
    arguments: str


Delta = TextDelta | ThinkingDelta | ToolCallDelta
OnDelta = Callable[[Delta], None]


class Listener:
    """Who is told of an answer as it comes in; remembers whether anything was: it cannot be taken back.

    partial: what had come in when the call was broken off from outside, by its deadline or by a person.
    """

    __slots__ = ("_on_delta", "_on_text", "partial", "told")

    def __init__(self, on_text: OnText | None, on_delta: OnDelta | None = None) -> None:
        self._on_text = on_text
        self._on_delta = on_delta
        self.told = False
        self.partial: ModelReply | None = None

    def text(self, piece: str) -> None:
        """Tell a piece of the answer's text."""
        self.told = True
        if self._on_text is not None:
            self._on_text(piece)
        if self._on_delta is not None:
            self._on_delta(TextDelta(piece))

    def delta(self, delta: Delta) -> None:
        """Tell of anything else; only those who asked for all pieces hear it. Thinking may be begun anew."""
        if self._on_delta is not None:
            self.told = self.told or not isinstance(delta, ThinkingDelta)
            self._on_delta(delta)
