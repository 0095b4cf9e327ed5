"""Anthropic Messages."""

from collections.abc import Mapping
from typing import Any, cast

import anthropic
import httpx2
import orjson

from automatos.llm.base import LIMITS, TIMEOUT, Collected, Endpoint, Provider, count
from automatos.llm.text import clean
from automatos.llm.types import FinishReason, Message, ModelRequest, Usage

FINISH: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}


class AnthropicProvider(Provider):
    """Speaks through the `anthropic` SDK on its aiohttp transport."""

    path = "/v1/messages"

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        # The key is passed even when empty: without one the SDK would look for profiles on disk.
        self._client = anthropic.AsyncAnthropic(
            api_key=endpoint.key,
            base_url=endpoint.base_url,
            max_retries=0,
            timeout=TIMEOUT,
            open_telemetry=False,
            http_client=anthropic.DefaultAioHttpClient(limits=LIMITS, timeout=TIMEOUT, follow_redirects=False),
        )

    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """Temperature, top_p and penalties are left out: this vendor no longer takes them."""
        system = "\n\n".join(clean(message.content) for message in request.messages if message.role == "system")
        messages = _messages([message for message in request.messages if message.role != "system"])
        body: dict[str, Any] = {"model": model, "max_tokens": request.max_tokens, "messages": messages}
        if not messages:
            # At least one turn has to be the user's.
            body["messages"] = [{"role": "user", "content": system}]
        elif system:
            body["system"] = system
        if request.tools:
            body["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in request.tools
            ]
        if request.response_schema is not None:
            schema = _closed(request.response_schema)
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        if stream:
            body["stream"] = True
        return body

    async def send(self, model: str, body: dict[str, Any], headers: Mapping[str, str]) -> httpx2.Response:
        # With this cast the SDK hands out the response itself, unread; its types do not say so.
        response = await self._client.post(
            self.path,
            cast_to=httpx2.Response,
            body=body,
            stream=True,
            stream_cls=anthropic.AsyncStream[Any],
        )
        return cast(httpx2.Response, response)

    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        """Text blocks are joined; thinking is left out."""
        for index, block in enumerate(answer.get("content") or ()):
            if block.get("type") == "text":
                into.text.append(block.get("text") or "")
            elif block.get("type") == "tool_use":
                arguments = orjson.dumps(block.get("input") or {}).decode()
                into.calls[index] = (block["id"], block["name"], [arguments])
        _take_stop(answer, into)
        into.usage = _usage(answer.get("usage"), Usage())

    def read_event(self, event: dict[str, Any], into: Collected) -> str:
        """The usage of `message_delta` is the total so far, never a part to be added."""
        kind = event.get("type")
        if kind == "content_block_delta":
            delta = event["delta"]
            if delta["type"] == "text_delta":
                return str(delta["text"])
            if delta["type"] == "input_json_delta":
                into.calls[event["index"]][2].append(delta["partial_json"])
        elif kind == "content_block_start":
            block = event["content_block"]
            if block["type"] == "text":
                return str(block.get("text") or "")
            if block["type"] == "tool_use":
                into.calls[event["index"]] = (block["id"], block["name"], [])
        elif kind == "message_start":
            into.usage = _usage(event["message"].get("usage"), Usage())
        elif kind == "message_delta":
            _take_stop(event["delta"], into)
            into.usage = _usage(event.get("usage"), into.usage)
        return ""

    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        if isinstance(error, anthropic.APIStatusError):
            return error.status_code, error.body, error.response.headers
        return None

    async def close(self) -> None:
        await self._client.close()


def _messages(messages: list[Message]) -> list[dict[str, Any]]:
    """Turns of user and assistant; results of tools are the user's, those of one turn in one message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "tool":
            text = clean(message.content)
            block = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": text}
            if turns and isinstance(turns[-1]["content"], list) and turns[-1]["role"] == "user":
                turns[-1]["content"].append(block)
            else:
                turns.append({"role": "user", "content": [block]})
        elif message.tool_calls:
            turns.append({"role": "assistant", "content": _called(message)})
        elif message.content:
            # An empty text is refused by the vendor, and says nothing.
            turns.append({"role": message.role, "content": clean(message.content)})
    return turns


def _called(message: Message) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": clean(message.content)}] if message.content else []
    for call in message.tool_calls:
        blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": _arguments(call.arguments)})
    return blocks


def _arguments(text: str) -> dict[str, Any]:
    """The object this vendor wants; what the model wrote wrongly is kept in it so that it can see its mistake."""
    try:
        value = orjson.loads(text)
    except ValueError:
        value = text
    return value if isinstance(value, dict) else {"malformed_arguments": value}


def _take_stop(source: Mapping[str, Any], into: Collected) -> None:
    reason = source.get("stop_reason")
    if reason:
        into.finish = FINISH.get(reason, "stop")
    explanation = (source.get("stop_details") or {}).get("explanation")
    if explanation and reason == "refusal":
        into.refusal.append(explanation)


def _usage(raw: Mapping[str, Any] | None, before: Usage) -> Usage:
    """Input is counted without what was read from or written to the cache; we count all of it. Missing: as before."""
    if not raw:
        return before
    read, written, fresh = (
        count(raw, "cache_read_input_tokens"),
        count(raw, "cache_creation_input_tokens"),
        count(raw, "input_tokens"),
    )
    has_input = raw.get("input_tokens") is not None
    return Usage(
        input_tokens=fresh + read + written if has_input else before.input_tokens,
        output_tokens=count(raw, "output_tokens"),
        cached_tokens=read if has_input else before.cached_tokens,
        cache_write_tokens=written if has_input else before.cache_write_tokens,
        reasoning_tokens=count(raw.get("output_tokens_details"), "thinking_tokens"),
    )


def _closed(schema: Any) -> Any:
    """The schema with every object closed to further properties, as this vendor demands."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
