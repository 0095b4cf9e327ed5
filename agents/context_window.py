"""Keeping a conversation within what its model can read: old tool results give way first."""

from collections.abc import Sequence

from automatos.llm.parts import ToolResult
from automatos.llm.tokens import estimate_message, estimate_request
from automatos.llm.types import Message, ToolSpec

# How much of a result stays when it is shortened, in characters; the whole of it stays in the journal.
KEPT_HEAD, KEPT_TAIL = 600, 200
# Of the window; the rest is for the answer, and for an estimate that is too low.
SHARE = 0.7
UNKNOWN_WINDOW = 100_000


def fitted(messages: Sequence[Message], window: int, tools: Sequence[ToolSpec]) -> tuple[Message, ...]:
    """The messages as they are sent: while they are too long for the window, the oldest tool results are shortened.

    window: tokens the model can read. The results of the last round stay whole.
    """
    kept = list(messages)
    places = [place for place, message in enumerate(kept) if message.role == "tool"][:-1]
    if not places:
        return tuple(kept)
    size, room = estimate_request(kept, tools), window * SHARE
    for place in places:
        if size <= room:
            break
        size -= estimate_message(kept[place])
        kept[place] = Message("tool", [shortened(result) for result in kept[place].tool_results])
        size += estimate_message(kept[place])
    return tuple(kept)


def shortened(result: ToolResult) -> ToolResult:
    """Beginning and end of a long result, and how to get the rest."""
    text = result.content
    if len(text) <= KEPT_HEAD + KEPT_TAIL + 200:
        return result
    left_out = len(text) - KEPT_HEAD - KEPT_TAIL
    note = f"\n[{left_out:,} characters left out to save room. Call the tool again if you need them.]\n"
    return ToolResult(result.call_id, text[:KEPT_HEAD] + note + text[-KEPT_TAIL:], result.is_error)
