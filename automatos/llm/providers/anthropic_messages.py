"""Anthropic Messages."""

import re
from collections.abc import Mapping
from typing import Any, cast

import anthropic
import httpx2

from automatos.llm.providers.anthropic_words import (
    messages,
    stop_words,
    system_text,
    untaken_by,
    wire_settings,
    without_thinking,
)
from automatos.llm.providers.base import LIMITS, TIMEOUT, Outgoing, Provider, capped
from automatos.llm.providers.collected import Collected
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.sending import watched
from automatos.llm.providers.shapes import Counted, arguments_text, count, ending, mapping, mappings, said, text
from automatos.llm.types import ModelRequest

UNKNOWN_REASON = "The answer ended with “{word}”, which is not known here."
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
            http_client=watched(
                anthropic.DefaultAioHttpClient(
                    limits=LIMITS, timeout=TIMEOUT, follow_redirects=False, event_hooks=capped()
                )
            ),
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

    async def send(self, outgoing: Outgoing) -> httpx2.Response:
        """Sent again at once without earlier thinking, when the vendor no longer knows that as its own."""
        body = outgoing.body
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
        into.served_model = text(answer.get("model"))
        content = answer.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        elif content and not mappings(content):
            raise ValueError("content that is no list of blocks")
        for index, block in enumerate(mappings(content) if content else ()):
            _take_start(index, block, into)
        _take_stop(answer, into)
        into.count(_counted(answer.get("usage")))

    def read_event(self, event: dict[str, Any], into: Collected) -> None:
        """The usage of `message_delta` is the total so far, never a part to be added."""
        kind = event.get("type")
        if kind == "content_block_delta":
            _take_delta(_index(event, into), mapping(event["delta"]), into)
        elif kind == "content_block_start":
            _take_start(_index(event, into, starts=True), mapping(event["content_block"]), into)
        elif kind == "message_start":
            into.ordered = True
            into.served_model = text(event["message"].get("model"))
            into.count(_counted(event["message"].get("usage")))
        elif kind == "message_delta":
            _take_stop(event["delta"], into)
            into.count(_counted(event.get("usage")))
        elif kind == "message_stop":
            into.ended = True
        elif kind == "message":
            # A whole answer although a stream was asked for.
            self.read_whole(event, into)
        elif event.get("usage"):
            into.count(_counted(event["usage"]))

    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        if isinstance(error, anthropic.APIStatusError):
            return error.status_code, error.body, error.response.headers
        return None

    async def close(self) -> None:
        await self._client.close()


def _index(event: Mapping[str, Any], into: Collected, *, starts: bool = False) -> int:
    """The position of a block; where the server leaves it out, the last one's or the next."""
    index = event.get("index")
    if isinstance(index, int):
        into.last_index = index
    elif starts:
        into.last_index += 1
    return max(0, into.last_index)


def _take_start(index: int, block: Mapping[str, Any], into: Collected) -> None:
    if block["type"] == "text":
        into.order.append(("text", len(into.text)))
        into.say(said(block.get("text")).text)
    elif block["type"] == "tool_use":
        # A stream begins with an empty object and brings the arguments in pieces.
        given = arguments_text(block.get("input") or None)
        into.call_piece(index, str(block.get("id") or ""), text(block.get("name")), given)
    else:
        into.block(index, dict(block))
        into.show_thinking(text(block.get("thinking")))


def _take_delta(index: int, delta: Mapping[str, Any], into: Collected) -> None:
    """More of a text, a call or thinking; a signature belongs to the thinking before it."""
    kind = delta["type"]
    if kind == "text_delta":
        if not any(item[0] == "text" for item in into.order):
            into.order.append(("text", len(into.text)))
        into.say(said(delta["text"]).text)
    elif kind == "input_json_delta":
        into.call_piece(index, "", "", arguments_text(delta["partial_json"]))
    elif kind in ("thinking_delta", "signature_delta"):
        name = kind.removesuffix("_delta")
        if index not in into.blocks:
            into.block(index, {"type": "thinking", "thinking": ""})
        block = into.blocks[index]
        block[name] = (block.get(name) or "") + delta[name]
        into.show_thinking(delta["thinking"] if name == "thinking" else "")


def _take_stop(source: Mapping[str, Any], into: Collected) -> None:
    reason, explanation = stop_words(dict(source))
    known, unknown = ending(reason)
    if known:
        into.finish = known
    if unknown:
        into.note(UNKNOWN_REASON.format(word=unknown))
    if explanation:
        into.refusal.append(explanation)


def _counted(usage: object) -> Counted:
    """Input is counted without what was read from or written to the cache; we count all of it."""
    fresh = count(usage, "input_tokens")
    read, written = (count(usage, name) or 0 for name in ("cache_read_input_tokens", "cache_creation_input_tokens"))
    made = count(usage, "output_tokens")
    reasoning = count(mapping(usage).get("output_tokens_details"), "thinking_tokens") or 0
    return Counted(None if fresh is None else fresh + read + written, made, read, written, reasoning)
