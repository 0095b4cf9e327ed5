"""Keeping a conversation within what its model can read: old tool results give way first."""

from collections.abc import Sequence

from agents.prompting import CHARACTERS_PER_TOKEN
from automatos.llm.parts import ToolResult
from automatos.llm.types import Message, ToolSpec

# How much of a result stays when it is shortened, in characters; the whole of it stays in the journal.
KEPT_HEAD, KEPT_TAIL = 600, 200
SHARE = 0.75
UNKNOWN_WINDOW = 100_000


def fitted(messages: Sequence[Message], window: int, tools: Sequence[ToolSpec]) -> tuple[Message, ...]:
    """The messages as they are sent: while they are too long for the window, the oldest tool results are shortened.

    window: tokens the model can read. The results of the last round stay whole.
    """
    kept = list(messages)
    room = window * SHARE - sum(len(tool.description) + len(str(tool.schema)) for tool in tools) / CHARACTERS_PER_TOKEN
    sizes = [_tokens(message) for message in kept]
    places = [place for place, message in enumerate(kept) if message.role == "tool"]
    for place in places[:-1]:
        if sum(sizes) <= room:
            break
        kept[place] = Message("tool", [shortened(result) for result in kept[place].tool_results])
        sizes[place] = _tokens(kept[place])
    return tuple(kept)


def shortened(result: ToolResult) -> ToolResult:
    """Beginning and end of a long result, and how to get the rest."""
    text = result.content
    if len(text) <= KEPT_HEAD + KEPT_TAIL + 200:
        return result
    left_out = len(text) - KEPT_HEAD - KEPT_TAIL
    note = f"\n[{left_out:,} characters left out to save room. Call the tool again if you need them.]\n"
    return ToolResult(result.call_id, text[:KEPT_HEAD] + note + text[-KEPT_TAIL:], result.is_error)


def _tokens(message: Message) -> float:
    called = sum(len(call.text) for call in message.tool_calls)
    return (len(message.content) + called) / CHARACTERS_PER_TOKEN
