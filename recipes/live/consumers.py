"""The socket of a run: its numbered events from any point on, and the text models write right now.

`/ws/executions/<id>/?after=N` sends every durable event above N, exactly once and in order, then follows the run. When
the run is over and everything was sent, the socket closes with 1000. A refusal closes with 4401 (not signed in) or 4404
(not there, or not the caller's). A client that misses text sends {"type": "text_from", "step", "attempt", "offset"}.
"""

import asyncio
import contextlib
import itertools
import json
import logging
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from redis.exceptions import RedisError

from automatos import events
from recipes.live import following
from workspaces.doors.sockets import SocketCaller, caller_of

logger = logging.getLogger(__name__)

NOT_SIGNED_IN, NOT_FOUND, UNSUPPORTED, TOO_BIG = 4401, 4404, 1003, 1009
# Seconds between two looks into the database for what no message told of.
LOOK_AGAIN = 2.0
# Each how many looks it is asked whether the viewer may still see the run, in case no message told of it.
LOOKS_PER_CHECK = 5
LONGEST_MESSAGE = 1000


class ExecutionConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One viewer of one run."""

    execution: following.Followed | None = None
    caller: SocketCaller | None = None
    last_seq = 0
    over = False
    joined = False
    looking: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Join the group first, so that nothing falls between the replay and what follows it."""
        await self.accept()
        self.lock = asyncio.Lock()
        found = await self._admitted()
        if isinstance(found, int):
            await self.close(found)
            return
        self.execution = found
        await self._join()
        await self._catch_up()
        if not self.over:
            await self._send_running_text()
            self.looking = asyncio.create_task(self._look_again())

    async def _admitted(self) -> following.Followed | int:
        """The run the caller may watch, or the code to close with."""
        self.caller = await database_sync_to_async(caller_of)(self.scope)
        if self.caller is None:
            return NOT_SIGNED_IN
        query = parse_qs(self.scope["query_string"].decode(errors="replace"), keep_blank_values=True)
        try:
            execution_id = UUID(self.scope["url_route"]["kwargs"]["execution_id"])
            self.last_seq = following.checked_number(query.get("after", ["0"])[-1])
        except ValueError:
            return NOT_FOUND
        found = await database_sync_to_async(following.find)(execution_id, await self._readable())
        return found or NOT_FOUND

    async def _readable(self) -> set[UUID]:
        assert self.caller is not None
        found: set[UUID] = await database_sync_to_async(self.caller.readable_workspaces)("executions:read")
        return found

    async def access_changed(self, message: dict[str, Any]) -> None:
        """Somebody left the workspace, or it is gone: whoever may not see the run any more is sent away."""
        if self.execution is not None and not self.over and self.execution.workspace_id not in await self._readable():
            self.over = True
            await self.close(NOT_FOUND)

    async def _join(self) -> None:
        """Without Redis the viewer still gets every event, from the database, and joins once Redis is back."""
        assert self.execution is not None
        try:
            for group in self._groups():
                await self.channel_layer.group_add(group, self.channel_name)
        except (RedisError, OSError) as error:
            logger.warning("A viewer follows through the database alone for now: %s", error)
        else:
            self.joined = True

    def _groups(self) -> tuple[str, str]:
        assert self.execution is not None
        workspace_id = self.execution.workspace_id
        return events.group_name(workspace_id, self.execution.id), events.access_group(workspace_id)

    async def disconnect(self, code: int) -> None:
        """Leave the group; raising StopConsumer is what ends the consumer."""
        if self.looking:
            self.looking.cancel()
        if self.execution is not None:
            with contextlib.suppress(RedisError, OSError):
                for group in self._groups():
                    await self.channel_layer.group_discard(group, self.channel_name)
        raise StopConsumer

    async def execution_events(self, message: dict[str, Any]) -> None:
        """Events just committed. A hole before or between them, and one out of its turn, is seen to in the database."""
        fresh = [event for event in message["events"] if event["seq"] > self.last_seq]
        if self.over or not fresh:
            return
        expected = list(range(self.last_seq + 1, self.last_seq + 1 + len(fresh)))
        if [event["seq"] for event in fresh] != expected or fresh[-1]["type"] in following.FINAL:
            await self._catch_up()
            return
        async with self.lock:
            await self._send_events(fresh)

    async def execution_text(self, message: dict[str, Any]) -> None:
        """A piece of text."""
        if not self.over:
            await self._send(message["message"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The only thing a client may say is where its text has a hole; anything else closes the socket."""
        if self.execution is None:
            return
        if text_data is None or len(text_data) > LONGEST_MESSAGE:
            await self.close(UNSUPPORTED if text_data is None else TOO_BIG)
            return
        try:
            step, attempt, offset = following.checked_request(json.loads(text_data))
        except ValueError:
            await self.close(UNSUPPORTED)
            return
        await self._send_text(step, attempt, offset)

    async def _send_running_text(self) -> None:
        """What the running steps have written so far."""
        assert self.execution is not None
        for _, step, attempt in await database_sync_to_async(following.running_steps)(self.execution):
            await self._send_text(step, attempt, 0)

    async def _send_text(self, step: int, attempt: int, offset: int) -> None:
        assert self.execution is not None
        step_id = await database_sync_to_async(following.step_id)(self.execution, step)
        text = (await events.read_text(step_id, attempt))[offset:] if step_id else ""
        if text:
            await self._send({"type": "text", "step": step, "attempt": attempt, "offset": offset, "text": text})

    async def _look_again(self) -> None:
        """Messages may be lost when Redis restarts; the database never forgets."""
        for look in itertools.count(1):
            await asyncio.sleep(LOOK_AGAIN)
            if self.over:
                return
            try:
                if look % LOOKS_PER_CHECK == 0:
                    await self.access_changed({})
                if not self.joined:
                    await self._join()
                    await self._send_running_text()
                await self._catch_up()
            except Exception:
                logger.warning("The events of a run could not be read, trying again.", exc_info=True)

    async def _catch_up(self) -> None:
        """Send every event above the last one sent; close once the run is over and all of them are out."""
        assert self.execution is not None
        async with self.lock:
            while not self.over:
                batch, is_live = await database_sync_to_async(following.news)(self.execution, self.last_seq)
                await self._send_events(batch)
                if not batch and not is_live:
                    self.over = True
                    await self.close(1000)
                if not batch:
                    return

    async def _send_events(self, batch: list[dict[str, Any]]) -> None:
        for event in batch:
            if event["seq"] > self.last_seq:
                await self._send(event)
                self.last_seq = event["seq"]

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message, ensure_ascii=False, separators=(",", ":")))


class NothingHere(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other address: refused the same way as a run that is not there."""

    async def connect(self) -> None:
        """Say so in a way browsers can read: only an accepted socket has a close code."""
        await self.accept()
        await self.close(NOT_FOUND)
