"""What a worker does beside its steps, over and over: looking for work, ending what is overdue, telling news."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from automatos import events
from automatos.events import Notice
from recipes.engine import agent_moves, parking, paying, queueing, turns
from recipes.engine.lease import Lease
from recipes.engine.publisher import Publisher
from recipes.engine.streams import Streams

logger = logging.getLogger(__name__)

# Runs a synchronous function in the worker's threads.
Decide = Callable[..., Awaitable[Any]]
POLL = 1.0
SWEEP = 5.0
TEXT_TICK = 0.1


async def poll(lease: Lease, decide: Decide, returned: Callable[[list[Notice]], None], publisher: Publisher) -> None:
    """Cover lost wake-ups and lost workers; end waits that are due; let agents go, and queued runs begin."""
    while True:
        found = await decide(turns.hand_on, lease.owner) if lease.heart.may_give_up_others else []
        await decide(agent_moves.carry_out_due)
        due = await decide(parking.end_due)
        publisher.add(due.notices, due.dropped)
        returned(found)
        if await decide(queueing.begin_waiting):
            returned([])
        await asyncio.sleep(POLL)


async def sweep(decide: Decide, publisher: Publisher) -> None:
    """End what is overdue, whatever else the machine is busy with; give back money that nobody will settle."""
    while True:
        await asyncio.sleep(SWEEP)
        ends = turns.end_overdue, turns.end_abandoned, turns.end_orphans, paying.give_back_expired
        for end in ends:
            turn = await decide(end)
            publisher.add(turn.notices, turn.dropped)


async def listen(drop: Callable[[set[str], set[str]], None], wake: Callable[[], None]) -> None:
    """Hear at once of new work and of runs to drop; poll and heartbeat find both too when Redis is away."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    while True:
        try:
            await layer.group_add(events.WORKERS_GROUP, channel)
            while True:
                message = await layer.receive(channel)
                if message["type"] == "wake":
                    wake()
                    continue
                drop(set(message.get("executions", ())), set(message.get("steps", ())))
        except (RedisError, OSError) as error:
            logger.warning("Redis did not answer: %s", error)
            await asyncio.sleep(POLL)


async def stream(streams: Streams) -> None:
    """Send new text ten times a second, one message a run."""
    while True:
        await asyncio.sleep(TEXT_TICK)
        if chunks := streams.take():
            await events.publish_text(chunks)
        if ended := streams.ended:
            streams.ended = []
            await events.forget_text(ended)
