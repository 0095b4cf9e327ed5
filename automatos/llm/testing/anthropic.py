"""What the scripted server says in the words of Anthropic Messages."""

from typing import Any

from automatos.llm.testing.answers import Answer, Events, as_json, event, halves
from automatos.llm.types import Usage

FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def body(answer: Answer) -> bytes:
    content: list[dict[str, Any]] = []
    if answer.thinking:
        content.append({"type": "thinking", "thinking": answer.thinking, "signature": answer.signature})
    if answer.pieces:
        content.append({"type": "text", "text": answer.text})
    content += [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in answer.calls]
    return as_json(
        {
            **_head(answer.model),
            "content": content,
            "stop_reason": _finish(answer),
            **_details(answer),
            "usage": _usage(answer.usage, answer.usage.output_tokens),
        }
    )


def events(answer: Answer) -> Events:
    """Blocks one after the other; the usage of `message_delta` is cumulative."""
    message = {**_head(answer.model), "content": [], "stop_reason": None, "usage": _usage(answer.usage, 1)}
    yield event("message_start", message=message)
    for index, (block, deltas) in enumerate(_blocks(answer)):
        yield event("content_block_start", index=index, content_block=block)
        if block["type"] == "text":
            yield event("ping")
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    end = {"stop_reason": _finish(answer), "stop_sequence": None, **_details(answer)}
    yield event("message_delta", delta=end, usage=_usage(answer.usage, answer.usage.output_tokens))
    yield event("message_stop")


def _blocks(answer: Answer) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each block as it starts, and the pieces that follow."""
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if answer.thinking:
        deltas: list[dict[str, Any]] = [
            {"type": "thinking_delta", "thinking": part} for part in halves(answer.thinking)
        ]
        deltas.append({"type": "signature_delta", "signature": answer.signature})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if answer.pieces:
        pieces = [{"type": "text_delta", "text": piece} for piece in answer.pieces]
        blocks.append(({"type": "text", "text": ""}, pieces))
    for call in answer.calls:
        parts = [{"type": "input_json_delta", "partial_json": part} for part in halves(call.text)]
        blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, parts))
    return blocks


def _head(model: str) -> dict[str, Any]:
    return {"id": "msg_scripted", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}


def _finish(answer: Answer) -> str:
    return "refusal" if answer.refusal else FINISH.get(answer.finish, answer.finish)


def _details(answer: Answer) -> dict[str, Any]:
    return {"stop_details": {"type": "refusal", "explanation": answer.refusal}} if answer.refusal else {}


def _usage(usage: Usage, output_tokens: int) -> dict[str, Any]:
    """Anthropic counts cached input apart from `input_tokens`."""
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
    }
