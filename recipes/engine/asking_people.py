"""Calls that a person has to allow first, unless somebody allowed such calls for the rest of the run."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from agents.work.loop import Task
from automatos.llm.parts import ToolCall
from recipes.engine.decisions import decided
from recipes.engine.hooking import Hooking
from recipes.engine.notebook import Notebook
from recipes.engine.reach import allowed, reach_of
from recipes.engine.steps import Job
from recipes.engine.taint import Taint
from tools import contract
from tools.executor import call_key


class NeedsPerson(BaseException):
    """Calls that a person has to allow first, as (id, call). said: by whose words, where a hook asks.

    reaches: by id, what an answer for the rest of the run would hold for.
    """

    def __init__(
        self,
        calls: list[tuple[UUID, ToolCall]],
        said: Sequence[str] = (),
        reaches: Mapping[UUID, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.calls, self.said, self.reaches = calls, said, reaches


class AsksPeople(Protocol):
    """What is known of a step under way when people are asked about its calls."""

    job: Job
    notebook: Notebook
    taint: Taint
    hooking: Hooking
    errand: contract.Decide
    schemas: dict[UUID, contract.Schema]


async def ask_people(cook: AsksPeople, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> None:
    """Raises NeedsPerson where the workspace's policy wants a side effect decided and nobody did yet."""
    asked = [(path, cook.notebook.id(path), call) for path, call in calls]
    asked = [
        (path, key, call)
        for path, key, call in asked
        if not decided(cook.job, key, call)
        and same_call(call) not in cook.job.earlier
        and path not in cook.hooking.refused
        and (path in cook.hooking.asking or cook.taint.needs_person(task.tools.get(call.name), call, cook.job.policy))
    ]
    # What a hook asks is asked each time: it may look at other things than whom a call reaches.
    reaches = {
        key: reach
        for path, key, call in asked
        if path not in cook.hooking.asking and (tool := task.tools.get(call.name)) is not None
        if (reach := reach_of(tool, call.arguments)) is not None
    }
    of_run = [(key, call.name, call.arguments, reaches[key]) for _, key, call in asked if key in reaches]
    known: set[UUID] = await cook.errand(allowed, cook.job, of_run, list(cook.taint.origins)) if of_run else set()
    if waiting := [(key, call) for _, key, call in asked if key not in known]:
        cook.schemas |= {key: task.tools[call.name].schema for key, call in waiting if call.name in task.tools}
        asking = [cook.hooking.asking[path] for path, _ in calls if path in cook.hooking.asking]
        raise NeedsPerson(waiting, [f"hook of {one.by}: {one.asks}" for one in asking], reaches)


def same_call(call: ToolCall) -> str:
    """The same for the same call; one that cannot be read goes by its text."""
    return call_key(call.name, call.text if call.error else call.arguments)
