"""OpenAI Chat Completions, and every server that speaks it."""

from collections.abc import Mapping
from typing import Any, cast

import httpx2
import openai

from automatos.llm.deltas import Listener
from automatos.llm.errors import ModelNotFound
from automatos.llm.families import OPENAI_THINKERS
from automatos.llm.providers.base import Provider
from automatos.llm.providers.collected import Collected, count
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.openai_responses import ResponsesProvider, client
from automatos.llm.providers.openai_words import UNTHINKING_TOOLS, leave_out, messages, untaken_by, wire_settings
from automatos.llm.types import FinishReason, ModelReply, ModelRequest, Usage

FINISH: dict[str, FinishReason] = {"length": "length", "content_filter": "content_filter"}
# Left out, once and for all later calls, when the vendor says that a model does not take them.
OPTIONAL = frozenset({
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "stream_options", "max_tokens",
    "max_completion_tokens", "parallel_tool_calls", "reasoning_effort",
})  # fmt: skip
# Thinking has no position among the calls.
THINKING_AT = -1


class OpenAIProvider(Provider):
    """Speaks through the `openai` SDK on its aiohttp transport."""

    path = "/chat/completions"
    has_responses = True

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        # By model: what its vendor said it does not take, by the wire's names.
        self._untaken: dict[str, list[str]] = {}
        self._client = self.connect(endpoint)
        # Thinkers take calls of tools well, or at all, only on the newer wire.
        self._responses = ResponsesProvider(endpoint, self._client)
        self._chat_only: set[str] = set()

    def connect(self, endpoint: Endpoint) -> openai.AsyncOpenAI:
        """The SDK's client of this endpoint."""
        return client(endpoint)

    async def attempt(self, model: str, request: ModelRequest, listener: Listener | None) -> ModelReply:
        """Models that think are asked by Responses, where the server has that; the others by Chat Completions."""
        if self.has_responses and OPENAI_THINKERS.match(model) and model not in self._chat_only:
            try:
                return await self._responses.attempt(model, request, listener)
            except ModelNotFound:
                self._chat_only.add(model)
        return await super().attempt(model, request, listener)

    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """Settings left at their defaults are not sent."""
        body: dict[str, Any] = {"model": model, "messages": messages(request.messages, request.model)}
        body |= wire_settings(model, request)
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        for name in self._untaken.get(model, ()):
            leave_out(body, name)
        return body

    def untaken(self, model: str, request: ModelRequest) -> list[str]:
        return untaken_by(model, request, self._untaken.get(model, ()))

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
                name = _untaken(error, body)
                if not name:
                    raise
                self._untaken.setdefault(model, []).append(name)
                leave_out(body, name)

    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        """The first choice counts."""
        choice: dict[str, Any] = next(iter(answer.get("choices") or ()), {})
        message = choice.get("message") or {}
        into.served_model = answer.get("model") or ""
        _take_thinking(message, into)
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
        if not into.served_model:
            into.served_model = event.get("model") or ""
        choice = next(iter(event.get("choices") or ()), None)
        if choice is None:
            return ""
        delta = choice.get("delta") or {}
        _take_thinking(delta, into)
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


def _take_thinking(source: Mapping[str, Any], into: Collected) -> None:
    """Several servers of open models show what the model thinks, and want it back with the results of its calls."""
    text = source.get("reasoning_content")
    if text:
        if THINKING_AT not in into.blocks:
            into.block(THINKING_AT, {"reasoning_content": ""})
        into.blocks[THINKING_AT]["reasoning_content"] += text
        into.think(text)


def _take_calls(source: Mapping[str, Any], into: Collected) -> None:
    """Fragments belong together by index; the first one brings id and name. Some servers leave the index out."""
    for position, part in enumerate(source.get("tool_calls") or ()):
        index = part.get("index")
        function = part.get("function") or {}
        into.call_piece(
            position if index is None else index,
            part.get("id") or "",
            function.get("name") or "",
            function.get("arguments") or "",
        )


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


def _untaken(error: openai.BadRequestError, body: Mapping[str, Any]) -> str:
    """What the vendor says this model does not support and can be left out, or empty."""
    said = error.body if isinstance(error.body, Mapping) else {}
    name = str(said.get("param") or "")
    if name == "reasoning_effort" and "unction tools" in str(said.get("message")):
        return UNTHINKING_TOOLS if body.get("reasoning_effort") != "none" else ""
    unsupported = str(said.get("code") or "").startswith("unsupported")
    return name if unsupported and name in OPTIONAL and name in body else ""
