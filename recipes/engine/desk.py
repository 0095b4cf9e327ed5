"""What one worker has in hand: steps at work, outcomes to record, and room for more."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from math import ceil
from uuid import UUID

from recipes.engine.claiming import Wanted
from recipes.engine.steps import Job, Outcome

# The most outcomes or claims of one turn.
BATCH = 64
# How much of a worker's slots one workspace may fill.
SHARE = 0.9


class Desk:
    """slots: how many steps may be at work at once."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.cooking: dict[UUID, tuple[Job, asyncio.Task[None]]] = {}
        self.outcomes: deque[Outcome] = deque()
        # Steps whose outcome is being recorded, and those whose run somebody holds, to be recorded a moment later.
        self.settling: dict[UUID, int] = {}
        self.delayed: dict[UUID, int] = {}
        self.active_turns: set[int] = set()
        self.claiming = 0

    def known(self) -> dict[UUID, int]:
        """The steps in hand, by fence; any thread may ask."""
        at_work = {step_id: job.fence for step_id, (job, _) in list(self.cooking.items())}
        at_work |= {outcome.step_id: outcome.fence for outcome in list(self.outcomes)}
        return at_work | dict(self.settling) | dict(self.delayed)

    def abort(self, step_id: UUID, fence: int) -> None:
        """Cut off the work on a step under this fence, if there is any."""
        job, task = self.cooking.get(step_id, (None, None))
        if job and task and job.fence == fence:
            task.cancel()

    def drop(self, execution_ids: set[str], step_ids: set[str]) -> None:
        """Abort the calls of these executions and steps at once."""
        for job, task in list(self.cooking.values()):
            if str(job.execution_id) in execution_ids or str(job.step_id) in step_ids:
                task.cancel()

    def take_outcomes(self) -> list[Outcome]:
        """Those that one turn records."""
        return [self.outcomes.popleft() for _ in range(min(BATCH, len(self.outcomes)))]

    def free_slots(self) -> int:
        """How many steps a turn may claim."""
        return max(0, min(BATCH, self.slots - len(self.cooking) - self.claiming))

    def wanted(self) -> Wanted:
        """No workspace fills all slots: some are left for those whose work comes next."""
        busy = Counter(job.workspace_id for job, _ in self.cooking.values())
        return Wanted(share=ceil(self.slots * SHARE), busy=busy)

    def begin_turn(self, number: int, outcomes: Sequence[Outcome], limit: int) -> None:
        """A turn is under way: what it claims is not known yet."""
        self.active_turns.add(number)
        self.claiming += limit
        self.settling |= {outcome.step_id: outcome.fence for outcome in outcomes}

    def end_turn(self, number: int, outcomes: Sequence[Outcome], limit: int) -> None:
        """What the turn claimed is at work by now."""
        self.claiming -= limit
        self.active_turns.discard(number)
        for outcome in outcomes:
            self.settling.pop(outcome.step_id, None)
