"""What the scripted server says in the words of OpenAI Chat Completions."""

from typing import Any

from automatos.llm.testing.answers import Answer, Events, as_json, data, halves
from automatos.llm.types import Usage

FINISH = {"refusal": "content_filter"}


def body(answer: Answer) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": answer.refusal or None}
    if answer.thinking:
        message["reasoning_content"] = answer.thinking
    if answer.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
            for call in answer.calls
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    head = {"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1_790_000_000, "model": answer.model}
    return as_json({**head, "choices": [choice], "usage": _usage(answer.usage)})


def events(answer: Answer, include_usage: bool = True) -> Events:
    """One server-sent event per piece; calls come in fragments, interleaved as the vendor may do."""

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return data({**head, "choices": [choice]})

    head = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": answer.model,
    }
    yield chunk({"role": "assistant", "content": "", "refusal": None})
    if answer.thinking:
        for part in halves(answer.thinking):
            yield chunk({"reasoning_content": part})
    for piece in answer.pieces:
        yield chunk({"content": piece})
    if answer.refusal:
        yield chunk({"refusal": answer.refusal})
    for index, call in enumerate(answer.calls):
        function = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
    for index, call in enumerate(answer.calls):
        for part in halves(call.text):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, _finish(answer))
    if include_usage:
        yield data({**head, "choices": [], "usage": _usage(answer.usage)})
    yield b"data: [DONE]\n\n"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _finish(answer: Answer) -> str:
    return "stop" if answer.refusal else FINISH.get(answer.finish, answer.finish)
