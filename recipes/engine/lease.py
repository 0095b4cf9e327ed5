"""A worker's hold on its steps: what it no longer holds is aborted, what it holds without knowing is given back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from automatos.events import Notice
from recipes.engine import turns
from recipes.engine.desk import Desk
from recipes.engine.heart import Heart, Pulse, now
from recipes.engine.notebook import GivenUp
from recipes.engine.steps import Job

logger = logging.getLogger(__name__)


class Lease:
    """The heartbeat of one worker, and what follows from each beat. returned: told of steps to be claimed anew."""

    def __init__(
        self,
        owner: UUID,
        desk: Desk,
        decide: Callable[..., Awaitable[Any]],
        returned: Callable[[list[Notice]], None],
    ) -> None:
        self.owner, self.desk, self.decide, self.returned = owner, desk, decide, returned
        self.loop = asyncio.get_running_loop()
        self.pulses: asyncio.Queue[Pulse] = asyncio.Queue()
        self.heart = Heart(owner, desk.known, self._feel)
        # Steps that are ours by the table and not at work, by fence and the turns that may bring them yet.
        self.suspects: dict[UUID, tuple[int, frozenset[int]]] = {}

    async def begin(self) -> None:
        """Beat from now on; returns after the first beat, which may take as long as the database is away."""
        self.heart.start()
        while not self.heart.first_beat.is_set():  # noqa: ASYNC110 - set by a thread
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        """Beat no more."""
        await asyncio.to_thread(self.heart.stop)

    def _feel(self, pulse: Pulse) -> None:
        self.loop.call_soon_threadsafe(self.pulses.put_nowait, pulse)

    def guard(self, job: Job, claimed: float) -> Callable[[], Awaitable[None]]:
        """To be called before anything is sent; it raises GivenUp where somebody else may have the step by now.

        claimed: when its claim began, as the heart tells time.
        """
        sure = claimed

        async def require() -> None:
            nonlocal sure
            if self.heart.has_beaten_since(sure):
                return
            moment = now()
            if not await self.decide(turns.still_held, {job.step_id: job.fence}):
                raise GivenUp
            sure = moment

        return require

    async def watch(self) -> None:
        """Act on each beat, for ever."""
        while True:
            pulse = await self.pulses.get()
            self.heart.loop_turns()
            for step_id, fence in pulse.known.items():
                if pulse.held.get(step_id) != fence:
                    self.desk.abort(step_id, fence)
            await self._give_back_unknown(pulse)

    async def _give_back_unknown(self, pulse: Pulse) -> None:
        """Claims whose commit was made and its answer lost: no turn that was under way has brought them."""
        unknown = {step_id: fence for step_id, fence in pulse.held.items() if pulse.known.get(step_id) != fence}
        active, known = frozenset(self.desk.active_turns), self.desk.known()
        suspects = {}
        lost = {}
        for step_id, fence in unknown.items():
            before = self.suspects.get(step_id)
            if known.get(step_id) == fence:
                continue
            if before is None or before[0] != fence:
                suspects[step_id] = (fence, active)
            elif before[1] & active:
                suspects[step_id] = before
            else:
                lost[step_id] = fence
        self.suspects = suspects
        if lost:
            logger.warning("%s claims were lost with their connection; they are made again", len(lost))
            self.returned(await self.decide(turns.give_back, self.owner, lost))
