"""Anthropic Messages."""

import re
from collections.abc import Mapping
from typing import Any, cast

import anthropic
import httpx2
import orjson

from automatos.llm.providers.anthropic_words import (
    messages,
    stop_words,
    system_text,
    untaken_by,
    wire_settings,
    without_thinking,
)
from automatos.llm.providers.base import LIMITS, TIMEOUT, Provider
from automatos.llm.providers.collected import Collected, count
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.types import FinishReason, ModelRequest, Usage

FINISH: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}
# Thinking is bound to its model, account and conversation, so a shortened conversation may lose it.
# https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting
FOREIGN_THINKING = re.compile(r"thinking.{0,40}block|signature", re.I | re.S)


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
        """At least one turn has to be the user's: a system text alone becomes it."""
        system, turns = system_text(request.messages), messages(request.messages, request.model)
        body: dict[str, Any] = {"model": model, "messages": turns, **wire_settings(model, request)}
        if not turns:
            body["messages"] = [{"role": "user", "content": system}]
        elif system:
            body["system"] = system
        if stream:
            body["stream"] = True
        return body

    def untaken(self, model: str, request: ModelRequest) -> list[str]:
        return untaken_by(model, request)

    async def send(self, model: str, body: dict[str, Any], headers: Mapping[str, str]) -> httpx2.Response:
        """Sent again at once without earlier thinking, when the vendor no longer knows that as its own."""
        try:
            return await self._post(body)
        except anthropic.BadRequestError as error:
            if not FOREIGN_THINKING.search(str(error.body)) or not without_thinking(body["messages"]):
                raise
            return await self._post(body)

    async def _post(self, body: dict[str, Any]) -> httpx2.Response:
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
        """Thinking and other blocks are kept as they are: they have to go back unchanged."""
        into.ordered = True
        into.served_model = answer.get("model") or ""
        for index, block in enumerate(answer.get("content") or ()):
            if block.get("type") == "text":
                into.order.append(("text", len(into.text)))
                into.text.append(block.get("text") or "")
            elif block.get("type") == "tool_use":
                into.call_piece(index, block["id"], block["name"], orjson.dumps(block.get("input") or {}).decode())
            else:
                into.block(index, block)
        _take_stop(answer, into)
        into.usage = _usage(answer.get("usage"), Usage())

    def read_event(self, event: dict[str, Any], into: Collected) -> str:
        """The usage of `message_delta` is the total so far, never a part to be added."""
        kind = event.get("type")
        if kind == "content_block_delta":
            delta = event["delta"]
            if delta["type"] == "text_delta":
                return str(delta["text"])
            _take_delta(event["index"], delta, into)
        elif kind == "content_block_start":
            return _take_start(event["index"], event["content_block"], into)
        elif kind == "message_start":
            into.ordered = True
            into.served_model = event["message"].get("model") or ""
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


def _take_start(index: int, block: dict[str, Any], into: Collected) -> str:
    if block["type"] == "text":
        into.order.append(("text", len(into.text)))
        return str(block.get("text") or "")
    if block["type"] == "tool_use":
        into.call_piece(index, block["id"], block["name"], "")
    else:
        into.block(index, dict(block))
    return ""


def _take_delta(index: int, delta: dict[str, Any], into: Collected) -> None:
    """More of a call or of thinking; a signature belongs to the thinking before it."""
    if delta["type"] == "input_json_delta":
        into.call_piece(index, "", "", delta["partial_json"])
    elif delta["type"] == "thinking_delta":
        block = into.blocks[index]
        block["thinking"] = (block.get("thinking") or "") + delta["thinking"]
        into.think(delta["thinking"])
    elif delta["type"] == "signature_delta":
        block = into.blocks[index]
        block["signature"] = (block.get("signature") or "") + delta["signature"]


def _take_stop(source: dict[str, Any], into: Collected) -> None:
    reason, explanation = stop_words(source)
    if reason:
        into.finish = FINISH.get(reason, "stop")
    if explanation:
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
