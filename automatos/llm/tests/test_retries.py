"""Trying again, within one deadline, and never after text has been shown."""

import asyncio
import time
from email.utils import formatdate

import pytest

from automatos.llm.errors import ModelTimeout, ModelUnavailable
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import Caller


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
async def test_a_passing_trouble_is_tried_again(caller: Caller, server: ScriptedServer, status: int) -> None:
    server.on(status=status, times=2)
    server.on(reply="Back again.")
    assert (await caller.ask("hello")).text == "Back again."
    assert server.count() == 3


async def test_the_wait_a_server_asks_for_is_kept(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=429, retry_after=1, times=1)
    await caller.ask("hello")
    first, second = server.requests
    assert 1.0 <= second.at - first.at < 10


async def test_the_wait_may_be_in_milliseconds(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=429, headers={"retry-after-ms": "300"}, retry_after=60, times=1)
    await caller.ask("hello")
    first, second = server.requests
    assert 0.3 <= second.at - first.at < 10


async def test_the_wait_may_be_a_date(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=503, retry_after=formatdate(time.time() + 2, usegmt=True), times=1)
    await caller.ask("hello")
    first, second = server.requests
    assert 0.8 <= second.at - first.at < 10


async def test_a_wait_longer_than_the_time_left_fails_at_once(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=429, retry_after=3600)
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="asks to wait 3600 s, but this call has only 2 s left") as caught:
        await caller.ask("hello", timeout=2.0)
    assert time.monotonic() - began < 1.9
    assert caught.value.retry_after == 3600
    assert server.count() == 1


async def test_the_deadline_covers_everything(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=500, delay=0.3, times=1)
    server.on(delay=5)
    began = time.monotonic()
    with pytest.raises(ModelTimeout, match=r"No whole answer from .* within 0\.6 s"):
        await caller.ask("hello", timeout=0.6)
    assert 0.5 < time.monotonic() - began < 4


async def test_a_stalled_stream_ends_with_the_deadline(streaming: Caller, server: ScriptedServer) -> None:
    server.hold(reply="one two three", after_chunks=1)
    with pytest.raises(ModelTimeout):
        await streaming.ask("hello", timeout=0.4)
    assert streaming.pieces == ["one "]
    assert server.count() == 1


async def test_a_stream_cut_before_any_text_is_tried_again(streaming: Caller, server: ScriptedServer) -> None:
    server.on(reply="one two", cut_after=0, cut_politely=True, times=1)
    assert (await streaming.ask("hello")).text.startswith("Scripted answer")
    assert server.count() == 2


@pytest.mark.parametrize("after_chunks", [0, 2])
async def test_cancelling_closes_the_connection_at_once(
    streaming: Caller, server: ScriptedServer, after_chunks: int
) -> None:
    hold = server.hold(reply="one two three four", after_chunks=after_chunks)
    call = asyncio.create_task(streaming.ask("hello"))
    await asyncio.to_thread(hold.wait_for_requests, 1)
    await asyncio.sleep(0.05)
    began = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - began < 5
    await asyncio.to_thread(server.wait_until_gone, 1)


async def test_cancelling_during_the_wait_for_another_try_is_at_once(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=429, retry_after=5)
    call = asyncio.create_task(caller.ask("hello"))
    await asyncio.to_thread(server.wait_for_requests, 1)
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert server.count() == 1


async def test_three_hundred_calls_wait_side_by_side(streaming: Caller, server: ScriptedServer) -> None:
    server.on(reply="ok", delay=1.0)
    began = time.monotonic()
    replies = await asyncio.gather(*(streaming.ask(f"call {number}", timeout=60) for number in range(300)))
    assert {reply.text for reply in replies} == {"ok"}
    assert time.monotonic() - began < 60
