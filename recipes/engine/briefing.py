"""Before an agent's first call: which plugins' texts and apps' actions fit the task, found and kept once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, cast

from agents.work.loop import Task
from agents.work.spec import AgentSpec
from automatos.llm.parts import ToolCall
from automatos.llm.types import Message
from recipes.engine.hooking import Asking
from recipes.engine.plugin_texts import with_plugin_texts
from recipes.engine.replay import kept
from tools.app_calls.tools import FIND, SOURCE, Apps
from tools.contract import ToolContext, ToolResult

NAME, PLACE = "app_hints", "-1"
LONGEST_TASK = 2_000


class Briefing(Asking, Protocol):
    """What of a cook it takes."""

    context: Callable[[AgentSpec], ToolContext]


async def briefed(cook: Briefing, task: Task) -> Task:
    """The task with the texts of its plugins, and what its agent is told of its apps; as it was where nothing fits."""
    task = await with_plugin_texts(cook, task)
    tool, door = task.tools.get(FIND), cook.context(task.spec).doors.get(SOURCE)
    if tool is None or tool.source != SOURCE or door is None:
        return task
    path = f"{task.path}{PLACE}"
    known = cook.job.journal.get(path)
    if known is not None and known.status == "done":
        return _told(task, known.output)
    words = task.messages[-1].content[:LONGEST_TASK]
    call = ToolCall("hints", NAME, {"task": words[:300]})
    intent = replace(cook.notebook.tool_intent(path, call, None), kind="embedding")
    await cook.notebook.keep(intents=[intent])
    text = await cast(Apps, door).brief(task.spec.id, words)
    await cook.notebook.keep(results=[kept(cook.notebook.id(path), call, ToolResult(text))])
    return _told(task, text)


def _told(task: Task, text: str) -> Task:
    if not text:
        return task
    first, *others = task.messages
    return replace(task, messages=(Message("system", f"{first.content}\n\n{text}"), *others))
