"""OpenAI Chat Completions, and every server that speaks it."""

import re
from collections.abc import Mapping
from typing import Any, cast

import httpx2
import openai

from automatos.llm.base import LIMITS, TIMEOUT, Collected, Endpoint, Provider, count
from automatos.llm.text import clean
from automatos.llm.types import FinishReason, Message, ModelRequest, Usage

FINISH: dict[str, FinishReason] = {"length": "length", "content_filter": "refusal"}
# Models that think first take another name for the limit; the older name is the one that other servers know.
THINKERS = re.compile(r"^(o\d|gpt-([5-9]|\d\d))")
# Left out, once and for all later calls, when the vendor says that a model does not take them.
OPTIONAL = frozenset({
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "stream_options", "max_tokens",
    "max_completion_tokens", "parallel_tool_calls",
})  # fmt: skip


class OpenAIProvider(Provider):
    """Speaks through the `openai` SDK on its aiohttp transport."""

    path = "/chat/completions"

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._untaken: dict[str, set[str]] = {}
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.key,
            base_url=endpoint.base_url,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=openai.DefaultAioHttpClient(limits=LIMITS, timeout=TIMEOUT, follow_redirects=False),
        )

    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """Settings left at None are not sent."""
        body: dict[str, Any] = {"model": model, "messages": [_message(message) for message in request.messages]}
        body["max_completion_tokens" if THINKERS.match(model) else "max_tokens"] = request.max_tokens
        for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty"):
            value = getattr(request, name)
            if value is not None:
                body[name] = value
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in request.tools
            ]
        if request.response_schema is not None:
            schema = request.response_schema
            described = {"name": "answer", "schema": schema, "strict": _is_strict(schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        for name in self._untaken.get(model, ()):
            _leave_out(body, name)
        return body

    async def send(self, model: str, body: dict[str, Any], headers: Mapping[str, str]) -> httpx2.Response:
        """Sent again at once, without it, when the vendor names a parameter this model does not take."""
        while True:
            try:
                # With this cast the SDK hands out the response itself, unread; its types do not say so.
                response = await self._client.post(
                    self.path,
                    cast_to=httpx2.Response,
                    body=body,
                    options={"headers": headers},
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
                return cast(httpx2.Response, response)
            except openai.BadRequestError as error:
                name = _untaken(error)
                if name not in OPTIONAL or name not in body:
                    raise
                self._untaken.setdefault(model, set()).add(name)
                _leave_out(body, name)

    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        """The first choice counts."""
        choice: dict[str, Any] = next(iter(answer.get("choices") or ()), {})
        message = choice.get("message") or {}
        if message.get("content"):
            into.text.append(message["content"])
        if message.get("refusal"):
            into.refusal.append(message["refusal"])
        _take_calls(message, into)
        _take_finish(choice, into)
        _take_usage(answer, into)

    def read_event(self, event: dict[str, Any], into: Collected) -> str:
        """Usage comes in a last event without choices."""
        _take_usage(event, into)
        choice = next(iter(event.get("choices") or ()), None)
        if choice is None:
            return ""
        delta = choice.get("delta") or {}
        if delta.get("refusal"):
            into.refusal.append(delta["refusal"])
        _take_calls(delta, into)
        _take_finish(choice, into)
        return delta.get("content") or ""

    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        if isinstance(error, openai.APIStatusError):
            return error.status_code, error.body, error.response.headers
        return None

    async def close(self) -> None:
        await self._client.close()


def _message(message: Message) -> dict[str, Any]:
    content: str | None = clean(message.content)
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": content}
    if message.tool_calls:
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        return {"role": "assistant", "content": content or None, "tool_calls": calls}
    return {"role": message.role, "content": content}


def _take_calls(source: Mapping[str, Any], into: Collected) -> None:
    """Fragments belong together by index; the first one brings id and name. Some servers leave the index out."""
    for position, part in enumerate(source.get("tool_calls") or ()):
        index = part.get("index")
        index = position if index is None else index
        function = part.get("function") or {}
        id, name, pieces = into.calls.get(index, ("", "", []))
        pieces.append(function.get("arguments") or "")
        into.calls[index] = (part.get("id") or id or f"call_{index}", function.get("name") or name, pieces)


def _take_finish(choice: Mapping[str, Any], into: Collected) -> None:
    reason = choice.get("finish_reason")
    if reason:
        # Several servers say `stop` after tool calls, so the calls themselves decide.
        into.finish = FINISH.get(reason) or ("tool_calls" if into.calls else "stop")


def _take_usage(source: Mapping[str, Any], into: Collected) -> None:
    usage = source.get("usage")
    if usage:
        details, made = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
        into.usage = Usage(
            input_tokens=count(usage, "prompt_tokens"),
            output_tokens=count(usage, "completion_tokens"),
            cached_tokens=count(details, "cached_tokens"),
            cache_write_tokens=count(details, "cache_write_tokens"),
            reasoning_tokens=count(made, "reasoning_tokens"),
        )


def _untaken(error: openai.BadRequestError) -> str:
    """The name of the parameter the vendor says this model does not support, or empty."""
    body = error.body if isinstance(error.body, Mapping) else {}
    return str(body.get("param") or "") if str(body.get("code") or "").startswith("unsupported") else ""


def _leave_out(body: dict[str, Any], name: str) -> None:
    value = body.pop(name, None)
    if name == "max_tokens" and value is not None:
        body["max_completion_tokens"] = value


def _is_strict(schema: object) -> bool:
    """Whether the vendor can enforce a schema: every object closed, every property required."""
    if isinstance(schema, list):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or set(schema.get("required") or ()) != set(schema.get("properties") or ())
    ):
        return False
    return all(_is_strict(part) for part in schema.values())
