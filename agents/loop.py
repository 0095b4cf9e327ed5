"""An agent's work on one task: model and tools in turn until there is an answer or a limit is reached.

The loop decides the same way each time it is given the same replies and results. So whoever keeps those by their path
can run it again after a crash: what is known is answered from the record, and only what is missing is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from agents.answers import problem_with
from agents.context_window import UNKNOWN_WINDOW, fitted
from agents.runtime import AgentSpec
from agents.toolbox import Toolbox, told
from automatos.errors import AppError
from automatos.llm.errors import ModelError
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.types import Message, ModelReply, ModelRequest, Usage

# How often a model may mend an answer that does not follow the wanted schema.
REPAIRS = 2


class LimitReached(AppError):
    """The task used up its tokens or its money before there was an answer."""

    code = "limit_reached"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Task:
    """What an agent has to do. rounds: how many times it may use tools; max_cost in US dollars, None for no limit.

    path: stands before the paths of its calls; empty for the step itself. window: tokens the model can read.
    """

    spec: AgentSpec
    messages: tuple[Message, ...]
    tools: Toolbox
    rounds: int
    timeout: float
    window: int = UNKNOWN_WINDOW
    max_tokens: int | None = None
    max_cost: Decimal | None = None
    path: str = ""
    use_fallback: bool = False

    @property
    def model(self) -> str:
        """The model that is asked first."""
        return self.spec.fallback_model if self.use_fallback and self.spec.fallback_model else self.spec.model


class Actions(Protocol):
    """Does, and keeps by its path, what the loop asks for."""

    async def ask(self, path: str, request: ModelRequest) -> ModelReply:
        """The model's reply. Raises ModelError; a failure that has another model tried is kept like a reply."""
        ...

    async def use(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> list[ToolResult]:
        """The results of all calls of one round, by path, in their order. Never raises for what a tool does."""
        ...


async def run_agent(task: Task, actions: Actions) -> tuple[str, ModelReply]:
    """The path and the reply that ends the task. Raises ModelError, or LimitReached."""
    work = _Work(task, actions)
    for round_ in range(task.rounds + REPAIRS + 1):
        path, reply = await work.ask(may_use_tools=round_ < task.rounds)
        if reply.tool_calls:
            await work.use(reply)
        elif problem := problem_with(reply.text, task.spec.response_schema):
            work.send_back(reply, problem)
        else:
            return path, reply
        work.check_limits()
    raise LimitReached(
        f"{task.spec.name} gave no usable answer after {task.rounds} rounds with tools. Raise the step's "
        "max_iterations, or ask for less at once."
    )


class _Work:
    """A task under way."""

    def __init__(self, task: Task, actions: Actions) -> None:
        self.task, self.actions = task, actions
        self.messages = list(task.messages)
        self.specs = told(task.tools)
        self.number = 0
        self.repairs = 0
        self.usage, self.cost = Usage(), Decimal(0)
        self.use_fallback = task.use_fallback

    def next_path(self) -> str:
        path = f"{self.task.path}{self.number}"
        self.number += 1
        return path

    async def ask(self, *, may_use_tools: bool) -> tuple[str, ModelReply]:
        """One reply; of the fallback model when the first one cannot and another one may."""
        path = self.next_path()
        try:
            reply = await self.actions.ask(path, self.request(may_use_tools))
        except ModelError as error:
            if self.use_fallback or not self.task.spec.fallback_model or not error.helps_to_try_other_model:
                raise
            self.use_fallback = True
            path = self.next_path()
            reply = await self.actions.ask(path, self.request(may_use_tools))
        self.usage, self.cost = self.usage + reply.usage, self.cost + reply.cost
        return path, reply

    def request(self, may_use_tools: bool) -> ModelRequest:
        request = self.task.spec.request(
            fitted(self.messages, self.task.window, self.specs),
            timeout=self.task.timeout,
            use_fallback=self.use_fallback,
        )
        if not self.task.tools:
            return request
        # The last word is without tools: an answer from what is known is worth more than none.
        choice = "auto" if may_use_tools else "none"
        return replace(request, tools=self.specs, tool_choice=choice, cache_prompt=True)

    async def use(self, reply: ModelReply) -> None:
        calls = [(self.next_path(), call) for call in reply.tool_calls]
        results = await self.actions.use(self.task, calls)
        self.messages += [reply.message, Message("tool", results)]

    def send_back(self, reply: ModelReply, problem: str) -> None:
        """Ask for the same answer in the wanted shape."""
        self.repairs += 1
        if self.repairs > REPAIRS:
            raise LimitReached(f"{self.task.spec.name} did not answer in the wanted form. {problem}")
        self.messages += [reply.message, Message("user", f"{problem} Answer again, with the JSON alone.")]

    def check_limits(self) -> None:
        """Stop before more is spent than the agent may."""
        tokens = self.usage.input_tokens + self.usage.output_tokens
        if self.task.max_tokens is not None and tokens >= self.task.max_tokens:
            raise LimitReached(
                f"{self.task.spec.name} used {tokens:,} of {self.task.max_tokens:,} tokens before there was an answer. "
                "Raise the agent's limit, or ask for less at once."
            )
        if self.task.max_cost is not None and self.cost >= self.task.max_cost:
            raise LimitReached(
                f"{self.task.spec.name} spent ${self.cost:.4f} of ${self.task.max_cost:.4f} before it had an answer. "
                "Raise the agent's limit, or ask for less at once."
            )
