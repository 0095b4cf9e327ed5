"""The waiting half of the kitchen: one asyncio loop per worker process on which every model call waits.

A waiting call holds no thread, no database connection and no lock. Whatever decides or writes is a turn of the engine,
run in a small thread pool. Turns settle several outcomes at once when several are there, so that under load a commit is
shared.
"""

import asyncio
import itertools
import logging
import uuid
from dataclasses import replace

from django.conf import settings
from django.db import OperationalError

from automatos.errors import AppError
from automatos.events import Notice
from automatos.llm.errors import ModelError, ModelTimeout
from automatos.llm.registry import Models
from recipes.engine import chores, rescue, turns
from recipes.engine.cut import Cut, keep_cut
from recipes.engine.deciders import ERRANDS, Deciders
from recipes.engine.desk import Desk
from recipes.engine.heart import now
from recipes.engine.lease import Lease
from recipes.engine.notebook import GivenUp
from recipes.engine.progress import Kept, Progress, keep
from recipes.engine.publisher import Publisher
from recipes.engine.stage_steps import stage_outcome
from recipes.engine.steps import Job, Outcome, Turn
from recipes.engine.streams import Streams
from recipes.engine.tool_context import Doors, cook_for

logger = logging.getLogger(__name__)

TURNERS = 2
# Seconds a cancelled task may take to end.
UNWILLING = 2.0
# How long a call may overrun its own time-out before it is cut off from outside.
OVERRUN = 2.0


class Conductor:
    """Claims steps, sends their calls, settles what they come to. One per worker process."""

    def __init__(self, *, slots: int = settings.WORKER_SLOTS, grace: float = settings.WORKER_GRACE) -> None:
        self.owner = uuid.uuid4()
        self.desk, self.grace = Desk(slots), grace
        self.models = Models()
        self.streams = Streams()
        self.wanted = True
        self.work = asyncio.Event()
        self.stopping = asyncio.Event()
        self.deciders, self.errands = Deciders(), Deciders(ERRANDS, "errand")
        self.decide = self.deciders.run
        # What is written down of calls that were cut off.
        self.after: set[asyncio.Task[None]] = set()
        self.turn_numbers = itertools.count()
        self.lease = Lease(self.owner, self.desk, self.decide, self.returned)
        self.publisher = Publisher()

    # --- Life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until stop() is called; then finish or release what is held. Raises when a chore breaks."""
        await self.lease.begin()
        working = [
            self.lease.watch(),
            chores.poll(self.lease, self.decide, self.returned, self.publisher),
            chores.sweep(self.decide, self.publisher),
            chores.listen(self.desk.drop, self.wake),
            chores.stream(self.streams),
        ]
        working += [self._turns() for _ in range(TURNERS)]
        tasks = [asyncio.create_task(chore) for chore in working]
        publishing = asyncio.create_task(self.publisher.run())
        stop = asyncio.create_task(self.stopping.wait())
        logger.info("Worker %s is ready with %s slots", self.owner, self.desk.slots)
        await asyncio.wait([stop, publishing, *tasks], return_when=asyncio.FIRST_COMPLETED)
        broken = [task for task in (publishing, *tasks) if task.done()]
        self.stopping.set()
        if not broken:
            await self._finish_calls()
        cooking = [task for _, task in self.desk.cooking.values()]
        for task in (*cooking, *tasks):
            task.cancel()
        _, unwilling = await asyncio.wait([*tasks, *cooking], timeout=UNWILLING)
        for task in unwilling:
            logger.warning("%s did not end when asked to; going on without it", task.get_coro())
        await self.lease.end()
        self.publisher.add(await self.decide(turns.leave, self.owner))
        self.publisher.close()
        await asyncio.wait([publishing], timeout=UNWILLING)
        await self.models.close()
        self.deciders.close()
        self.errands.close()
        for task in broken:
            task.result()

    async def _finish_calls(self) -> None:
        """Give what cooks a little time to end by itself."""
        try:
            async with asyncio.timeout(self.grace):
                while self.desk.cooking or self.desk.outcomes:  # noqa: ASYNC110 - a stop may look every 50 ms
                    await asyncio.sleep(0.05)
        except TimeoutError:
            logger.info("Handing on %s steps that did not finish in time", len(self.desk.cooking))

    def stop(self) -> None:
        """Take nothing new and come to an end."""
        self.stopping.set()

    def wake(self) -> None:
        """There may be runnable steps."""
        self.wanted = True
        self.work.set()

    def returned(self, notices: list[Notice]) -> None:
        """Steps were made runnable again."""
        self.publisher.add(notices)
        self.wake()

    # --- Turns --------------------------------------------------------------------------------------------------------

    async def _turns(self) -> None:
        """Take turns as long as there is something to settle or to claim."""
        while True:
            await self.work.wait()
            outcomes = self.desk.take_outcomes()
            limit = self.desk.free_slots() if (self.wanted or outcomes) and not self.stopping.is_set() else 0
            self.wanted = False
            if not self.desk.outcomes:
                self.work.clear()
            if outcomes or limit:
                await self._turn(outcomes, limit)

    async def _turn(self, outcomes: list[Outcome], limit: int) -> None:
        number, began = next(self.turn_numbers), now()
        self.desk.begin_turn(number, outcomes, limit)
        try:
            turn = await self._safe_turn(outcomes, limit)
            for job in turn.jobs:
                self.desk.cooking[job.step_id] = (job, asyncio.create_task(self._cook(job, began)))
        finally:
            self.desk.end_turn(number, outcomes, limit)
        if turn.more:
            self.wake()
        self.publisher.add(turn.notices, turn.dropped)

    async def _safe_turn(self, outcomes: list[Outcome], limit: int) -> Turn:
        """A turn, and never an error. When a batch fails each part of it is done alone, so none holds up others."""
        try:
            wanted = self.desk.wanted()
            return await self.deciders.run(turns.take_turn, self.owner, outcomes, limit, wanted, or_locked=True)
        except Exception:
            logger.exception("A turn with %s outcomes failed", len(outcomes))
        turn = Turn()
        try:
            for outcome in outcomes:
                turn.add(await self._settle_alone(outcome))
            if limit:
                turn.add(await self.decide(rescue.claim_alone, self.owner, limit))
        except Exception:
            logger.exception("A failed turn could not be mended; what is left of it waits for the next one")
        await asyncio.sleep(chores.POLL)
        turn.more = True
        return turn

    async def _settle_alone(self, outcome: Outcome) -> Turn:
        """Later, when somebody holds its run: nothing else waits for that."""
        try:
            return await self.deciders.run(rescue.settle_alone, self.owner, outcome, or_locked=True)
        except OperationalError:
            self.desk.delayed[outcome.step_id] = outcome.fence
            asyncio.get_running_loop().call_later(chores.POLL, self._again, outcome)
            return Turn()

    def _again(self, outcome: Outcome) -> None:
        self.desk.outcomes.append(outcome)
        self.desk.delayed.pop(outcome.step_id, None)
        self.work.set()

    # --- Calls --------------------------------------------------------------------------------------------------------

    async def _cook(self, job: Job, claimed: float) -> None:
        """Let the agent work and hand in what it came to; a dropped or parked step hands in nothing."""
        try:
            outcome = await self._outcome(job, claimed)
        except GivenUp:
            return
        finally:
            self.streams.close(job)
            self.desk.cooking.pop(job.step_id, None)
        self.desk.outcomes.append(outcome)
        self.work.set()

    async def _outcome(self, job: Job, claimed: float) -> Outcome:
        guard = self.lease.guard(job, claimed)
        if job.stage is not None:
            return await stage_outcome(job, self.errands.run, guard)
        doors = Doors(self.models, self._keep, guard, self.errands.run)
        cook = cook_for(job, doors, self.streams.open(job))
        error: AppError
        try:
            async with asyncio.timeout(job.task.timeout + OVERRUN):
                return await cook.outcome()
        except asyncio.CancelledError:
            if cook.cut is not None and not self.stopping.is_set():
                self._keep_cut(cook.cut)
            raise
        except TimeoutError:
            late = ModelTimeout(f"{job.task.model} gave no whole answer within {job.task.timeout:g} seconds.")
            late.reply = cook.cut.reply if cook.cut is not None else None
            error = late
        except Exception as unknown:
            logger.exception("Step %s failed in an unexpected way", job.step_id)
            error = ModelError(f"The call to {job.task.model} failed: {type(unknown).__name__}.")
        origins = cook.taint.origins
        ended = Outcome(job.step_id, job.fence, job.has_fallback, None, error, cook.path, origins, job.attempt)
        return replace(ended, counts=cook.bills.counted(getattr(error, "reply", None)))

    def _keep_cut(self, cut: Cut) -> None:
        """What a person stopped stays, as far as it was written."""
        task = asyncio.create_task(self.decide(keep_cut, cut))
        self.after.add(task)
        task.add_done_callback(self.after.discard)

    async def _keep(self, progress: Progress) -> Kept | None:
        """Write down what a step does in between; None when it is no longer ours."""
        kept = await self.decide(keep, progress)
        self.publisher.add(kept.notices if kept is not None else [])
        return kept
