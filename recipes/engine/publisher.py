"""What turns changed, told to viewers.

Notices are gathered for a moment, so that under load one message serves many.
"""

import asyncio
from uuid import UUID

from automatos import events
from automatos.events import Notice
from recipes.engine.endings import ended, tell_ended

# Seconds that notices wait for more of their kind: too short to be seen, long enough to halve the messages.
GATHER = 0.02


class Publisher:
    """Takes notices in the order of their commits and sends them in that order."""

    def __init__(self) -> None:
        self.waiting: dict[UUID, Notice] = {}
        self.dropped: list[UUID] = []
        self.news = asyncio.Event()
        self.closing = False

    def add(self, notices: list[Notice], dropped: list[UUID] | None = None) -> None:
        """Send these soon. dropped: runs whose calls every worker should abort."""
        for notice in notices:
            known = self.waiting.setdefault(notice.execution_id, notice)
            if known is not notice:
                known.events.extend(notice.events)
        self.dropped.extend(dropped or ())
        if self.waiting or self.dropped:
            self.news.set()

    async def run(self) -> None:
        """Send what is added, until close() is called and everything is out.

        Closed and not cancelled: the Redis client may take a cancellation in the middle of a message for an outage.
        """
        while not self.closing or self.waiting:
            await self.news.wait()
            await self._flush()
            # What comes meanwhile goes together.
            await asyncio.sleep(GATHER)

    def close(self) -> None:
        """Send what was added so far and come to an end."""
        self.closing = True
        self.news.set()

    async def _flush(self) -> None:
        self.news.clear()
        notices, self.waiting = list(self.waiting.values()), {}
        dropped, self.dropped = self.dropped, []
        if notices:
            await events.publish(notices)
            if over := ended(notices):
                # In a thread, and not waited for: a broker that hangs must not keep the next events back.
                asyncio.get_running_loop().run_in_executor(None, tell_ended, over)
        if dropped:
            await events.tell_workers_to_drop(dropped)
