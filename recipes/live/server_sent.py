"""A run's events as Server-Sent Events: every durable event once and in order, and text while it is written."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from automatos.errors import NotSignedIn
from automatos.events import access_group, group_name, read_text
from automatos.later import has_client_left
from recipes.live.following import Followed, news, running_steps

logger = logging.getLogger(__name__)

# Seconds between two looks into the database for what no message told of.
LOOK_AGAIN = 2.0
# Seconds between two looks whether the reader may still see the run, in case no message told of it.
ASK_AGAIN = 5.0
# A slow reader's text is dropped past this; events are read from the database, so none is lost.
MOST_WAITING = 1000

Inbox = asyncio.Queue[dict[str, Any]]


async def stream(followed: Followed, after: int) -> AsyncIterator[bytes]:
    """The answer's pieces: events above `after`, then what happens, until the run is over and all was sent."""
    yield b"retry: 2000\n\n"
    with contextlib.suppress(NotSignedIn):
        async for body in happenings(followed, after):
            # A comment tells proxies, and us, whether somebody still reads.
            yield sse(body) if body else b": waiting\n\n"


async def happenings(followed: Followed, after: int) -> AsyncIterator[dict[str, Any] | None]:
    """The same as they are, not yet as bytes; None when nothing happened for a while.

    Raises NotSignedIn once the reader may not see the run any more, CancelledError once nobody reads.
    """
    inbox: Inbox = asyncio.Queue(MOST_WAITING)
    permission = _Permission(followed)
    async with _listening(followed, inbox):
        for text in await _written_so_far(followed):
            yield text
        while True:
            if has_client_left():
                raise asyncio.CancelledError
            await permission.require()
            events, is_live = await database_sync_to_async(news)(followed, after)
            for event in events:
                after = event["seq"]
                yield event
            if events:
                continue
            if not is_live:
                return
            async for text in _until_news(inbox, permission.ask_now):
                yield text
            yield None


class _Permission:
    """Whether the reader may still see the run: asked every few seconds, and when somebody's access changed."""

    def __init__(self, followed: Followed) -> None:
        self.allowed = followed.allowed
        self.ask_at = asyncio.get_running_loop().time() + ASK_AGAIN

    def ask_now(self) -> None:
        """Ask before anything more is sent."""
        self.ask_at = 0.0

    async def require(self) -> None:
        """Raise NotSignedIn unless they may, as far as known."""
        now = asyncio.get_running_loop().time()
        if self.allowed is None or now < self.ask_at:
            return
        if not await database_sync_to_async(self.allowed)():
            raise NotSignedIn("What this was asked with is not good for it any more.")
        self.ask_at = now + ASK_AGAIN


def sse(body: dict[str, Any]) -> bytes:
    """Only durable events carry an id, so that a client reconnects at the right place."""
    number = f"id: {body['seq']}\n".encode() if "seq" in body else b""
    return number + b"data: " + orjson.dumps(body) + b"\n\n"


async def _until_news(inbox: Inbox, access_changed: Callable[[], None]) -> AsyncIterator[dict[str, Any]]:
    """Text as it comes, until an event is announced or it is time to look anyway."""
    loop = asyncio.get_running_loop()
    look_at = loop.time() + LOOK_AGAIN
    while loop.time() < look_at:
        try:
            # asyncio.wait_for of Python 3.11 forgets that it was cancelled when a message comes at that very moment.
            async with asyncio.timeout_at(look_at):
                message = await inbox.get()
        except TimeoutError:
            return
        if message["type"] == "access.changed":
            access_changed()
        if message["type"] != "execution.text":
            return
        yield message["message"]


async def _written_so_far(followed: Followed) -> list[dict[str, Any]]:
    """What the running steps have written before we listened."""
    found = []
    for step_id, step, attempt in await database_sync_to_async(running_steps)(followed):
        if text := await read_text(step_id, attempt):
            found.append({"type": "text", "step": step, "attempt": attempt, "offset": 0, "text": text})
    return found


@contextlib.asynccontextmanager
async def _listening(followed: Followed, inbox: Inbox) -> AsyncIterator[None]:
    """Joined to the run's group. Without Redis the stream still gets every event, from the database."""
    layer = get_channel_layer()
    groups = group_name(followed.workspace_id, followed.id), access_group(followed.workspace_id)
    channel = await layer.new_channel()
    reader = None
    try:
        try:
            for group in groups:
                await layer.group_add(group, channel)
            reader = asyncio.create_task(_read(channel, inbox))
        except (RedisError, OSError) as error:
            logger.warning("A reader follows through the database alone: %s", error)
        yield
    finally:
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
            with contextlib.suppress(RedisError, OSError):
                for group in groups:
                    await layer.group_discard(group, channel)


async def _read(channel: str, inbox: Inbox) -> None:
    """Waits in a task of its own: a cancelled receive would unsubscribe the channel."""
    layer = get_channel_layer()
    while True:
        message = await layer.receive(channel)
        with contextlib.suppress(asyncio.QueueFull):
            inbox.put_nowait(message)
