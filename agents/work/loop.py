"""An agent's work on one task: model and tools in turn until there is an answer or a limit is reached.

The loop decides the same way each time it is given the same replies and results. So whoever keeps those by their path
can run it again after a crash: what is known is answered from the record, and only what is missing is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from agents.work.answers import problem_with, unwrapped
from agents.work.context_window import SUMMARY_TOKENS, crowded, fitted, narrower, notes_asked, window_of, with_notes
from agents.work.spec import AgentSpec
from agents.work.toolbox import Toolbox, told
from automatos.errors import AppError
from automatos.llm.errors import ContextTooLong, ModelError
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.tokens import estimate_request
from automatos.llm.types import Message, ModelReply, ModelRequest, ToolSpec

# How often a model may mend an answer that does not follow the wanted schema.
REPAIRS = 2


class LimitReached(AppError):
    """The task used up its tokens or its money before there was an answer."""

    code = "limit_reached"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Task:
    """What an agent has to do. rounds: how many times it may use tools; max_cost in US dollars, None for no limit.

    path: stands before the paths of its calls; empty for the step itself.
    asked_by: the task in which another agent asked for this one; what this one spends is spent by that one too.
    client_tools: tools that who asks will use: a call of one ends the task. tool_choice: for the first call of a model,
    as ModelRequest has it; one_call: only one call at a time. check: what is wrong with an answer that follows the
    wanted schema, in words for the model; empty where nothing is. repairs: how often the model may mend its answer.
    """

    spec: AgentSpec
    messages: tuple[Message, ...]
    tools: Toolbox
    rounds: int
    timeout: float
    max_tokens: int | None = None
    max_cost: Decimal | None = None
    path: str = ""
    use_fallback: bool = False
    asked_by: "Task | None" = None
    client_tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    one_call: bool = False
    check: Callable[[str], str] | None = None
    repairs: int = REPAIRS

    @property
    def model(self) -> str:
        """The model that is asked first."""
        return self.spec.fallback_model if self.use_fallback and self.spec.fallback_model else self.spec.model


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took. cost: US dollars, those of unknown prices as they count against a limit; note: says so."""

    tokens: int = 0
    cost: Decimal = Decimal(0)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A model that could not answer, and why, so that the fallback model is asked instead of it."""

    model: str
    error: ModelError


class Actions(Protocol):
    """Does, and keeps by its path, what the loop asks for."""

    async def ask(
        self, task: Task, path: str, request: ModelRequest, *, aside: bool = False, instead_of: Failed | None = None
    ) -> ModelReply:
        """The model's reply. Raises ModelError; a failure that has another model tried is kept like a reply.

        aside: it is no part of the answer, so nobody follows it as it is written. instead_of: which model failed, when
        this one is asked in its place.
        """
        ...

    async def use(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> list[ToolResult]:
        """The results of all calls of one round, by path, in their order. Never raises for what a tool does."""
        ...

    def spent(self, path: str) -> Spent:
        """What the calls came to so far whose path begins so."""
        ...


async def run_agent(task: Task, actions: Actions) -> tuple[str, ModelReply]:
    """The path and the reply that ends the task. Raises ModelError, or LimitReached."""
    work = _Work(task, actions)
    for round_ in range(task.rounds + REPAIRS + 1):
        path, reply = await work.ask(may_use_tools=round_ < task.rounds)
        if handed := _handed_out(task, reply):
            return path, handed
        if reply.tool_calls:
            await work.use(reply)
        elif problem := _problem(task, reply.text):
            work.send_back(reply, problem)
        else:
            return path, _final(task, reply)
        work.check_limits()
    raise LimitReached(
        f"{task.spec.name} gave no usable answer after {task.rounds} rounds with tools. Raise the step's "
        "max_iterations, or ask for less at once."
    )


def _problem(task: Task, text: str) -> str:
    """What is wrong with an answer; empty where nothing is."""
    return problem_with(text, task.spec.response_schema) or (task.check(text) if task.check is not None else "")


def _handed_out(task: Task, reply: ModelReply) -> ModelReply | None:
    """The reply with the calls of the client's tools alone, if there are any; the agent makes its own again later."""
    names = {tool.name for tool in task.client_tools}
    calls = tuple(call for call in reply.tool_calls if call.name in names)
    if not calls:
        return None
    kept = tuple(part for part in reply.parts if not isinstance(part, ToolCall) or part in calls)
    return replace(reply, tool_calls=calls, parts=kept, finish_reason="tool_calls")


def _final(task: Task, reply: ModelReply) -> ModelReply:
    """The answer as it is handed on: JSON that was asked for without a fence around it."""
    return replace(reply, text=unwrapped(reply.text)) if task.spec.response_schema is not None else reply


class _Work:
    """A task under way."""

    def __init__(self, task: Task, actions: Actions) -> None:
        self.task, self.actions = task, actions
        self.messages = list(task.messages)
        self.specs = (*told(task.tools), *task.client_tools)
        self.offered = estimate_request((), self.specs)
        self.number = 0
        self.repairs = 0
        self.use_fallback = task.use_fallback
        self.takes_notes = True
        self.has_used_tools = False
        # Tokens, once the model said that what it got was too much.
        self.most: int | None = None

    @property
    def window(self) -> int:
        """Tokens that the model which is asked can read."""
        spec = self.task.spec
        model = spec.fallback_model if self.use_fallback and spec.fallback_model else spec.model
        window = spec.windows.get(model) or window_of(model)
        return window if self.most is None else min(window, self.most)

    def next_path(self) -> str:
        path = f"{self.task.path}{self.number}"
        self.number += 1
        return path

    async def ask(self, *, may_use_tools: bool) -> tuple[str, ModelReply]:
        """One reply; of the fallback model when the first one cannot and another one may."""
        await self.make_room()
        failed: Failed | None = None
        while True:
            path, request, had_switched = self.next_path(), self.request(may_use_tools), self.use_fallback
            try:
                return path, await self.actions.ask(self.task, path, request, instead_of=failed)
            except ModelError as error:
                if not self.can_go_on(error):
                    raise
                failed = None if had_switched == self.use_fallback else Failed(request.model, error)

    def can_go_on(self, error: ModelError) -> bool:
        """Whether to ask once more: the fallback model, or with less of what was said when all was too much."""
        if not self.use_fallback and self.task.spec.fallback_model and error.helps_to_try_other_model:
            self.use_fallback = True
            return True
        if error.code != ContextTooLong.code or self.most is not None:
            return False
        self.most = narrower(self.messages, self.window, self.offered, len(self.task.messages))
        return self.most is not None

    async def make_room(self) -> None:
        """Have old results summarised once all is too long for the window; without a summary they are cut."""
        places = crowded(self.messages, self.window, self.offered) if self.takes_notes else []
        if not places:
            return
        request = self.task.spec.request(
            notes_asked(self.messages, places, self.window, self.task.messages[-1].content),
            timeout=self.task.timeout,
            use_fallback=self.use_fallback,
        )
        request = replace(request, max_tokens=SUMMARY_TOKENS, response_schema=None)
        try:
            reply = await self.actions.ask(self.task, self.next_path(), request, aside=True)
        except ModelError:
            self.takes_notes = False
        else:
            self.messages = with_notes(self.messages, places, reply.text)

    def request(self, may_use_tools: bool) -> ModelRequest:
        request = self.task.spec.request(
            fitted(self.messages, self.window, self.offered, len(self.task.messages)),
            timeout=self.task.timeout,
            use_fallback=self.use_fallback,
        )
        if not self.specs:
            return request
        # The last word is without tools: an answer from what is known is worth more than none.
        choice = (self.task.tool_choice if not self.has_used_tools else "auto") if may_use_tools else "none"
        request = replace(request, tools=self.specs, tool_choice=choice, cache_prompt=bool(self.task.tools))
        return replace(request, parallel_tool_calls=False) if self.task.one_call else request

    async def use(self, reply: ModelReply) -> None:
        calls = [(self.next_path(), call) for call in reply.tool_calls]
        self.has_used_tools = True
        results = await self.actions.use(self.task, calls)
        self.messages += [reply.message, Message("tool", results)]

    def send_back(self, reply: ModelReply, problem: str) -> None:
        """Ask for the same answer in the wanted shape."""
        self.repairs += 1
        if self.repairs > self.task.repairs:
            refused = f"{self.task.spec.name} did not answer in the wanted form. {problem}"
            raise LimitReached(refused, code="answer_refused" if self.task.check else None)
        self.messages += [reply.message, Message("user", f"{problem} Answer again, with the JSON alone.")]

    def check_limits(self) -> None:
        """Stop before more is spent than this agent may, or one that it works for."""
        task: Task | None = self.task
        while task is not None:
            _check_limits(task, self.actions.spent(task.path))
            task = task.asked_by


def _check_limits(task: Task, spent: Spent) -> None:
    if task.max_tokens is not None and spent.tokens >= task.max_tokens:
        raise LimitReached(
            f"{task.spec.name} used {spent.tokens:,} of {task.max_tokens:,} tokens before there was an answer. "
            "Raise the agent's limit, or ask for less at once."
        )
    if task.max_cost is not None and spent.cost >= task.max_cost:
        raise LimitReached(
            f"{task.spec.name} spent ${spent.cost:.4f} of ${task.max_cost:.4f} before it had an answer."
            f"{spent.note} Raise the agent's limit, or ask for less at once."
        )
