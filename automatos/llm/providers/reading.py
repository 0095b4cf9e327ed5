"""Reads one answer off the wire, whatever form it has: a stream of events, one JSON object, or something else.

What was asked for does not decide, and neither does the content type: the first bytes do.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2

from automatos.llm.errors import ModelBadReply, ModelError
from automatos.llm.providers.collected import Collected
from automatos.llm.providers.event_stream import (
    LONGEST_LINE,
    Ended,
    EventStream,
    TooMuch,
    Unreadable,
    decoded,
    is_event_stream,
)
from automatos.llm.providers.failures import Explainer
from automatos.llm.providers.refusals import NOTES, STREAM

# After the end of an answer, so that the connection can be used again; a server that keeps it open is not waited for.
END_SECONDS = 0.5
# An answer that is JSON but not of the vendor's shape.
SHAPE_ERRORS = (AttributeError, TypeError, KeyError, IndexError, ValueError)
TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, OSError, RuntimeError)
# Bytes that an answer may have, and how many more for each token asked for: a stream wraps each in 200 bytes and more.
MOST_BYTES = 32 * 1024 * 1024
BYTES_PER_TOKEN = 1024
# Characters of an answer before it counts as longer than the tokens that were asked for; of thinking, which some
# servers do not count, before it counts as endless.
CHARACTERS_PER_TOKEN, MORE_CHARACTERS = 16, 4_000
THINKING_PER_TOKEN, MORE_THINKING = 64, 200_000
TOO_LONG = "It wrote on past the limit of {tokens:,} tokens, so the answer was cut there."
UNREADABLE = "A part of the stream could not be read and was left out."
NOT_WORTH_A_LOOK = 64


@dataclass(frozen=True, slots=True)
class Wire:
    """How a vendor's answers are read. Each takes a decoded object; error_in gives what went wrong, or None."""

    whole: Callable[[dict[str, Any], Collected], None]
    event: Callable[[dict[str, Any], Collected], None]
    error_in: Callable[[dict[str, Any]], object]


class Reader:
    """Takes one answer into `into`; raises ModelError when it is none. max_tokens: what the request asked for."""

    def __init__(self, wire: Wire, into: Collected, explain: Explainer, model: str, max_tokens: int) -> None:
        self.wire, self.into, self.explain, self.model = wire, into, explain, model
        self.max_tokens = max_tokens
        self._bytes_left = MOST_BYTES + BYTES_PER_TOKEN * max_tokens

    async def read(self, response: httpx2.Response) -> None:
        """Take in all of it."""
        chunks = response.aiter_bytes()
        start = b""
        try:
            while len(start.lstrip()) < NOT_WORTH_A_LOOK and b"\n" not in start.lstrip():
                chunk = await self._next(chunks)
                if chunk is None:
                    break
                start += chunk
            if is_event_stream(start):
                await self._read_events(start, chunks)
            else:
                self._read_document(await self._rest(start, chunks))
        except TooMuch as error:
            raise ModelBadReply(
                f"{self.explain.name} sent {error} for {self.model}, too much for an answer."
            ) from error
        finally:
            # What came in has to be paid for and shown, whatever ended it.
            self.into.close_text()
        self.into.tell()

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            chunk = await anext(chunks, None)
        except TRANSPORT_ERRORS as error:
            raise self.explain.cut(self.model, error) from error
        if chunk is not None:
            self._bytes_left -= len(chunk)
            if self._bytes_left < 0:
                raise TooMuch("more bytes than fit the tokens asked for")
        return chunk

    async def _rest(self, start: bytes, chunks: AsyncIterator[bytes]) -> bytes:
        pieces, size = [start], len(start)
        while (chunk := await self._next(chunks)) is not None:
            size += len(chunk)
            if size > LONGEST_LINE:
                raise TooMuch(f"an answer of more than {LONGEST_LINE // 1_048_576} MB")
            pieces.append(chunk)
        return b"".join(pieces)

    # --- streams ------------------------------------------------------------------------------------------------------

    async def _read_events(self, start: bytes, chunks: AsyncIterator[bytes]) -> None:
        events, chunk = EventStream(), start or None
        while True:
            for value in events.feed(chunk):
                if isinstance(value, Ended):
                    self.into.ended = True
                elif self.into.ended:
                    self._take_late(value)
                else:
                    self._take_event(value)
            if self.into.ended or self._is_too_long():
                break
            if chunk is None:
                return
            chunk = await self._next(chunks)
        if self.into.ended:
            with suppress(TimeoutError, ModelBadReply, TooMuch):
                async with asyncio.timeout(END_SECONDS):
                    await self._read_to_the_end(events, chunks)

    async def _read_to_the_end(self, events: EventStream, chunks: AsyncIterator[bytes]) -> None:
        while (chunk := await self._next(chunks)) is not None:
            for value in events.feed(chunk):
                self._take_late(value)

    def _take_late(self, value: object) -> None:
        """Several servers tell the usage after the end; nothing else counts there."""
        if isinstance(value, dict) and value.get("usage"):
            with suppress(*SHAPE_ERRORS):
                self.wire.event({"usage": value["usage"]}, self.into)

    def _take_event(self, value: object) -> None:
        if isinstance(value, Unreadable):
            self.into.note(UNREADABLE)
            return
        for event in value if isinstance(value, list) else [value]:
            if isinstance(event, dict):
                self._check(event)
                self._guarded(self.wire.event, event)
            elif event is not None:
                self.into.note(UNREADABLE)

    def _is_too_long(self) -> bool:
        into = self.into
        if (
            into.written <= CHARACTERS_PER_TOKEN * self.max_tokens + MORE_CHARACTERS
            and into.thought <= THINKING_PER_TOKEN * self.max_tokens + MORE_THINKING
        ):
            return False
        into.finish = "length"
        into.note(TOO_LONG.format(tokens=self.max_tokens))
        return True

    # --- whole answers ------------------------------------------------------------------------------------------------

    def _read_document(self, data: bytes) -> None:
        if not data.strip():
            raise self.explain.nothing(self.model)
        value = decoded(data)
        if value is None:
            self._read_lines(data)
            return
        given = value if isinstance(value, list) else [value]
        rows = [row for row in given if isinstance(row, dict)]
        if not rows or len(rows) < len(given):
            raise self.explain.malformed(self.model, value)
        for row in rows:
            self._check(row)
            self._guarded(self.wire.whole, row)
        if self.into.listener is not None:
            self.into.note(f"{self.explain.name} {NOTES[STREAM]}")
        if self.into.is_empty and not self.into.served_model:
            raise self.explain.malformed(self.model, rows[0])
        self.into.ended = True

    def _read_lines(self, data: bytes) -> None:
        """One JSON object a line, or no answer at all."""
        values = [decoded(line) for line in data.splitlines() if line.strip()]
        if not any(isinstance(value, dict) for value in values):
            raise self.explain.no_answer(self.model, data.decode(errors="replace"))
        for value in values:
            self._take_event(Unreadable(b"") if value is None else value)

    def _check(self, value: dict[str, Any]) -> None:
        try:
            error = self.wire.error_in(value)
        except SHAPE_ERRORS as wrong:
            raise self.explain.malformed(self.model, value) from wrong
        if error:
            raise self.explain.in_stream(self.model, error, begun=not self.into.is_empty)

    def _guarded(self, take: Callable[[dict[str, Any], Collected], None], value: dict[str, Any]) -> None:
        try:
            take(value, self.into)
        except ModelError:
            raise
        except SHAPE_ERRORS as error:
            raise self.explain.malformed(self.model, value) from error
        # Outside of the guard: what a listener raises is not the server's doing.
        self.into.tell()


def plain_error(event: dict[str, Any]) -> object:
    """The error that an answer or event tells, in the forms common to all servers; None where it tells none."""
    if error := event.get("error"):
        return error if error is not True else event
    if event.get("object") == "error" or event.get("type") == "error" or event.get("success") is False:
        return event
    if event.keys() & ANSWERS:
        return None
    return event if event.keys() & COMPLAINTS else None


# Fields of which an answer has one, and fields of which an error has one.
ANSWERS = frozenset({"choices", "content", "output", "usage", "delta", "response", "item", "candidates", "message_id"})
COMPLAINTS = frozenset({"detail", "errors", "error_description", "error_msg", "error_code"})
