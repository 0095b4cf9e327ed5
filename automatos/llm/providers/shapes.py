"""Values of an answer in each of the shapes servers write them: texts as parts, arguments as objects, counts as floats.

Nothing here raises for a shape it does not know: what is unknown is named, so that it can be told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import orjson

from automatos.llm.types import FinishReason

# Nobody counts more than this, and columns cannot hold it.
MOST_TOKENS = 1_000_000_000
Ending = FinishReason | Literal["error"]
THINKING_PARTS = frozenset({"thinking", "reasoning", "thought", "reasoning_text", "summary_text", "redacted_thinking"})
TEXT_PARTS = frozenset({"text", "output_text", "input_text", "", "markdown"})
# Fields that may hold the words of a part.
WORDS = ("text", "thinking", "reasoning", "content", "summary", "value")
ENDINGS: dict[str, Ending] = {
    **dict.fromkeys(
        ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "end", "end_of_turn", "complete", "completed", "done",
         "finished", "finish", "normal", "ok", "success", "stop_token", "pause_turn", "eot", "im_end"), "stop",
    ),
    **dict.fromkeys(
        ("length", "max_tokens", "max_output_tokens", "max_length", "model_length", "token_limit", "max_token",
         "max_new_tokens", "limit", "truncated", "model_context_window_exceeded", "context_length", "incomplete"),
        "length",
    ),
    **dict.fromkeys(("tool_calls", "tool_use", "tool_call", "function_call", "function_calls", "tool"), "tool_calls"),
    **dict.fromkeys(
        ("content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii",
         "sensitive", "image_safety", "guardrail_intervened", "flagged", "blocked"), "content_filter",
    ),
    "refusal": "refusal",
    **dict.fromkeys(
        ("error", "errored", "failed", "failure", "network_error", "server_error", "internal_error", "abort", "aborted",
         "cancelled", "canceled", "cancel", "interrupted", "timeout", "insufficient_system_resource", "other",
         "malformed_function_call", "unexpected_tool_call", "finish_reason_unspecified", "disconnected"), "error",
    ),
}  # fmt: skip
INPUT = ("prompt_tokens", "input_tokens", "promptTokenCount", "promptTokens", "prompt_eval_count", "inputTokens")
OUTPUT = (
    "completion_tokens",
    "output_tokens",
    "candidatesTokenCount",
    "completionTokens",
    "eval_count",
    "outputTokens",
)
TOTAL = ("total_tokens", "totalTokenCount", "totalTokens")
CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "cachedContentTokenCount")
WRITTEN = ("cache_write_tokens",)
REASONING = ("reasoning_tokens", "thoughtsTokenCount")
IN_DETAILS = ("prompt_tokens_details", "input_tokens_details")
OUT_DETAILS = ("completion_tokens_details", "output_tokens_details")


@dataclass(slots=True)
class Said:
    """A content taken apart. unknown: the types of parts that are none of the three."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens as a server told them; None where it did not. cost: US dollars, where the server says that."""

    input: int | None = None
    output: int | None = None
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    cost: Decimal | None = None


def said(content: object) -> Said:
    """Text, thinking and refusal in a message's content: a text, a list of parts, one part, or nothing."""
    found = Said()
    for kind, words in _parts(content):
        if kind in TEXT_PARTS:
            found.text += words
        elif kind in THINKING_PARTS:
            found.thinking += words
        elif kind == "refusal":
            found.refusal += words
        else:
            found.unknown.append(kind)
    return found


def _parts(content: object) -> Iterator[tuple[str, str]]:
    """(type, words) of each part."""
    match content:
        case None | False:
            pass
        case str():
            yield "text", content
        case list():
            for part in content:
                yield from _parts(part)
        case Mapping():
            kind = str(content.get("type") or "").lower()
            kind = "thinking" if content.get("thought") is True else kind
            if kind == "refusal":
                yield kind, words_of(content.get("refusal") or content.get("text"))
            else:
                yield kind, next((text for name in WORDS if (text := words_of(content.get(name)))), "")
        case _:
            yield "text", str(content)


def words_of(value: object) -> str:
    """The text in a value that may be a text, a part or a list of parts."""
    match value:
        case str():
            return value
        case list():
            return "".join(words_of(part) for part in value)
        case Mapping():
            return next((text for name in WORDS if (text := words_of(value.get(name)))), "")
    return ""


def arguments_text(value: object) -> str:
    """A call's arguments as text: some servers send the object itself."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The objects in a list; a lone object is a list of one."""
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, Mapping)]


def text(value: object) -> str:
    """The value if it is a text, else nothing."""
    return value if isinstance(value, str) else ""


def ending(reason: object) -> tuple[Ending | None, str]:
    """(why an answer ended, the word for it where that is not known). Nothing at all while it goes on."""
    if isinstance(reason, Mapping):
        reason = reason.get("type") or reason.get("reason")
    word = str(reason or "").strip()
    if not word or word.lower() in ("null", "none"):
        return None, ""
    known = ENDINGS.get(word.lower().replace("-", "_").replace(" ", "_").removeprefix("finish_reason_"))
    return (known, "") if known else ("stop", word[:60])


def count(source: object, *names: str) -> int | None:
    """The first of these counts that is a number: floats and texts of digits count, others do not."""
    row = mapping(source)
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                continue
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS:
            return int(value)
    return None


def counted(usage: object) -> Counted:
    """A server's usage, by whatever names it has."""
    row = mapping(usage)
    entered, made = count(row, *INPUT), count(row, *OUTPUT)
    total = count(row, *TOTAL)
    if made is None and total is not None and entered is not None and total >= entered:
        made = total - entered
    details = {**_inner(row, IN_DETAILS), **{name: value for name, value in row.items() if name in CACHED}}
    more = {**_inner(row, OUT_DETAILS), **{name: value for name, value in row.items() if name in REASONING}}
    return Counted(
        entered,
        made,
        count(details, *CACHED) or 0,
        count(details, *WRITTEN) or 0,
        count(more, *REASONING) or 0,
        _money(row.get("cost")),
    )


def _inner(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return dict(next((inner for name in names if (inner := mapping(row.get(name)))), {}))


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and 0 <= cost < 1_000_000 else None
