"""What one step's cook writes down: intents before they are sent, results with whatever comes next."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

from automatos.llm.parts import ToolCall
from recipes.engine.journal import Intent, Result, call_id
from recipes.engine.progress import Approvals, Progress, Switch, subject_hash
from recipes.engine.steps import Job
from tools.contract import Tool

# Writes progress down; False when the step is no longer this worker's.
Keep = Callable[[Progress], Awaitable[bool]]


class GivenUp(BaseException):
    """The step belongs to another worker by now, or waits for a person: there is nothing to hand in.

    No Exception, like a cancellation: nothing on the way may take it for a failure of its own.
    """


class Notebook:
    """The journal of one attempt, as far as this worker writes it."""

    def __init__(self, job: Job, keep: Keep) -> None:
        self.job, self._keep = job, keep
        # Results not written down yet: they go with the next intents, in one transaction.
        self.unkept: list[Result] = []

    def id(self, path: str) -> UUID:
        """The key of the call at this path."""
        return call_id(self.job.step_id, self.job.attempt, path)

    def intent(self, path: str, model: str) -> Intent:
        """A model's call about to be sent."""
        job = self.job
        return Intent(self.id(path), job.workspace_id, job.step_id, job.attempt, model, path)

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
        """Write down what is about to be sent and what came back. Raises GivenUp when another worker has the step."""
        unkept, self.unkept = self.unkept, []
        progress = Progress(self.job.step_id, self.job.fence, list(intents), [*unkept, *results], approvals, switch)
        if not await self._keep(progress):
            raise GivenUp
