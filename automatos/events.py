"""The only door to the channel layer: what changed in a run, text as it streams, and calls to the workers.

An event says what changed; pages and clients read the truth from PostgreSQL. So a lost, doubled or late message is
harmless. Streamed text is the exception: it is kept in Redis under its step and attempt, and travels with its offset.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson
import redis
import redis.asyncio
from channels.layers import get_channel_layer
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from automatos import metrics
from automatos.after_commit import after_commit

logger = logging.getLogger(__name__)

WORKERS_GROUP = "workers"
# Seconds that Redis keeps streamed text: after its last piece, and after the end of its step.
TEXT_TTL, TEXT_AFTER = 3600, 60
# Seconds that synchronous code waits for Redis, and for how long it does without when there was no answer.
PATIENCE, DO_WITHOUT = 0.5, 5.0

NOTHING: Mapping[str, float] = {}

_loop_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


@dataclass(slots=True)
class Notice:
    """The durable events one transaction added to one execution, in order."""

    workspace_id: UUID
    execution_id: UUID
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A piece of streamed text: `offset` characters of this step's attempt came before it. Offset 0 starts over.

    kind: `text` for the answer; `thinking` for what comes before it, and `progress` for how far a call of a tool is,
    which are not kept for those who look later.
    """

    workspace_id: UUID
    execution_id: UUID
    step_id: UUID
    step: int
    attempt: int
    offset: int
    text: str
    kind: str = "text"

    def message(self) -> dict[str, Any]:
        """The shape clients receive."""
        return {"type": self.kind, "step": self.step, "attempt": self.attempt, "offset": self.offset, "text": self.text}


def group_name(workspace_id: UUID | str, execution_id: UUID | str) -> str:
    """The channel layer group of one execution's viewers."""
    return f"workflow.{workspace_id}.execution.{execution_id}"


def access_group(workspace_id: UUID | str) -> str:
    """The channel layer group of everybody who watches anything in a workspace."""
    return f"workflow.{workspace_id}.access"


def channel_name(workspace_id: UUID | str, execution_id: UUID | str) -> str:
    """The Redis pub/sub channel that carries an execution's durable events to anyone who listens in Redis."""
    return f"workflow:{workspace_id}:execution:{execution_id}"


def iso(moment: datetime | None) -> str | None:
    """A time as events carry it, e.g. 2026-01-31T12:00:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


@cache
def sync_client() -> redis.Redis:
    """The Redis client of synchronous code."""
    # A connection that a restart of Redis broke is replaced at once; one that is silent is not waited for twice.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,))
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=retry
    )


class _Silence:
    """Redis did not answer: for a while nobody waits for it again, as all that is told can be found in the database."""

    def __init__(self) -> None:
        self.until = 0.0

    def send(self, work: Callable[[redis.Redis], object]) -> None:
        """Do it with the client of synchronous code. Raises RedisError or OSError, at once while it is silent."""
        if time.monotonic() < self.until:
            raise redis.exceptions.TimeoutError("Redis did not answer a moment ago")
        try:
            work(sync_client())
        except redis.exceptions.TimeoutError:
            self.until = time.monotonic() + DO_WITHOUT
            raise


_silence = _Silence()


def _client() -> redis.asyncio.Redis:
    """The Redis client of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _loop_clients:
        _loop_clients[loop] = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
    return _loop_clients[loop]


def _group_channel(group: str) -> str:
    """Where the channel layer listens for a group, so that messages to many groups go in one round trip."""
    config: dict[str, Any] = settings.CHANNEL_LAYERS["default"]["CONFIG"]  # type: ignore[assignment]
    return f"{config['prefix']}__group__{group}"


def wake_workers() -> None:
    """Tell every worker that there may be runnable steps: one message, no queue. Raises RedisError or OSError."""
    message = get_channel_layer().serialize({"type": "wake"})
    _silence.send(lambda client: client.publish(_group_channel(WORKERS_GROUP), message))


async def publish(notices: list[Notice]) -> None:
    """Tell viewers and Redis listeners. Never raises: who missed it reads the database."""
    taken = _counted(notices)
    try:
        async with _client().pipeline(transaction=False) as pipe:
            for channel, message in _messages(notices):
                pipe.publish(channel, message)
            metrics.send(pipe, taken)
            await pipe.execute()
    except (RedisError, OSError) as error:
        metrics.give_back(taken)
        logger.warning("Events were not published, viewers catch up from the database: %s", error)


def _counted(notices: list[Notice]) -> dict[str, float]:
    """What these notices add to the counters, with what was counted before."""
    for notice in notices:
        metrics.count_events(notice.events)
    return metrics.take()


def _publish_now(messages: list[tuple[str, bytes]], taken: Mapping[str, float] = NOTHING) -> None:
    """Send each to its Redis channel, from synchronous code. Never raises.

    With the synchronous client: inside a web process `async_to_sync` works on the server's own loop, where other
    requests use that loop's client.
    """

    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for channel, message in messages:
                pipe.publish(channel, message)
            metrics.send(pipe, taken)
            pipe.execute()

    try:
        _silence.send(send)
    except (RedisError, OSError) as error:
        metrics.give_back(taken)
        logger.warning("Nobody was told of a change, all find it in the database: %s", error)


def _to_group(group: str, message: dict[str, Any]) -> tuple[str, bytes]:
    return _group_channel(group), get_channel_layer().serialize(message)


def _messages(notices: list[Notice]) -> list[tuple[str, bytes]]:
    """Each event for those who listen in Redis, and all of a run's for its viewers."""
    found: list[tuple[str, bytes]] = []
    for notice in notices:
        channel = channel_name(notice.workspace_id, notice.execution_id)
        found += [(channel, orjson.dumps(event)) for event in notice.events]
        group = group_name(notice.workspace_id, notice.execution_id)
        found.append(_to_group(group, {"type": "execution.events", "events": notice.events}))
    return found


def publish_on_commit(notice: Notice) -> None:
    """For services: publish once the surrounding transaction is committed."""
    after_commit(lambda: _publish_now(_messages([notice]), _counted([notice])))


def text_key(step_id: UUID | str, attempt: int) -> str:
    """Where Redis keeps the text streamed so far by one attempt of a step."""
    return f"automatos:text:{step_id}:{attempt}"


async def publish_text(chunks: list[TextChunk]) -> None:
    """Keep and send pieces of text. Never raises: the whole text is in the database once the step is over."""
    try:
        layer = get_channel_layer()
        async with _client().pipeline(transaction=False) as pipe:
            for chunk in chunks:
                if chunk.kind == "text":
                    key = text_key(chunk.step_id, chunk.attempt)
                    if chunk.offset == 0:
                        pipe.delete(key)
                    pipe.append(key, chunk.text)
                    pipe.expire(key, TEXT_TTL)
                group = group_name(chunk.workspace_id, chunk.execution_id)
                message = {"type": "execution.text", "message": chunk.message()}
                pipe.publish(_group_channel(group), layer.serialize(message))
            await pipe.execute()
    except (RedisError, OSError) as error:
        logger.warning("Streamed text was not published: %s", error)


async def forget_text(ended: list[tuple[UUID, int]]) -> None:
    """The text of these attempts of steps is in the database; who just opened the page may still ask for it."""
    try:
        async with _client().pipeline(transaction=False) as pipe:
            for step_id, attempt in ended:
                pipe.expire(text_key(step_id, attempt), TEXT_AFTER)
            await pipe.execute()
    except (RedisError, OSError) as error:
        logger.warning("Streamed text is kept for up to an hour: %s", error)


async def read_text(step_id: UUID | str, attempt: int) -> str:
    """The text streamed so far by a running attempt; empty when there is none or Redis does not answer."""
    try:
        kept = await _client().get(text_key(step_id, attempt))
    except (RedisError, OSError):
        return ""
    return kept.decode(errors="replace") if isinstance(kept, bytes) else ""


def streamed_text(step_id: UUID | str, attempt: int) -> str:
    """The same for synchronous code."""
    try:
        kept = sync_client().get(text_key(step_id, attempt))
    except RedisError:
        return ""
    return kept.decode(errors="replace") if isinstance(kept, bytes) else ""


def _drop(execution_ids: Iterable[UUID], step_ids: Iterable[UUID]) -> dict[str, Any]:
    executions, steps = [str(key) for key in execution_ids], [str(key) for key in step_ids]
    return {"type": "drop", "executions": executions, "steps": steps}


async def tell_workers_to_drop(execution_ids: list[UUID], step_ids: Iterable[UUID] = ()) -> None:
    """Ask every worker to abort what it does for these executions and steps. A lost message costs seconds."""
    try:
        await get_channel_layer().group_send(WORKERS_GROUP, _drop(execution_ids, step_ids))
    except (RedisError, OSError) as error:
        logger.warning("Workers were not told to drop a run: %s", error)


def drop_on_commit(execution_id: UUID) -> None:
    """For services: tell the workers once the surrounding transaction is committed."""
    after_commit(lambda: _publish_now([_to_group(WORKERS_GROUP, _drop([execution_id], []))]))


def drop_steps_on_commit(step_ids: Iterable[UUID]) -> None:
    """For services: the same for single steps, whose runs go on."""
    steps = list(step_ids)
    after_commit(lambda: _publish_now([_to_group(WORKERS_GROUP, _drop([], steps))]))


def access_changed_on_commit(workspace_id: UUID) -> None:
    """For services: once committed, everybody who watches asks anew whether they may. A lost message costs seconds."""
    group, message = access_group(workspace_id), {"type": "access.changed"}
    after_commit(lambda: _publish_now([_to_group(group, message)]))
