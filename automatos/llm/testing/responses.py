"""What the scripted server says in the words of OpenAI Responses."""

from typing import Any

from automatos.llm.testing.answers import Answer, Events, as_json, event, halves
from automatos.llm.types import Usage

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter", "refusal": "content_filter"}


def body(answer: Answer) -> bytes:
    return as_json(_response(answer))


def events(answer: Answer) -> Events:
    """Items one after the other; the last event holds the whole answer with its usage."""
    yield event("response.created", response={**_head(answer.model), "status": "in_progress", "usage": None})
    for index, item in enumerate(_items(answer)):
        yield from _item_events(answer, index, item)
    end = _response(answer)
    yield event(f"response.{end['status']}", response=end)


def _item_events(answer: Answer, index: int, item: dict[str, Any]) -> Events:
    place = {"output_index": index, "item_id": item["id"]}
    yield event("response.output_item.added", output_index=index, item={**item, **_not_yet(item)})
    if item["type"] == "reasoning":
        for part in halves(answer.thinking):
            yield event("response.reasoning_summary_text.delta", **place, summary_index=0, delta=part)
    elif item["type"] == "function_call":
        for part in halves(item["arguments"]):
            yield event("response.function_call_arguments.delta", **place, delta=part)
        yield event("response.function_call_arguments.done", **place, arguments=item["arguments"])
    elif answer.refusal:
        yield event("response.refusal.delta", **place, content_index=0, delta=answer.refusal)
    else:
        for piece in answer.pieces:
            yield event("response.output_text.delta", **place, content_index=0, delta=piece)
        yield event("response.output_text.done", **place, content_index=0, text=answer.text)
    yield event("response.output_item.done", output_index=index, item=item)


def _not_yet(item: dict[str, Any]) -> dict[str, Any]:
    """What an item does not hold yet when it is announced."""
    empty: dict[str, dict[str, Any]] = {
        "reasoning": {"summary": [], "encrypted_content": ""},
        "function_call": {"arguments": ""},
    }
    return empty.get(item["type"]) or {"content": []}


def _items(answer: Answer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if answer.thinking:
        summary = [{"type": "summary_text", "text": answer.thinking}]
        thought = {"id": "rs_scripted", "type": "reasoning", "summary": summary, "status": None}
        items.append({**thought, "encrypted_content": answer.signature})
    if answer.pieces or answer.refusal:
        text = {"type": "output_text", "text": answer.text, "annotations": []}
        part = {"type": "refusal", "refusal": answer.refusal} if answer.refusal else text
        items.append({"id": "msg_scripted", "type": "message", "role": "assistant", "content": [part]})
    for call in answer.calls:
        function = {"call_id": call.id, "name": call.name, "arguments": call.text}
        items.append({"id": f"fc_{call.id}", "type": "function_call", "status": "completed", **function})
    return items


def _response(answer: Answer) -> dict[str, Any]:
    reason = INCOMPLETE.get(answer.finish)
    return {
        **_head(answer.model),
        "status": "incomplete" if reason and not answer.refusal else "completed",
        "incomplete_details": {"reason": reason} if reason and not answer.refusal else None,
        "output": _items(answer),
        "usage": _usage(answer.usage),
    }


def _head(model: str) -> dict[str, Any]:
    return {"id": "resp_scripted", "object": "response", "model": model, "error": None, "created_at": 1_790_000_000}


def _usage(usage: Usage) -> dict[str, Any]:
    cached = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": cached,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
