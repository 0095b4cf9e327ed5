"""One model vendor behind one interface. Adapters say how to ask and how to read; everything between is here.

The vendors' SDKs carry the request and know authentication; their answers are read raw, because building a model object
for each piece of a stream costs ten times the CPU.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from typing import Any

import aiohttp
import httpx2
import orjson

from automatos.llm.deltas import Listener
from automatos.llm.errors import ModelBadReply, ModelError
from automatos.llm.providers.collected import Collected
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.failures import Explainer, cannot_travel
from automatos.llm.text import Cleaner, clean
from automatos.llm.types import FinishReason, ModelReply, ModelRequest, is_set

CONNECT_SECONDS = 10.0
# The deadline of the whole call is kept outside, see retry.py; here only connecting has one of its own.
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_SECONDS)
LIMITS = httpx2.Limits(max_connections=10_000, max_keepalive_connections=1_000)
END_SECONDS = 0.5
SETTINGS = frozenset(item.name for item in fields(ModelRequest))
DECLINED = ("refusal", "content_filter")
# An answer that is JSON but not of the vendor's shape.
SHAPE_ERRORS = (AttributeError, TypeError, KeyError, IndexError, ValueError)
TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, OSError, RuntimeError)


class Provider(ABC):
    """A client of one endpoint, bound to the asyncio loop it is first used on."""

    path: str

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.explain = Explainer(label=endpoint.label, where=endpoint.where, key=endpoint.key, setting=endpoint.setting)

    @abstractmethod
    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """The request in the vendor's words."""

    @abstractmethod
    async def send(self, model: str, body: dict[str, Any], headers: Mapping[str, str]) -> httpx2.Response:
        """Send it through the SDK; comes back with the head of the answer. Raises whatever the SDK raises."""

    @abstractmethod
    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        """Take in a whole, unstreamed answer."""

    @abstractmethod
    def read_event(self, event: dict[str, Any], into: Collected) -> str:
        """Take in one event of a stream; returns the piece of text in it, perhaps empty."""

    def error_in(self, event: dict[str, Any]) -> object:
        """The error an answer or event tells, or None."""
        return event.get("error")

    @abstractmethod
    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        """(status, decoded body, headers) if this is the SDK's error for an answer with an error status."""

    @abstractmethod
    def untaken(self, model: str, request: ModelRequest) -> Iterable[str]:
        """The fields of a request that were not sent if they were set, because this model does not take them."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""

    async def attempt(self, model: str, request: ModelRequest, listener: Listener | None) -> ModelReply:
        """One try: the whole reply, or one of our errors. It is streamed to a listener. Cancelling it hangs up."""
        headers = {"Idempotency-Key": request.idempotency_key} if request.idempotency_key else {}
        response = await self._sent(model, self.body(model, request, listener is not None), headers)
        collected = Collected(listener)
        try:
            if listener is None:
                self._read_whole(model, await self._body(model, response), collected)
            else:
                await self._stream(model, response, collected, listener)
            self._check(model, request, collected)
        except ModelError as error:
            # What came in has to be paid for, whatever it is worth.
            error.reply = self._reply(model, request, collected)
            raise
        finally:
            await response.aclose()
        return self._reply(model, request, collected)

    async def _sent(self, model: str, body: dict[str, Any], headers: Mapping[str, str]) -> httpx2.Response:
        try:
            return await self.send(model, body, headers)
        except Exception as error:
            answer = self.status_error(error)
            if answer is not None:
                raise self.explain.status(model, *answer) from error
            if cannot_travel(error):
                raise self.explain.not_sent(model, error) from error
            raise self.explain.no_connection(error) from error

    async def _body(self, model: str, response: httpx2.Response) -> bytes:
        try:
            return await response.aread()
        except TRANSPORT_ERRORS as error:
            raise self.explain.cut(model, error) from error

    def _read_whole(self, model: str, data: bytes, into: Collected) -> None:
        answer = self._decode(model, data)
        if error := self.error_in(answer):
            raise self.explain.in_stream(model, error)
        try:
            self.read_whole(answer, into)
        except SHAPE_ERRORS as error:
            raise self.explain.malformed(model) from error

    async def _stream(self, model: str, response: httpx2.Response, into: Collected, listener: Listener) -> None:
        cleaner, lines, chunks, done = Cleaner(), DataLines(), response.aiter_bytes(), False
        while not done:
            chunk = await self._next(model, chunks)
            done = chunk is None
            for data in lines.feed(chunk):
                if data == b"[DONE]":
                    done = True
                    break
                piece = cleaner.feed(self._read_event(model, data, into))
                if piece:
                    into.text.append(piece)
                    listener.text(piece)
        if rest := cleaner.rest():
            into.text.append(rest)
            listener.text(rest)
        # Reading to the very end lets the connection be used again; a server that keeps it open is not waited for.
        with suppress(TimeoutError, ModelBadReply):
            async with asyncio.timeout(END_SECONDS):
                while chunk is not None:
                    chunk = await self._next(model, chunks)

    async def _next(self, model: str, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            return await anext(chunks, None)
        except TRANSPORT_ERRORS as error:
            raise self.explain.cut(model, error) from error

    def _read_event(self, model: str, data: bytes, into: Collected) -> str:
        event = self._decode(model, data)
        if error := self.error_in(event):
            raise self.explain.in_stream(model, error)
        try:
            return self.read_event(event, into)
        except SHAPE_ERRORS as error:
            raise self.explain.malformed(model) from error

    def _decode(self, model: str, data: bytes) -> dict[str, Any]:
        try:
            value = orjson.loads(data)
        except ValueError:
            # orjson is strict about lone surrogates and bytes that are no UTF-8; the answer is worth a second look.
            try:
                value = json.loads(data.decode(errors="replace"))
            except ValueError as error:
                raise self.explain.malformed(model) from error
        if not isinstance(value, dict):
            raise self.explain.malformed(model)
        return value

    def _check(self, model: str, request: ModelRequest, got: Collected) -> None:
        """Raises one of our errors when what came in is no answer."""
        label = f"{model} at {self.endpoint.label}"
        if got.refusal or got.finish in DECLINED:
            raise self.explain.refused(model, clean("".join(got.refusal)))
        if got.finish is None:
            raise self.explain.cut(model)
        if got.calls:
            return
        text = "".join(got.text)
        if not text.strip():
            if got.finish == "length":
                raise ModelBadReply(
                    f"{label} used up its {request.max_tokens} tokens before the answer began. Allow more tokens."
                )
            raise ModelBadReply(f"{label} sent an empty answer.")
        if request.response_schema is not None:
            _check_json(text, label, got.finish)

    def _reply(self, model: str, request: ModelRequest, got: Collected) -> ModelReply:
        finish = "refusal" if got.refusal else got.finish or "cut"
        return ModelReply(
            text=clean("".join(got.text)),
            model=request.model,
            finish_reason=finish,
            usage=got.usage,
            tool_calls=got.tool_calls() if got.calls else (),
            parts=got.parts(request.model) if got.order else (),
            served_model=got.served_model,
            ignored_parameters=self._ignored(model, request),
        )

    def _ignored(self, model: str, request: ModelRequest) -> tuple[str, ...]:
        names = dict.fromkeys(self.untaken(model, request))
        return tuple(name for name in names if name in SETTINGS and is_set(request, name))


class DataLines:
    """Cuts a stream of server-sent events into the contents of its `data:` lines, wherever its chunks break."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes | None) -> list[bytes]:
        """The lines completed by this chunk; None at the end completes the last one."""
        lines = (self._rest + (b"\n" if chunk is None else chunk)).split(b"\n")
        self._rest = lines.pop()
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]


def _check_json(text: str, label: str, finish: FinishReason) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        why = "ran out of tokens in the middle of" if finish == "length" else "did not keep to"
        raise ModelBadReply(f"{label} {why} the structured answer it was asked for.") from error
