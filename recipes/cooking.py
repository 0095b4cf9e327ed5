"""One step under way: the agent's loop, with every call kept in the journal before it is sent and after it is done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from agents.loop import Task, run_agent
from agents.runtime import AgentSpec
from agents.toolbox import toolbox_of
from automatos.errors import AppError
from automatos.llm.errors import ModelError
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.registry import Models
from automatos.llm.types import ModelReply, ModelRequest, OnText
from recipes.journal import FIRST, Intent, Recorded, Result, call_id
from recipes.progress import Approvals, Progress
from recipes.steps import Job, Outcome
from recipes.untrusted import fenced
from tools import contract
from tools.contract import ToolContext
from tools.executor import UnifiedToolExecutor, call_key

logger = logging.getLogger(__name__)

# Writes progress down; False when the step is no longer this worker's.
Keep = Callable[[Progress], Awaitable[bool]]
# The agent of the job's workspace by name or slug; ToolProblem when there is none that can work.
FindAgent = Callable[[str], Awaitable[AgentSpec]]
# What untrusted text in a conversation makes dangerous: changes here, and anything that leaves.
SIDE_EFFECTS = ("writes", "outside")
LOST = (
    "This call was sent, but the worker died before its answer was kept. It may have taken effect: find out before you "
    "do it again."
)
REFUSED = "A person looked at this call and refused it. Go on without it, and say so in your answer."


class GivenUp(BaseException):
    """The step belongs to another worker by now, or waits for a person: there is nothing to hand in.

    No Exception, like a cancellation: nothing on the way may take it for a failure of its own.
    """


class NeedsPerson(BaseException):
    """Calls that a person has to allow first, as (id, call)."""

    def __init__(self, calls: list[tuple[UUID, ToolCall]]) -> None:
        super().__init__()
        self.calls = calls


class Writing(Protocol):
    """Where the text of the step's agent goes while a model writes it."""

    def write(self, text: str) -> None:
        """A piece of it."""

    def restart(self) -> None:
        """What follows takes the place of what was written."""


class Cook:
    """Does one job's calls. Its `outcome()` is what the engine settles."""

    def __init__(
        self, job: Job, models: Models, keep: Keep, *, stream: Writing, context: ToolContext, find_agent: FindAgent
    ) -> None:
        self.job, self.models, self.keep, self.stream = job, models, keep, stream
        self.context, self.find_agent = context, find_agent
        self.deadline = asyncio.get_running_loop().time() + job.task.timeout
        # Results not written down yet: they go with the next intents, in one transaction.
        self.unkept: list[Result] = []
        self.record: dict[str, contract.ToolResult] = {}
        # Summaries of skills stand in the system prompt: text from outside that needs no call to be read.
        self.origins: list[str] = [*job.task.spec.origins, *job.origins]
        # What the agent was told so far: an address that stands in it tells nobody anything new.
        self.heard = [message.content for message in job.task.messages]
        self.path = FIRST

    async def outcome(self) -> Outcome:
        """The end of the task. Raises GivenUp when there is none to hand in."""
        reply, error = None, None
        try:
            self.path, reply = await run_agent(self.job.task, self)
        except NeedsPerson as need:
            calls = [(key, call.name, call.arguments) for key, call in need.calls]
            await self._keep(approvals=Approvals(calls, list(dict.fromkeys(self.origins))))
            raise GivenUp from None
        except AppError as known:
            error = known
            if self.unkept and self.unkept[-1].reply is not None:
                await self._keep()  # the call itself went well and has to be paid
        job, origins = self.job, tuple(dict.fromkeys(self.origins))
        return Outcome(job.step_id, job.fence, job.has_fallback, reply, error, self.path, origins)

    # --- models -------------------------------------------------------------------------------------------------------

    async def ask(self, path: str, request: ModelRequest) -> ModelReply:
        """The model's reply: from the journal when it is there, else sent and, with what comes next, kept."""
        known = self.job.journal.get(path)
        if known is not None and known.status != "sent":
            return _replayed(known)
        if path != FIRST or self.unkept:
            await self._keep(intents=[self._intent(path, request.model)])
        self.path = path
        key = str(call_id(self.job.step_id, self.job.attempt, path))
        seconds = max(0.1, self.deadline - asyncio.get_running_loop().time())
        request = replace(request, idempotency_key=key, timeout=min(request.timeout, seconds))
        try:
            reply = await self.models.complete(request, self._on_text(path), credentials=self.job.credentials)
        except ModelError as error:
            self.unkept.append(Result(self._id(path), error=error))
            raise
        self.unkept.append(Result(self._id(path), reply))
        return reply

    def _on_text(self, path: str) -> OnText:
        """Only the step's own agent is heard, one call at a time: what another one says goes to who asked it."""
        if "." in path:
            return _unheard
        if path != FIRST:
            self.stream.restart()
        return self.stream.write

    # --- tools --------------------------------------------------------------------------------------------------------

    async def use(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> list[ToolResult]:
        """Run one round's calls at once; each result is kept as soon as it is there."""
        fresh = [(path, call) for path, call in calls if path not in self.job.journal]
        self._ask_people(task, fresh)
        if self.unkept or fresh:
            intents = [self._intent(path, call.name, call.arguments) for path, call in fresh]
            await self._keep(intents=intents)
        results = await _all([self._use_one(task, path, call) for path, call in calls])
        for (_, call), result in zip(calls, results, strict=True):
            self.record.setdefault(call_key(call.name, call.text), result)
            self.heard.append(result.content)
            if result.origin:
                self.origins.append(result.origin)
        answered = zip(calls, results, strict=True)
        return [ToolResult(call.id, told(result), result.is_error) for (_, call), result in answered]

    async def _use_one(self, task: Task, path: str, call: ToolCall) -> contract.ToolResult:
        known = self.job.journal.get(path)
        if known is not None and known.status != "sent":
            return _told_before(known)
        if self.job.approvals.get(self._id(path)) == "rejected":
            result = contract.ToolResult(REFUSED, is_error=True)
        elif known is not None and _effects(task, call) == "outside":
            result = contract.ToolResult(LOST, is_error=True)
        elif call.error:
            result = contract.ToolResult(call.error, is_error=True)
        else:
            executor = UnifiedToolExecutor(task.tools)
            result = await executor.run(call.name, call.text, self._context(task, path), self.record)
        await self._keep(results=[_kept(self._id(path), call, result)])
        return result

    def _context(self, task: Task, path: str) -> ToolContext:
        async def ask_agent(question: contract.Question) -> str:
            return await self._ask_agent(task, path, question)

        noting = contract.Noting(self._id(path), tuple(dict.fromkeys(self.origins)))
        return replace(self.context, depth=path.count("."), budget=task.max_cost, ask_agent=ask_agent, call=noting)

    async def _ask_agent(self, task: Task, path: str, question: contract.Question) -> str:
        """Another agent's answer; its calls stand in the same journal, under the path of the one that asked."""
        spec = await self.find_agent(question.agent)
        self.origins += spec.origins
        left = max(1.0, self.deadline - asyncio.get_running_loop().time())
        limits = [limit for limit in (question.budget, spec.max_task_cost) if limit is not None]
        asked = Task(
            spec,
            spec.opening(question.task),
            toolbox_of(spec),
            rounds=task.rounds,
            timeout=left,
            max_tokens=spec.max_task_tokens,
            max_cost=min(limits, default=None),
            path=f"{path}.",
        )
        _, reply = await run_agent(asked, self)
        return reply.text

    def _ask_people(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> None:
        """Raises NeedsPerson where the workspace's policy wants a side effect decided and nobody did yet."""
        if self.job.policy == "never" or (self.job.policy != "always" and not self.origins):
            return
        waiting = [
            (key, call)
            for key, call in ((self._id(path), call) for path, call in calls)
            if key not in self.job.approvals and self._is_side_effect(task, call)
        ]
        if waiting:
            raise NeedsPerson(waiting)

    def _is_side_effect(self, task: Task, call: ToolCall) -> bool:
        return _effects(task, call) in SIDE_EFFECTS or (bool(self.origins) and self._tells(call))

    def _tells(self, call: ToolCall) -> bool:
        """Whether reading an address may carry something out: it is one that the agent put together itself."""
        url = call.arguments.get("url")
        return isinstance(url, str) and not any(url in text for text in self.heard)

    # --- the journal --------------------------------------------------------------------------------------------------

    def _id(self, path: str) -> UUID:
        return call_id(self.job.step_id, self.job.attempt, path)

    def _intent(self, path: str, name: str, arguments: Mapping[str, Any] | None = None) -> Intent:
        job = self.job
        kind = "model" if arguments is None else "tool"
        data = None if arguments is None else {"arguments": dict(arguments)}
        return Intent(self._id(path), job.workspace_id, job.step_id, job.attempt, name, path, kind, data)

    async def _keep(
        self, intents: Sequence[Intent] = (), results: Sequence[Result] = (), approvals: Approvals | None = None
    ) -> None:
        """Write down what is about to be sent and what came back. Raises GivenUp when another worker has the step."""
        unkept, self.unkept = self.unkept, []
        progress = Progress(self.job.step_id, self.job.fence, list(intents), [*unkept, *results], approvals)
        if not await self.keep(progress):
            raise GivenUp


async def _all(calls: Sequence[Awaitable[contract.ToolResult]]) -> list[contract.ToolResult]:
    """The results of all. When one cannot go on, the others are finished first, so that what they did is kept."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    needs = [(key, call) for one in results if isinstance(one, NeedsPerson) for key, call in one.calls]
    for one in results:
        if isinstance(one, BaseException) and not isinstance(one, NeedsPerson):
            raise one
    if needs:
        raise NeedsPerson(needs)
    return [one for one in results if not isinstance(one, BaseException)]


def _unheard(text: str) -> None:
    """Text nobody follows."""


def told(result: contract.ToolResult) -> str:
    """What the model reads."""
    return fenced(result.content, result.origin) if result.origin and not result.fenced else result.content


def _effects(task: Task, call: ToolCall) -> contract.Effects:
    """What a call can do; one of an unknown tool does nothing but say so."""
    tool = task.tools.get(call.name)
    return tool.effects_of(call.arguments) if tool else "none"


def _kept(key: UUID, call: ToolCall, result: contract.ToolResult) -> Result:
    data = {
        "arguments": call.arguments,
        "is_error": result.is_error,
        "origin": result.origin,
        "artefacts": list(result.artefacts),
        "repeated": result.repeated,
        "fenced": result.fenced,
    }
    return Result(key, output=result.content, data=data)


def _told_before(known: Recorded) -> contract.ToolResult:
    data = known.data or {}
    return contract.ToolResult(
        known.output,
        is_error=bool(data.get("is_error")),
        origin=str(data.get("origin", "")),
        artefacts=tuple(data.get("artefacts", ())),
        repeated=bool(data.get("repeated")),
        fenced=bool(data.get("fenced")),
    )


def _replayed(known: Recorded) -> ModelReply:
    if known.status == "failed":
        error = ModelError((known.error or {}).get("message", "The call failed."))
        error.code = (known.error or {}).get("code", error.code)
        raise error
    if known.data is None:
        return ModelReply(known.output, known.name, "stop")
    return ModelReply.from_json(known.data)
