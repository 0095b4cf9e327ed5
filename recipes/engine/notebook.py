"""What one step's cook writes down: intents before they are sent, results with whatever comes next."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

from automatos.llm.parts import ToolCall
from automatos.llm.types import ModelRequest
from recipes.engine.journal import Intent, Result, call_id
from recipes.engine.paying import priced, waits
from recipes.engine.progress import Approvals, Kept, Progress, Switch, subject_hash
from recipes.engine.replay import Stopped
from recipes.engine.steps import Job
from tools.contract import Tool

# Writes progress down; None when the step is no longer this worker's.
Keep = Callable[[Progress], Awaitable[Kept | None]]
# Seconds until it is looked again whether there is money: the first time, and at most; many that wait look seldom.
SOON, LATER = 0.5, 5.0


class GivenUp(BaseException):
    """The step belongs to another worker by now, or waits for a person: there is nothing to hand in.

    No Exception, like a cancellation: nothing on the way may take it for a failure of its own.
    """


class Notebook:
    """The journal of one attempt, as far as this worker writes it."""

    def __init__(self, job: Job, keep: Keep) -> None:
        self.job, self._keep = job, keep
        # Until when it waits for money that calls under way hold.
        self.patience = asyncio.get_running_loop().time() + job.task.timeout - LATER
        # Results not written down yet: they go with the next intents, in one transaction.
        self.unkept: list[Result] = []

    def id(self, path: str) -> UUID:
        """The key of the call at this path."""
        return call_id(self.job.step_id, self.job.attempt, path)

    def has_kept(self, path: str) -> bool:
        """Whether what the call at this path came to does not wait to be written down."""
        return all(one.id != self.id(path) for one in self.unkept)

    def intent(self, path: str, name: str) -> Intent:
        """A call about to be sent. name: of the model or the tool."""
        job = self.job
        return Intent(self.id(path), job.workspace_id, job.step_id, job.attempt, name, path)

    def model_intent(self, path: str, agent_id: UUID, request: ModelRequest) -> Intent:
        """A model's call about to be sent for this agent, with what it may take."""
        most, seconds, unpriced = priced(request, self.job.credentials)
        about = self.intent(path, request.model)
        return replace(about, most=most, seconds=seconds, agent_id=agent_id, unpriced=unpriced)

    def tool_intent(self, path: str, call: ToolCall, tool: Tool | None) -> Intent:
        """A tool's call about to be made; of one that the agent does not have, nothing more is known."""
        about = replace(self.intent(path, call.name), kind="tool", data={"arguments": dict(call.arguments)})
        about = replace(about, request_hash=subject_hash(call.name, call.arguments))
        if tool is None:
            return about
        connection = tool.connection_of(call.arguments)
        return replace(about, kind=tool.kind, tool_version_hash=tool.version_hash, connection_id=connection)

    async def keep(
        self,
        intents: Sequence[Intent] = (),
        results: Sequence[Result] = (),
        approvals: Approvals | None = None,
        switch: Switch | None = None,
    ) -> None:
        """Write down what is about to be sent and what came back.

        Raises GivenUp when another worker has the step, and Stopped when a budget has no room for what was to be sent.
        """
        unkept, self.unkept = self.unkept, []
        progress = Progress(self.job.step_id, self.job.fence, list(intents), [*unkept, *results], approvals, switch)
        await self._write(progress)

    async def wait_for_money(self, intent: Intent) -> None:
        """Hold money back for a call that is noted already. Raises as `keep` does."""
        await self._write(Progress(self.job.step_id, self.job.fence, [intent], is_noted=True))

    async def _write(self, progress: Progress) -> None:
        """Until there is room for what is to be sent, as long as calls under way may leave some."""
        pause = SOON
        while True:
            kept = await self._keep(progress)
            if kept is None:
                raise GivenUp
            if kept.refused is None:
                return
            if not waits(kept.refused) or asyncio.get_running_loop().time() > self.patience:
                raise Stopped(kept.refused)
            progress = replace(progress, results=[])
            await asyncio.sleep(pause * random.uniform(0.7, 1))  # noqa: S311
            pause = min(LATER, pause * 1.5)
