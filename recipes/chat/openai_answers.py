"""Answers of an agent in the shapes of OpenAI's chat completions: whole, in chunks, and errors."""

import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import JsonResponse

from automatos.errors import AppError
from automatos.llm.parts import ToolCall
from recipes.chat.openai_tools import Stopper
from recipes.chat.stream import Ended, ended, pieces, whole
from recipes.live.following import Followed
from recipes.models import Execution

KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
STATUS_OF = {
    "approval_required": 409,
    "cancelled": 409,
    "limit_reached": 409,
    "agent_unusable": 409,
    "model_rate_limited": 429,
    "model_overloaded": 503,
    "model_unavailable": 503,
    "model_timeout": 504,
}
# OpenAI's clients send again by themselves what failed with one of their statuses. A run that was begun and cost money
# is not begun again for a reason that stays the same.
STAYS = {"x-should-retry": "false"}
REFUSED = "model_refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """The run that answers. model: as the client named it; stays: whether the run goes on when the client leaves.

    stops: texts at which the answer ends.
    """

    execution_id: str
    model: str
    followed: Followed
    stays: bool
    stops: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        execution: Execution,
        model: str,
        *,
        stays: bool,
        stops: tuple[str, ...] = (),
        allowed: Callable[[], bool] | None = None,
    ) -> "Asked":
        """The answer of this run; allowed: whether whoever asked may still have it."""
        followed = Followed(execution.pk, execution.workspace_id, allowed)
        return cls(execution.pk.hex, model, followed, stays, stops)

    def head(self, kind: str) -> dict[str, Any]:
        """What every object about it begins with."""
        return {
            "id": f"chatcmpl-{self.execution_id}",
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
        }


async def completion(asked: Asked) -> JsonResponse:
    """The whole answer, or what went wrong."""
    try:
        end = await whole(asked.followed, stays=asked.stays)
    except AppError as error:
        return problem(error)
    if failed(end):
        return problem(error_of(end))
    stopper = Stopper(asked.stops)
    text = stopper.feed(end.text) + stopper.rest()
    # What a filter broke off is no content in their words; it stays with the run.
    content = None if end.error else text or None
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal_of(end)}
    if end.calls:
        message["tool_calls"] = [_call(call) for call in end.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(end)}
    return JsonResponse({**asked.head("chat.completion"), "choices": [choice], "usage": _usage(end)})


async def chunks(asked: Asked, *, include_usage: bool) -> AsyncIterator[bytes]:
    """The answer as it is written; what goes wrong on the way is an event of its own, as at OpenAI's."""
    head = asked.head("chat.completion.chunk")
    usage = {"usage": None} if include_usage else {}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _data({**head, "choices": [choice], **usage})

    stopper = Stopper(asked.stops)
    yield chunk({"role": "assistant", "content": ""})
    try:
        async for text in pieces(asked.followed, stays=asked.stays):
            if shown := stopper.feed(text):
                yield chunk({"content": shown})
            elif not text:
                yield b": waiting\n\n"
    except AppError as error:
        yield _data(error_body(error))
        return
    end = await ended(asked.followed)
    if failed(end):
        yield _data(error_body(error_of(end)))
        return
    if shown := stopper.rest():
        yield chunk({"content": shown})
    if end.calls:
        calls = [{"index": index, **_call(call)} for index, call in enumerate(end.calls)]
        yield chunk({"tool_calls": calls})
    if refusal := refusal_of(end):
        yield chunk({"refusal": refusal})
    yield chunk({}, _reason(end))
    if include_usage:
        yield _data({**head, "choices": [], "usage": _usage(end)})
    yield b"data: [DONE]\n\n"


def problem(error: AppError) -> JsonResponse:
    """An error as an answer."""
    headers = {} if error.retryable else dict(STAYS)
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return JsonResponse(error_body(error), status=error.http_status, headers=headers)


def error_body(error: AppError, param: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's shape."""
    status = error.http_status
    kind = KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    param = param or next(iter(error.fields), None)
    return {"error": {"message": error.message, "type": kind, "param": param, "code": error.code}}


def failed(end: Ended) -> bool:
    """Whether it gave no answer; a refusal is one."""
    return end.error is not None and end.error["code"] != REFUSED


def refusal_of(end: Ended) -> str | None:
    """What the model said instead of an answer."""
    return end.error["message"] if end.error else None


def error_of(end: Ended) -> AppError:
    """What a run came to that gave no answer."""
    told = end.error or {"code": "error", "message": "There is no answer."}
    error = AppError(told["message"], code=told["code"])
    error.http_status = STATUS_OF.get(error.code, 502)
    error.retryable = error.http_status in (429, 503)
    return error


def _reason(end: Ended) -> str:
    """In OpenAI's words; a refusal ends by itself, a filter breaks off."""
    if end.calls:
        return "tool_calls"
    return end.finish_reason if end.finish_reason in ("length", "content_filter") else "stop"


def _call(call: ToolCall) -> dict[str, Any]:
    """A call of a client's tool, as it is handed out."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}


def _usage(end: Ended) -> dict[str, Any]:
    return {
        "prompt_tokens": end.input_tokens,
        "completion_tokens": end.output_tokens,
        "total_tokens": end.input_tokens + end.output_tokens,
        "prompt_tokens_details": {"cached_tokens": end.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": end.reasoning_tokens},
    }


def _data(body: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"
