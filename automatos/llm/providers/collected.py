"""An answer while it is put together from what a vendor sends."""

from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Literal

from automatos.llm.deltas import Delta, Listener, TextDelta, ThinkingDelta, ToolCallDelta
from automatos.llm.parts import Json, Part, ProviderBlock, Text, ToolCall, read_arguments
from automatos.llm.providers.shapes import Counted, Ending
from automatos.llm.providers.think_tags import ThinkTags, split_closing_tag
from automatos.llm.text import Cleaner, clean
from automatos.llm.types import Usage

Kind = Literal["text", "call", "block"]
# Thinking has no position among the calls.
THINKING_AT = -1


@dataclass(slots=True)
class CallPieces:
    """A call while its arguments come in. number: its place among the calls, from 0. extra: goes back with it."""

    number: int
    id: str
    name: str
    has_id: bool = False
    arguments: list[str] = field(default_factory=list)
    extra: Json = field(default_factory=dict)

    @property
    def text(self) -> str:
        return clean("".join(self.arguments))


@dataclass(slots=True)
class Collected:
    """Everything that came in so far. calls and blocks are kept by their position at the vendor's.

    order: its texts (by their first piece), calls and blocks (by position). ordered: whether texts are marked there;
    otherwise blocks come first, then the text, then the calls. thoughts: thinking by the field it came in.
    ended: whether the server said that the answer is whole. broke: what it said when it broke the answer off.
    places: where the last call of each of the server's indexes is. notes: what a person should know of how it was read.
    """

    listener: Listener | None = None
    tags: ThinkTags | None = None
    text: list[str] = field(default_factory=list)
    thoughts: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[int, CallPieces] = field(default_factory=dict)
    blocks: dict[int, Json] = field(default_factory=dict)
    order: list[tuple[Kind, int]] = field(default_factory=list)
    ordered: bool = False
    refusal: list[str] = field(default_factory=list)
    finish: Ending | None = None
    broke: object = None
    ended: bool = False
    counts: Counted = field(default_factory=Counted)
    served_model: str = ""
    places: dict[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    last_index: int = -1
    written: int = 0
    thought: int = 0
    _cleaner: Cleaner = field(default_factory=Cleaner)
    _news: list[Delta] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of an answer has come."""
        return not (self.text or self.calls or self.thoughts or self.blocks or self.refusal or self.finish)

    def say(self, piece: str) -> None:
        """Take in a piece of text."""
        piece = self._cleaner.feed(piece)
        if self.tags is None:
            self._take(piece, "")
        else:
            self._take(*self.tags.feed(piece))

    def close_text(self) -> None:
        """The text has ended: what was waiting for more is taken as it is."""
        rest, self._cleaner = self._cleaner.rest(), Cleaner()
        if self.tags is None:
            self._take(rest, "")
            return
        self._take(*self.tags.feed(rest))
        self._take(*self.tags.rest())
        answer, thinking = split_closing_tag("".join(self.text))
        if thinking:
            # It was shown as text already; only the record can be put right.
            self.text = [answer] if answer else []
            self.thoughts.setdefault("think", []).insert(0, thinking)

    def _take(self, answer: str, thinking: str) -> None:
        if thinking:
            self.think("think", thinking)
        if answer:
            self.text.append(answer)
            self.written += len(answer)
            self._news.append(TextDelta(answer))

    def think(self, name: str, text: str) -> None:
        """Take in a piece of thinking; name: the field in which it goes back, if it does."""
        if text:
            self.thoughts.setdefault(name, []).append(text)
            self.show_thinking(text)

    def show_thinking(self, text: str) -> None:
        """Tell of a piece of thinking that is kept elsewhere."""
        if text:
            self.thought += len(text)
            self._news.append(ThinkingDelta(clean(text)))

    def call_piece(self, position: int, id: str, name: str, arguments: str) -> None:
        """Take in a piece of a call; the first one brings id and name."""
        call = self.calls.get(position)
        if call is None:
            call = self.calls[position] = CallPieces(len(self.calls), id or f"call_{position}", name, bool(id))
            self.order.append(("call", position))
        else:
            call.id, call.name, call.has_id = id or call.id, name or call.name, call.has_id or bool(id)
        call.arguments.append(arguments)
        self.written += len(arguments)
        self._news.append(ToolCallDelta(call.number, clean(call.id), clean(call.name), clean(arguments)))

    def tell(self) -> None:
        """Tell the listener what is new. Whatever it raises goes on to the caller."""
        news, self._news = self._news, []
        if self.listener is None:
            return
        for delta in news:
            if isinstance(delta, TextDelta):
                self.listener.text(delta.text)
            else:
                self.listener.delta(delta)

    def block(self, position: int, data: Json) -> None:
        """Take in a block that only its vendor understands; data may grow later."""
        if position not in self.blocks:
            self.order.append(("block", position))
        self.blocks[position] = data

    def note(self, text: str) -> None:
        """Keep a sentence for people, once."""
        if text not in self.notes:
            self.notes.append(text)

    def count(self, counts: Counted) -> None:
        """Take in a usage: the total so far. Servers repeat it, and some send nothing but zeros at first."""
        before = self.counts
        self.counts = Counted(
            _larger(before.input, counts.input),
            _larger(before.output, counts.output),
            max(before.cached, counts.cached),
            max(before.written, counts.written),
            max(before.reasoning, counts.reasoning),
            counts.cost if counts.cost is not None else before.cost,
        )

    def tool_calls(self) -> tuple[ToolCall, ...]:
        calls = [_read(call) for call in self.calls.values()]
        return tuple(_with_own_ids(calls))

    def parts(self, model: str) -> tuple[Part, ...]:
        """The answer of `provider:model` in its order, or nothing when it is only its text and then its calls."""
        self._keep_thoughts()
        later = [kind for kind, _ in self.order[1:]]
        if self.blocks or (self.ordered and "text" in later):
            return self._parts(model)
        return ()

    def _keep_thoughts(self) -> None:
        """Thinking that came beside the answer, and what goes back with its calls, in one block."""
        data: Json = {name: clean("".join(pieces)) for name, pieces in self.thoughts.items()}
        extras = {call.id: call.extra for call in self.calls.values() if call.extra}
        if extras:
            data["calls"] = extras
        if data:
            self.block(THINKING_AT, {**self.blocks.get(THINKING_AT, {}), **data})

    def _parts(self, model: str) -> tuple[Part, ...]:
        order = self.order
        if not self.ordered:
            blocks = [item for item in order if item[0] == "block"]
            order = [*blocks, ("text", 0), *(item for item in order if item[0] == "call")]
        calls = dict(zip(self.calls, self.tool_calls(), strict=True))
        found: list[Part] = []
        end = len(self.text)
        for kind, position in reversed(order):
            if kind == "call":
                found.append(calls[position])
            elif kind == "block":
                found.append(ProviderBlock(model, self.blocks[position]))
            else:
                text, end = clean("".join(self.text[position:end])), position
                found += [Text(text)] if text else []
        return tuple(reversed(found))


def _larger(one: int | None, other: int | None) -> int | None:
    return max(one or 0, other or 0) if one is not None or other is not None else None


def _read(call: CallPieces) -> ToolCall:
    return ToolCall.read(clean(call.id), clean(call.name), mended(call.text))


def _with_own_ids(calls: list[ToolCall]) -> list[ToolCall]:
    """Results are matched by id, so that two calls of one id would get each other's."""
    seen: set[str] = set()
    found = []
    for call in calls:
        id = call.id
        while id in seen:
            id += "_"
        seen.add(id)
        found.append(call if id == call.id else ToolCall(id, call.name, call.arguments, call.raw, call.error))
    return found


def mended(raw: str) -> str:
    """Arguments as they were meant: servers send an empty object first, or the whole of them a second time."""
    if not raw.strip() or not read_arguments(raw)[1]:
        return raw
    objects = _objects(raw)
    if len(objects) > 1 and all(one in ("{}", objects[-1]) for one in objects[:-1]):
        return objects[-1]
    return raw


def _objects(raw: str) -> list[str]:
    """The JSON values that stand one after the other in a text, or nothing when it is not such a text."""
    decoder, at, found = JSONDecoder(), 0, []
    while at < len(raw):
        if raw[at].isspace():
            at += 1
            continue
        try:
            _, end = decoder.raw_decode(raw, at)
        except (ValueError, RecursionError):
            return []
        found.append(raw[at:end].strip())
        at = end
    return found


def usage_of(counts: Counted, *, entered: int, made: int, thought: int) -> Usage:
    """What a call took. entered, made, thought: estimates, used where the server told nothing (a prompt is never 0)."""
    output = counts.output or made
    known = (bool(counts.input) or not entered) and (bool(counts.output) or not made)
    return Usage(
        input_tokens=counts.input or entered,
        output_tokens=output,
        cached_tokens=counts.cached,
        cache_write_tokens=counts.written,
        reasoning_tokens=counts.reasoning or min(thought, output),
        is_estimated=not known,
    )
