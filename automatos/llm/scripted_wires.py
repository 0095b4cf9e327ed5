"""What the scripted server says, in the words of each vendor: whole answers, stream events and errors."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from automatos.llm.parts import ToolCall
from automatos.llm.types import Usage

Wire = Literal["openai", "anthropic"]
Events = Iterator[bytes]

ANTHROPIC_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
OPENAI_ERRORS = {401: "invalid_request_error", 429: "rate_limit_exceeded"}
OPENAI_FINISH = {"refusal": "content_filter"}
ANTHROPIC_FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
CONTEXT_TEXT = {
    "openai": "This model's maximum context length is 8192 tokens. However, your messages resulted in 90000 tokens.",
    "anthropic": "prompt is too long: 90000 tokens > 8192 maximum",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer before it is put into a vendor's words. finish: our word, see types.FinishReason."""

    model: str
    pieces: list[str]
    calls: tuple[ToolCall, ...]
    refusal: str
    finish: str
    usage: Usage

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def error_body(wire: Wire, status: int, message: str, code: str | None = None, param: str | None = None) -> bytes:
    """The vendor's error envelope for a status."""
    if wire == "anthropic":
        kind = ANTHROPIC_ERRORS.get(status, "api_error")
        return _json({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_scripted"})
    kind = "server_error" if status >= 500 else OPENAI_ERRORS.get(status, "invalid_request_error")
    return _json({"error": {"message": message, "type": kind, "param": param, "code": code}})


def openai_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def anthropic_usage(usage: Usage, output_tokens: int) -> dict[str, Any]:
    """Anthropic counts cached input apart from `input_tokens`."""
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
    }


def openai_body(answer: Answer) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": answer.refusal or None}
    if answer.calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}} for c in answer.calls
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _openai_finish(answer)}
    head = {"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1_790_000_000, "model": answer.model}
    return _json({**head, "choices": [choice], "usage": openai_usage(answer.usage)})


def anthropic_body(answer: Answer) -> bytes:
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.pieces else []
    content += [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in answer.calls]
    return _json(
        {
            **_anthropic_head(answer.model),
            "content": content,
            "stop_reason": _anthropic_finish(answer),
            "usage": anthropic_usage(answer.usage, answer.usage.output_tokens),
        }
    )


def openai_events(answer: Answer, include_usage: bool = True) -> Events:
    """One server-sent event per piece; calls come in fragments, interleaved as the vendor may do."""

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _data({**head, "choices": [choice]})

    head = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": answer.model,
    }
    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in answer.pieces:
        yield chunk({"content": piece})
    if answer.refusal:
        yield chunk({"refusal": answer.refusal})
    for index, call in enumerate(answer.calls):
        function = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
    for index, call in enumerate(answer.calls):
        for part in _halves(call.text):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, _openai_finish(answer))
    if include_usage:
        yield _data({**head, "choices": [], "usage": openai_usage(answer.usage)})
    yield b"data: [DONE]\n\n"


def anthropic_events(answer: Answer) -> Events:
    """Blocks one after the other; the usage of `message_delta` is cumulative."""
    message = {
        **_anthropic_head(answer.model),
        "content": [],
        "stop_reason": None,
        "usage": anthropic_usage(answer.usage, 1),
    }
    yield _event("message_start", message=message)
    index = 0
    if answer.pieces:
        yield _event("content_block_start", index=index, content_block={"type": "text", "text": ""})
        yield _event("ping")
        for piece in answer.pieces:
            yield _event("content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
        yield _event("content_block_stop", index=index)
        index += 1
    for call in answer.calls:
        block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        yield _event("content_block_start", index=index, content_block=block)
        for part in _halves(call.text):
            yield _event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": part})
        yield _event("content_block_stop", index=index)
        index += 1
    delta = {"stop_reason": _anthropic_finish(answer), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage=anthropic_usage(answer.usage, answer.usage.output_tokens))
    yield _event("message_stop")


def stream_error(wire: Wire, message: str) -> bytes:
    """An error in the middle of a stream whose status was 200."""
    if wire == "anthropic":
        return _event("error", error={"type": "overloaded_error", "message": message})
    return _data({"error": {"message": message, "type": "server_error", "param": None, "code": None}})


def _anthropic_head(model: str) -> dict[str, Any]:
    return {"id": "msg_scripted", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}


def _openai_finish(answer: Answer) -> str:
    return "stop" if answer.refusal else OPENAI_FINISH.get(answer.finish, answer.finish)


def _anthropic_finish(answer: Answer) -> str:
    return "refusal" if answer.refusal else ANTHROPIC_FINISH.get(answer.finish, answer.finish)


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _data(value: object) -> bytes:
    return b"data: " + _json(value) + b"\n\n"


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\n".encode() + _data({"type": kind, **fields})
