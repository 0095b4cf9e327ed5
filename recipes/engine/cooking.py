"""One step under way: the agent's loop, with every call kept in the journal before it is sent and after it is done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

from agents.work.loop import Failed, Spent, Task, run_agent
from agents.work.spec import AgentSpec
from agents.work.toolbox import toolbox_of
from automatos import metrics
from automatos.errors import AppError
from automatos.llm.deltas import Delta
from automatos.llm.errors import ModelBadReply, ModelError
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.registry import Models
from automatos.llm.types import ModelReply, ModelRequest, OnText
from recipes.engine.asking_people import NeedsPerson, ask_people, same_call
from recipes.engine.attachments import with_pictures
from recipes.engine.bills import Bills
from recipes.engine.briefing import briefed
from recipes.engine.cut import Cut
from recipes.engine.decisions import as_decided, decided, note_of
from recipes.engine.hooking import Hooking, refusal
from recipes.engine.journal import FIRST, Recorded, Result
from recipes.engine.notebook import GivenUp, Keep, Notebook
from recipes.engine.one_model import instead
from recipes.engine.progress import Approvals, Switch, subject_hash
from recipes.engine.replay import Stopped, check, kept, question_hash, reply_of, result_of
from recipes.engine.steps import Job, Outcome
from recipes.engine.taint import Taint
from tools import contract
from tools.contract import ToolContext
from tools.executor import UnifiedToolExecutor
from tools.untrusted import fenced

logger = logging.getLogger(__name__)

# The agent of the job's workspace by name or slug; ToolProblem when there is none that can work.
FindAgent = Callable[[str], Awaitable[AgentSpec]]
LOST = (
    "This call was sent, but the worker died before its answer was kept. It may have taken effect: find out before you "
    "do it again."
)
# Calls of one reply that are made; each holds a connection or a process.
MOST_AT_ONCE = 20
TOO_MANY = (
    f"Not done: at most {MOST_AT_ONCE} calls are made at once. Make this one in the next round if you still need it."
)
REFUSED = "A person looked at this call and refused it. Go on without it, and say so in your answer."


class ToolFailed(AppError):
    """The tool of a step that is one call said that something went wrong."""

    code = "tool_failed"


class Writing(Protocol):
    """Where the text of the step's agent goes while a model writes it."""

    def write(self, text: str) -> None:
        """A piece of it."""

    def hear(self, delta: Delta) -> None:
        """A piece of anything: what the model thinks is among it."""

    def restart(self) -> None:
        """What follows takes the place of what was written."""


class _ModelCalls:
    """One job at work, and its calls of models."""

    def __init__(
        self,
        job: Job,
        models: Models,
        keep: Keep,
        *,
        stream: Writing,
        context: Callable[[AgentSpec], ToolContext],
        find_agent: FindAgent,
        before_sending: Callable[[], Awaitable[None]],
        errand: contract.Decide,
    ) -> None:
        self.job, self.models, self.stream = job, models, stream
        self.context, self.find_agent = context, find_agent
        self.before_sending, self.errand = before_sending, errand
        self.deadline = asyncio.get_running_loop().time() + job.task.timeout
        self.notebook = Notebook(job, keep)
        # What each agent's calls came to: two agents may have different tools of one name.
        self.records: dict[UUID, dict[str, contract.ToolResult]] = {}
        # Summaries of skills stand in the system prompt: text from outside that needs no call to be read.
        self.taint = Taint([*job.task.spec.origins, *job.origins], job.heard)
        self.bills = Bills(job.credentials)
        self.hooking = Hooking(self)
        self.schemas: dict[UUID, contract.Schema] = {}  # of what calls that wait for a person take
        self.cut: Cut | None = None  # of a call that was broken off from outside, what had come in
        self.path, self.asked = FIRST, ""

    async def ask(
        self, task: Task, path: str, request: ModelRequest, *, aside: bool = False, instead_of: Failed | None = None
    ) -> ModelReply:
        """The model's reply, with hooks asked before and after."""
        if not aside:
            request = await self.hooking.before_model(task, path, request)
        reply = await self._reply(task, path, request, aside=aside, instead_of=instead_of)
        if not aside:
            await self.hooking.after_model(task, path, reply)
        return reply

    async def _reply(
        self, task: Task, path: str, request: ModelRequest, *, aside: bool = False, instead_of: Failed | None = None
    ) -> ModelReply:
        """The model's reply: from the journal when it is there, else sent and, with what comes next, kept."""
        known, asked = self.job.journal.get(path), question_hash(request)
        if known is not None:
            check(known, request.model, asked, is_model=True)
        if known is not None and known.status != "sent":
            self.bills.add(path, known.name, known.usage, known.cost)
            return reply_of(known)
        if path != FIRST or self.notebook.unkept:
            # Told once: where the intent is noted already, a worker that died has told it.
            switch = Switch.of(request.model, instead_of) if instead_of and known is None else None
            await self.notebook.keep(intents=[self.notebook.model_intent(path, task.spec.id, request)], switch=switch)
        elif self.job.is_short:
            await self.notebook.wait_for_money(self.notebook.model_intent(path, task.spec.id, request))
        self.path, self.asked = path, asked
        seconds = max(0.1, self.deadline - asyncio.get_running_loop().time())
        request = replace(request, idempotency_key=str(self.notebook.id(path)), timeout=min(request.timeout, seconds))
        try:
            self.bills.check(task, request.model)
            began = asyncio.get_running_loop().time()
            reply = await self.models.complete(
                request,
                self._on_text(path, aside),
                on_delta=None if aside or "." in path else self.stream.hear,
                credentials=self.job.credentials,
                before_sending=self.before_sending,
                on_cut=partial(self._was_cut, path),
            )
            metrics.observe("model_seconds", asyncio.get_running_loop().time() - began)
        except ModelError as error:
            if (mendable := _mendable(request, error)) is None:
                if error.reply is not None:
                    self.bills.add(path, request.model, error.reply.usage, error.reply.cost)
                self.notebook.unkept.append(_result(self, task, path, error))
                raise
            reply = mendable
        self.bills.add(path, request.model, reply.usage, reply.cost)
        self.notebook.unkept.append(_result(self, task, path, reply))
        return reply

    def _was_cut(self, path: str, reply: ModelReply) -> None:
        key, counts = self.notebook.id(path), self.bills.counted(reply)
        self.cut = Cut(self.job.step_id, self.job.fence, key, reply, is_answer="." not in path, counts=counts)

    def spent(self, path: str) -> Spent:
        """What the calls came to so far whose path begins so, those of asked agents among them."""
        return self.bills.spent(path)

    def _on_text(self, path: str, aside: bool) -> OnText:
        """Only the step's own agent is heard, one call at a time: what another one says goes to who asked it."""
        if aside or "." in path:
            return _unheard
        if path != FIRST:
            self.stream.restart()
        return self.stream.write

    def decided(self, key: UUID, call: ToolCall) -> str:
        """approved or rejected where a person decided about this very call; empty where nobody did."""
        return decided(self.job, key, call)

    @staticmethod
    def needs_person(calls: list[tuple[UUID, ToolCall]]) -> NeedsPerson:
        """What is raised until somebody decides."""
        return NeedsPerson(calls)


class Cook(_ModelCalls):
    """Does one job's calls. Its `outcome()` is what the engine settles."""

    async def outcome(self) -> Outcome:
        """The end of the task. Raises GivenUp when there is none to hand in."""
        reply, error = None, None
        try:
            self.path, reply = await (_called(self) if self.job.call else self.answer_of(self.job.task))
        except NeedsPerson as need:
            calls = [(key, call.name, call.arguments, need.reaches.get(key)) for key, call in need.calls]
            await self.notebook.keep(approvals=Approvals(calls, [*self.taint.origins, *need.said], self.schemas))
            raise GivenUp from None
        except Stopped as stopped:
            error = stopped.error
        except AppError as known:
            error = known
            if self.notebook.unkept and self.notebook.unkept[-1].reply is not None:
                await self.notebook.keep()  # the call itself went well and has to be paid
        job, origins = self.job, self.taint.origins
        ended = Outcome(job.step_id, job.fence, job.has_fallback, reply, error, self.path, origins, job.attempt)
        counts = self.bills.counted(reply or getattr(error, "reply", None))
        return replace(ended, request_hash=self.asked, counts=counts, is_paid=self.notebook.has_kept(self.path))

    async def answer_of(self, task: Task) -> tuple[str, ModelReply]:
        """The path and the reply that ends a task, once its hooks let it."""
        task = await briefed(self, await with_pictures(task))
        path, reply = await run_agent(task, self)
        await self.hooking.ended(task, path, reply)
        return path, reply

    async def use(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> list[ToolResult]:
        """Run one round's calls at once; each result is kept as soon as it is there. Too many are not even begun."""
        asked = [(path, as_decided(self.job, self.notebook.id(path), call)) for path, call in calls[:MOST_AT_ONCE]]
        results = await self._use(task, asked)
        return results + [ToolResult(call.id, TOO_MANY, is_error=True) for _, call in calls[MOST_AT_ONCE:]]

    async def _use(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> list[ToolResult]:
        for path, call in calls:
            if known := self.job.journal.get(path):
                check(known, call.name, subject_hash(call.name, call.arguments), is_model=False)
        await self.hooking.before_tools(task, calls)
        await ask_people(self, task, [(path, call) for path, call in calls if path not in self.job.journal])
        intents = [
            self.notebook.tool_intent(path, call, task.tools.get(call.name))
            for path, call in calls
            if _is_due(self.job, task, path, call)
        ]
        if self.notebook.unkept or intents:
            await self.notebook.keep(intents=intents)
        results = await self._results(task, calls)
        for path, call in calls:
            results[path] = await self.hooking.after_tool(task, path, call, results[path])
            self.taint.read(task.tools.get(call.name), call, results[path])
        notes = {path: note_of(self.job, self.notebook.id(path), call) for path, call in calls}
        return [ToolResult(call.id, notes[path] + told(results[path]), results[path].is_error) for path, call in calls]

    async def _results(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> dict[str, contract.ToolResult]:
        """By path. What is asked for twice in one round is done once, and the second answered from the record."""
        record = self.records.setdefault(task.spec.id, {})
        first = {same_call(call): path for path, call in reversed(calls)}.values()
        results: dict[str, contract.ToolResult] = {}
        for wave in ([one for one in calls if one[0] in first], [one for one in calls if one[0] not in first]):
            found = await _all([self._use_one(task, path, call) for path, call in wave])
            for (path, call), result in zip(wave, found, strict=True):
                results[path] = result
                known = record.get(same_call(call))
                if known is None or known.retryable:
                    record[same_call(call)] = result
        return results

    async def _use_one(self, task: Task, path: str, call: ToolCall) -> contract.ToolResult:
        known = self.job.journal.get(path)
        if known is not None and known.status != "sent":
            for at, one in self.job.journal.items():
                if at.startswith(f"{path}."):  # what an asked agent spent; its calls are not gone through again
                    self.bills.add(at, one.name, one.usage, one.cost)
            return result_of(known)
        if decided(self.job, self.notebook.id(path), call) == "rejected":
            result = contract.ToolResult(REFUSED, is_error=True)
        elif _is_lost(self.job, task, path, call):
            result = contract.ToolResult(LOST, is_error=True, retryable=True, uncertain=True)
            await UnifiedToolExecutor(task.tools).note_lost(
                call.name, call.arguments, result, self._context(task, path)
            )
        elif said := self.hooking.refused.get(path):
            result = refusal(said, "refused this call")
        elif call.error:
            result = contract.ToolResult(call.error, is_error=True)
        elif done := self.job.earlier.get(same_call(call)):
            result = _done_before(done)
        else:
            await self.before_sending()
            executor, record = UnifiedToolExecutor(task.tools), self.records[task.spec.id]
            # As they were read, and not read again: what a person approved is what is done.
            result = await executor.run(call.name, call.arguments, self._context(task, path), record)
        await self.notebook.keep(results=[kept(self.notebook.id(path), call, result)])
        return result

    def _context(self, task: Task, path: str) -> ToolContext:
        async def ask_agent(question: contract.Question) -> str:
            return await self._ask_agent(task, path, question)

        noting = contract.Noting(self.notebook.id(path), self.taint.origins)
        left = self.bills.left(task)
        return replace(self.context(task.spec), depth=path.count("."), budget=left, ask_agent=ask_agent, call=noting)

    async def _ask_agent(self, task: Task, path: str, question: contract.Question) -> str:
        """Another agent's answer; its calls stand in the same journal, under the path of the one that asked."""
        spec = instead(await self.find_agent(question.agent), self.job.model_of_all)
        self.taint.add(spec.origins)
        left = max(1.0, self.deadline - asyncio.get_running_loop().time())
        asked = Task(
            spec,
            spec.opening(question.task),
            toolbox_of(spec),
            rounds=task.rounds,
            timeout=left,
            max_tokens=spec.max_task_tokens,
            max_cost=spec.max_task_cost,
            path=f"{path}.",
            asked_by=task,
        )
        _, reply = await self.answer_of(asked)
        return reply.text


def _result(cook: _ModelCalls, task: Task, path: str, came: ModelReply | ModelError) -> Result:
    """What a call of a model came to, with what it counts for where money is limited."""
    reply, error = (None, came) if isinstance(came, ModelError) else (came, None)
    counts = cook.bills.counted(reply or getattr(error, "reply", None))
    key = cook.notebook.id(path)
    return Result(key, reply, error=error, request_hash=cook.asked, counts=counts, agent_id=task.spec.id)


async def _called(cook: Cook) -> tuple[str, ModelReply]:
    """Of a step that is one call: what the tool says is the answer. Raises ToolFailed where it went wrong."""
    task, call = cook.job.task, cook.job.call
    if call is None:
        raise ToolFailed("There is no call to make.")
    await cook.use(task, [(FIRST, call)])
    # As it came, without the marks that a model is shown around text from outside.
    result = cook.records[task.spec.id][same_call(as_decided(cook.job, cook.notebook.id(FIRST), call))]
    if result.is_error:
        raise ToolFailed(result.content)
    return FIRST, ModelReply(result.content, "", "stop")


def _is_due(job: Job, task: Task, path: str, call: ToolCall) -> bool:
    """Whether the call is about to be made: for the first time, or again since its result was lost."""
    known = job.journal.get(path)
    return known is None or (known.status == "sent" and not _is_lost(job, task, path, call))


def _is_lost(job: Job, task: Task, path: str, call: ToolCall) -> bool:
    """Whether it was sent, its result is not known, and making it again might do harm."""
    tool = task.tools.get(call.name)
    return path in job.journal and tool is not None and not tool.is_repeatable(call.arguments)


def _done_before(call: Recorded) -> contract.ToolResult:
    """What a call of an earlier attempt answers when it is asked for again."""
    if call.status == "done":
        return replace(result_of(call), repeated=True)
    return contract.ToolResult(LOST, is_error=True)


async def _all(calls: Sequence[Awaitable[contract.ToolResult]]) -> list[contract.ToolResult]:
    """The results of all. When one cannot go on, the others are finished first, so that what they did is kept."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    waits = [one for one in results if isinstance(one, NeedsPerson)]
    needs = [(key, call) for one in waits for key, call in one.calls]
    for one in results:
        if isinstance(one, BaseException) and not isinstance(one, NeedsPerson):
            raise one
    if needs:
        reaches = {key: reach for one in waits for key, reach in one.reaches.items()}
        raise NeedsPerson(needs, [text for one in waits for text in one.said], reaches)
    return [one for one in results if not isinstance(one, BaseException)]


def _mendable(request: ModelRequest, error: ModelError) -> ModelReply | None:
    """A whole answer that is only not in the wanted form: the loop has it mended."""
    reply = error.reply
    if request.response_schema is None or error.code != ModelBadReply.code or reply is None:
        return None
    return reply if reply.text.strip() and reply.finish_reason == "stop" else None


def _unheard(text: str) -> None:
    """Text nobody follows."""


def told(result: contract.ToolResult) -> str:
    """What the model reads."""
    return fenced(result.content, result.origin) if result.origin and not result.fenced else result.content
