"""Requests the scripted server has seen, read alike on every wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.testing.answers import Wire

Json = Mapping[str, Any]


@dataclass(slots=True)
class Recorded:
    """One request as it arrived. at: time.time(). peer: the client's port, another one for each connection.

    prompt: the text of the last user message that has any. gone: the client closed the connection before the answer's
    end.
    """

    wire: Wire
    model: str
    prompt: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float
    peer: int = 0
    finished: bool = False
    gone: bool = False

    @property
    def system(self) -> str:
        """The system text."""
        if self.wire == "anthropic":
            return _text(self.body.get("system"))
        return "\n\n".join(_text(turn.get("content")) for turn in turns(self.body) if turn.get("role") == "system")

    @property
    def tools(self) -> list[str]:
        """The names of the tools on offer."""
        return [tool.get("name") or tool["function"]["name"] for tool in self.body.get("tools") or ()]

    @property
    def tool_calls(self) -> list[ToolCall]:
        """Every call in the conversation, oldest first."""
        return [call for turn in turns(self.body) for call in _calls(turn)]

    @property
    def tool_results(self) -> list[ToolResult]:
        """Every result in the conversation, oldest first."""
        return [result for turn in turns(self.body) for result in _results(turn)]

    @property
    def round(self) -> int:
        """How many rounds of calls were made since the last text of the user: 0 when it has just been asked."""
        later: list[Json] = []
        for turn in turns(self.body):
            is_prompt = turn.get("role") == "user" and bool(_text(turn.get("content")))
            later = [] if is_prompt else [*later, turn]
        calling = [bool(_calls(turn)) for turn in later]
        return sum(is_call and not before for is_call, before in zip(calling, [False, *calling], strict=False))

    @property
    def thinking(self) -> list[dict[str, Any]]:
        """The blocks of thinking that came back."""
        kinds = ("thinking", "redacted_thinking", "reasoning")
        items = [item for turn in turns(self.body) for item in (turn, *_blocks(turn))]
        return [dict(item) for item in items if item.get("type") in kinds or item.get("reasoning_content")]


def turns(body: Json) -> list[Json]:
    """Messages, or the items of Responses."""
    return list(body.get("messages") or body.get("input") or ())


def last_user_text(body: Json) -> str:
    """The text of the last user message that has any."""
    texts = (_text(turn.get("content")) for turn in reversed(turns(body)) if turn.get("role") == "user")
    return next((text for text in texts if text), "")


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts)


def _blocks(turn: Json) -> list[Json]:
    content = turn.get("content")
    return content if isinstance(content, list) else []


def _calls(turn: Json) -> list[ToolCall]:
    if turn.get("type") == "function_call":
        return [ToolCall.read(turn["call_id"], turn["name"], turn["arguments"])]
    if turn.get("tool_calls"):
        return [
            ToolCall.read(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in turn["tool_calls"]
        ]
    return [
        ToolCall.read(block["id"], block["name"], json.dumps(block["input"]))
        for block in _blocks(turn)
        if block.get("type") == "tool_use"
    ]


def _results(turn: Json) -> list[ToolResult]:
    if turn.get("type") == "function_call_output":
        return [ToolResult(turn["call_id"], turn["output"], str(turn["output"]).lower().startswith("error"))]
    if turn.get("role") == "tool":
        return [ToolResult(turn["tool_call_id"], turn["content"], str(turn["content"]).lower().startswith("error"))]
    return [
        ToolResult(block["tool_use_id"], _text(block.get("content")), bool(block.get("is_error")))
        for block in _blocks(turn)
        if block.get("type") == "tool_result"
    ]
