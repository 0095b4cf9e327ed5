"""Answers of an agent as OpenAI's responses: whole, and as events while they are written."""

from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any

import orjson
from django.http import JsonResponse

from automatos.errors import AppError
from automatos.llm.parts import ToolCall
from recipes.chat.openai_answers import Asked, error_of, failed, problem, refusal_of
from recipes.chat.openai_responses_body import PREFIX
from recipes.chat.stream import Ended, ended, pieces, whole
from recipes.models import Execution

Json = dict[str, Any]
# Of runs that gave no answer; any other that is over has failed.
STATUS = {"cancelled": "cancelled"}
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class Shape:
    """The object of one response, again and again with what is known of it."""

    def __init__(self, execution: Execution) -> None:
        self.key = execution.pk.hex
        told = execution.input_data["wishes"]["response"]
        self.head: Json = {
            "id": f"{PREFIX}{execution.pk}",
            "object": "response",
            "created_at": int(execution.created_at.timestamp()),
            "background": False,
            "temperature": None,
            "top_p": None,
            "truncation": "disabled",
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "user": None,
            **told,
        }

    def begun(self) -> Json:
        """Nothing is known yet."""
        return self.made("in_progress", [])

    def made(self, status: str, output: list[Json], **more: Any) -> Json:
        return {**self.head, "status": status, "error": None, "incomplete_details": None, "output": output,
                "usage": None, **more}  # fmt: skip

    def over(self, end: Ended, text: str | None = None) -> Json:
        """What it came to. text: as it was streamed, if it was."""
        usage = _usage(end)
        if failed(end):
            error = error_of(end)
            told = {"code": error.code, "message": error.message}
            return self.made(STATUS.get(error.code, "failed"), [], error=told, usage=usage)
        reason = INCOMPLETE.get("" if end.calls else end.finish_reason)
        status, details = ("incomplete", {"reason": reason}) if reason else ("completed", None)
        return self.made(status, self.output(end, text), incomplete_details=details, usage=usage)

    def output(self, end: Ended, text: str | None = None) -> list[Json]:
        """The message, if anything was said, and the calls that are handed out."""
        said, refusal = end.text if text is None else text, refusal_of(end)
        parts = [] if end.error or not said else [_text(said)]
        parts += [{"type": "refusal", "refusal": refusal}] if refusal else []
        message = [self.message(parts)] if parts or not end.calls else []
        return [*message, *(_call(call) for call in end.calls)]

    def message(self, parts: list[Json], status: str = "completed") -> Json:
        return {"type": "message", "id": f"msg_{self.key}", "status": status, "role": "assistant", "content": parts}


async def response(asked: Asked, shape: Shape) -> JsonResponse:
    """The whole answer, or what went wrong."""
    try:
        end = await whole(asked.followed, stays=asked.stays)
    except AppError as error:
        return problem(error)
    return problem(error_of(end)) if failed(end) else JsonResponse(shape.over(end))


async def events(asked: Asked, shape: Shape) -> AsyncIterator[bytes]:
    """The answer as it is written; what goes wrong on the way is the last event."""
    numbers = count()

    def event(kind: str, **more: Any) -> bytes:
        data = orjson.dumps({"type": f"response.{kind}", "sequence_number": next(numbers), **more})
        return b"event: response." + kind.encode() + b"\ndata: " + data + b"\n\n"

    yield event("created", response=shape.begun())
    yield event("in_progress", response=shape.begun())
    place = {"output_index": 0, "item_id": f"msg_{shape.key}", "content_index": 0}
    text = ""
    try:
        async for piece in pieces(asked.followed, stays=asked.stays):
            if not piece:
                yield b": waiting\n\n"
                continue
            if not text:
                yield event("output_item.added", output_index=0, item=shape.message([], "in_progress"))
                yield event("content_part.added", **place, part=_text(""))
            text += piece
            yield event("output_text.delta", **place, delta=piece, logprobs=[])
    except AppError as error:
        told = {"code": error.code, "message": error.message}
        yield event("failed", response=shape.made("failed", [], error=told))
        return
    end = await ended(asked.followed)
    done = shape.over(end, text or None)
    for index, item in enumerate(done["output"]):
        for kind, more in _item_events(item, index, place, has_begun=bool(text)):
            yield event(kind, **more)
    yield event(done["status"] if done["status"] in ("completed", "incomplete") else "failed", response=done)


def _item_events(item: Json, index: int, place: Json, *, has_begun: bool) -> list[tuple[str, Json]]:
    """What is told of an item that is whole now; of a message, its parts. has_begun: its text came before."""
    at = {"output_index": index}
    if item["type"] == "function_call":
        call = {**at, "item_id": item["id"]}
        return [
            ("output_item.added", {**at, "item": {**item, "arguments": "", "status": "in_progress"}}),
            ("function_call_arguments.delta", {**call, "delta": item["arguments"]}),
            ("function_call_arguments.done", {**call, "arguments": item["arguments"], "name": item["name"]}),
            ("output_item.done", {**at, "item": item}),
        ]
    told: list[tuple[str, Json]] = []
    if not has_begun:
        told.append(("output_item.added", {**at, "item": {**item, "content": [], "status": "in_progress"}}))
    for number, part in enumerate(item["content"]):
        where = {**place, "content_index": number}
        if part["type"] == "refusal":
            told.append(("content_part.added", {**where, "part": {**part, "refusal": ""}}))
            told.append(("refusal.delta", {**where, "delta": part["refusal"]}))
            told.append(("refusal.done", {**where, "refusal": part["refusal"]}))
        else:
            told.append(("output_text.done", {**where, "text": part["text"], "logprobs": []}))
        told.append(("content_part.done", {**where, "part": part}))
    return [*told, ("output_item.done", {**at, "item": item})]


def _text(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(call: ToolCall) -> Json:
    return {"type": "function_call", "id": f"fc_{call.id}", "call_id": call.id, "name": call.name,
            "arguments": call.text, "status": "completed"}  # fmt: skip


def _usage(end: Ended) -> Mapping[str, Any]:
    return {
        "input_tokens": end.input_tokens,
        "input_tokens_details": {"cached_tokens": end.cached_tokens},
        "output_tokens": end.output_tokens,
        "output_tokens_details": {"reasoning_tokens": end.reasoning_tokens},
        "total_tokens": end.input_tokens + end.output_tokens,
    }
