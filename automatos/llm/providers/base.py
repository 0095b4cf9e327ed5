"""One model vendor behind one interface. Adapters say how to ask and how to read; everything between is here.

The vendors' SDKs carry the request and know authentication; their answers are read raw, because building a model object
for each piece of a stream costs ten times the CPU.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

import httpx2

from automatos.llm.deltas import Listener
from automatos.llm.errors import ModelBadReply, ModelError
from automatos.llm.providers.collected import Collected, usage_of
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.failures import Explainer, cannot_travel
from automatos.llm.providers.reading import Reader, Wire, plain_error
from automatos.llm.providers.refusals import notes_of
from automatos.llm.text import clean
from automatos.llm.tokens import estimate_request, estimate_tokens
from automatos.llm.types import FinishReason, ModelReply, ModelRequest, Usage, is_set

CONNECT_SECONDS = 10.0
# The deadline of the whole call is kept outside, see retry.py; here only connecting has one of its own.
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_SECONDS)
LIMITS = httpx2.Limits(max_connections=10_000, max_keepalive_connections=1_000)
SETTINGS = frozenset(item.name for item in fields(ModelRequest))
DECLINED = ("refusal", "content_filter")
# Bytes of an error's body that are read: the SDKs read all of it before they raise.
MOST_ERROR_BYTES = 1_000_000
FIRST_ERROR_STATUS = 400
ESTIMATED = "told no usage, so the tokens are estimated."
NO_REASON = "gave no reason for the end of the answer."


@dataclass(slots=True)
class Outgoing:
    """A request on its way. left_out: what the server does not take of it, by the names in `refusals`."""

    model: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    left_out: list[str] = field(default_factory=list)


class _FirstPart(httpx2.AsyncByteStream):
    """The beginning of a stream; what comes after it is never read."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for chunk in self._stream:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _cap_errors(response: httpx2.Response) -> None:
    if response.status_code >= FIRST_ERROR_STATUS and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _FirstPart(response.stream, MOST_ERROR_BYTES)


def capped() -> dict[str, list[Any]]:
    """Hooks for an HTTP client of an SDK: no error's body is read beyond its first part."""
    return {"response": [_cap_errors]}


class Provider(ABC):
    """A client of one endpoint, bound to the asyncio loop it is first used on."""

    path: str

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.explain = Explainer(label=endpoint.label, where=endpoint.where, key=endpoint.key, setting=endpoint.setting)
        self.wire = Wire(self.read_whole, self.read_event, self.error_in)

    @abstractmethod
    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """The request in the vendor's words."""

    @abstractmethod
    async def send(self, outgoing: Outgoing) -> httpx2.Response:
        """Send it through the SDK; comes back with the head of the answer. Raises whatever the SDK raises."""

    @abstractmethod
    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        """Take in a whole, unstreamed answer."""

    @abstractmethod
    def read_event(self, event: dict[str, Any], into: Collected) -> None:
        """Take in one event of a stream."""

    def error_in(self, event: dict[str, Any]) -> object:
        """The error an answer or event tells, or None."""
        return plain_error(event)

    @abstractmethod
    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        """(status, decoded body, headers) if this is the SDK's error for an answer with an error status."""

    @abstractmethod
    def untaken(self, model: str, request: ModelRequest) -> Iterable[str]:
        """The fields of a request that were not sent if they were set, because this model does not take them."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""

    def collected(self, listener: Listener | None) -> Collected:
        """An empty answer."""
        return Collected(listener)

    async def attempt(self, model: str, request: ModelRequest, listener: Listener | None) -> ModelReply:
        """One try: the whole reply, or one of our errors. It is streamed to a listener. Cancelling it hangs up."""
        headers = {"Idempotency-Key": request.idempotency_key} if request.idempotency_key else {}
        outgoing = Outgoing(model, self.body(model, request, listener is not None), headers)
        response = await self._sent(outgoing)
        got = self.collected(listener)
        got.notes += notes_of(self.explain.name, outgoing.left_out)
        try:
            await Reader(self.wire, got, self.explain, model, request.max_tokens).read(response)
            self._check(model, request, got)
        except ModelError as error:
            # What came in has to be paid for, whatever it is worth.
            error.reply = self._reply(model, request, got)
            raise
        except asyncio.CancelledError:
            if listener is not None and not got.is_empty:
                listener.partial = self._reply(model, request, got)
            raise
        finally:
            await response.aclose()
        return self._reply(model, request, got)

    async def _sent(self, outgoing: Outgoing) -> httpx2.Response:
        model = outgoing.model
        try:
            return await self.send(outgoing)
        except Exception as error:
            answer = self.status_error(error)
            if answer is not None:
                raise self.explain.status(model, *answer) from error
            if cannot_travel(error):
                raise self.explain.not_sent(model, error) from error
            raise self.explain.no_connection(error) from error

    def _check(self, model: str, request: ModelRequest, got: Collected) -> None:
        """Raises one of our errors when what came in is no answer."""
        label = f"{model} at {self.endpoint.label}"
        if got.refusal or got.finish in DECLINED:
            raise self.explain.refused(model, clean("".join(got.refusal)))
        if got.broke or got.finish == "error":
            raise self.explain.in_stream(model, got.broke or {}, begun=True)
        if got.finish is None:
            self._end(model, got)
        if got.calls:
            return
        text = "".join(got.text)
        if not text.strip():
            if got.finish == "length":
                raise ModelBadReply(
                    f"{label} used up its {request.max_tokens} tokens before the answer began. Allow more tokens."
                )
            if got.thought:
                raise ModelBadReply(f"{label} thought, but sent an empty answer. Ask it to think less, or ask again.")
            raise ModelBadReply(f"{label} sent an empty answer.")
        if request.response_schema is not None:
            _check_json(text, label, got.finish)

    def _end(self, model: str, got: Collected) -> None:
        """An answer that ended without a reason is whole only where the server said that this is the end."""
        if not got.ended or any(call.error for call in got.tool_calls()):
            raise self.explain.cut(model)
        got.finish = "tool_calls" if got.calls else "stop"
        if got.calls or got.text:
            got.note(f"{self.explain.name} {NO_REASON}")

    def _reply(self, model: str, request: ModelRequest, got: Collected) -> ModelReply:
        finish: FinishReason = "cut" if got.finish is None or got.finish == "error" or got.broke else got.finish
        reply = ModelReply(
            text=clean("".join(got.text)),
            model=request.model,
            finish_reason="refusal" if got.refusal else finish,
            cost=got.counts.cost or Decimal(0),
            tool_calls=got.tool_calls() if got.calls else (),
            parts=got.parts(request.model),
            served_model=clean(got.served_model)[:200],
            ignored_parameters=self._ignored(model, request),
        )
        usage = _usage(request, got, reply)
        if usage.is_estimated:
            got.note(f"{self.explain.name} {ESTIMATED}")
        return replace(reply, usage=usage, notes=tuple(got.notes))

    def _ignored(self, model: str, request: ModelRequest) -> tuple[str, ...]:
        names = dict.fromkeys(self.untaken(model, request))
        return tuple(name for name in names if name in SETTINGS and is_set(request, name))


def _usage(request: ModelRequest, got: Collected, reply: ModelReply) -> Usage:
    """What the call took; where the server told nothing of an answer that came, about that much."""
    counts = got.counts
    if got.is_empty:
        return usage_of(counts, entered=0, made=0, thought=0)
    if counts.input and counts.output and (counts.reasoning or not got.thought):
        return usage_of(counts, entered=0, made=0, thought=0)
    thought = estimate_tokens(reply.thinking) if got.thought else 0
    calls = "".join(call.name + call.text for call in reply.tool_calls)
    made = estimate_tokens(reply.text + calls + "".join(got.refusal)) + thought
    entered = 0 if counts.input else estimate_request(request.messages, request.tools)
    return usage_of(counts, entered=entered, made=made, thought=thought)


def _check_json(text: str, label: str, finish: object) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "ran out of tokens in the middle of" if finish == "length" else "did not keep to"
        raise ModelBadReply(f"{label} {why} the structured answer it was asked for.") from error
