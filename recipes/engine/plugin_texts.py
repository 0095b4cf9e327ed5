"""Which plugins' texts an agent reads for a task: chosen once, before its first call, and kept for the run to show."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from agents.work.loop import Task
from automatos.errors import AppError
from automatos.llm.types import Message
from marketplace.context.choosing import chosen, likeness_of
from marketplace.context.plugin import AssignedPlugin
from recipes.engine.hooking import Asking
from recipes.engine.journal import Result

logger = logging.getLogger(__name__)

# The last number of the choice's path, below those of hooks.
PLACE = 99_999
NAME = "plugin texts"


async def with_plugin_texts(cook: Asking, task: Task) -> Task:
    """The task with the texts that fit it by words and meaning; of a step that is gone through again, as it was."""
    able = [one for one in task.spec.plugins.usable if one.offer.get("text")]
    first, *rest = task.messages
    if not able or first.role != "system":
        return task
    loaded = await _choice(cook, task, able)
    told = Message("system", task.spec.system_text(loaded=loaded))
    return replace(task, messages=(told, *rest))


async def _choice(cook: Asking, task: Task, able: list[AssignedPlugin]) -> list[AssignedPlugin]:
    path = f"{task.path}0.{PLACE}"
    known = cook.job.journal.get(path)
    if known is not None and known.status != "sent":
        kept = (known.data or {}).get("chosen") or []
        return [one for one in able if str(one.plugin_id) in kept]
    prompt = task.messages[-1].content
    likeness = await _likeness(cook, able, prompt)
    loaded = chosen(able, prompt, likeness)
    intent = replace(cook.notebook.intent(path, NAME), kind="embedding", data=_about(able))
    await cook.notebook.keep(intents=[intent])
    data = {**_about(able), "is_error": False, "chosen": [str(one.plugin_id) for one in loaded]}
    data |= {"origin": ", ".join(one.origin for one in loaded)} if loaded else {}
    await cook.notebook.keep(results=[Result(intent.id, output=_said(loaded, likeness), data=data)])
    return loaded


async def _likeness(cook: Asking, able: list[AssignedPlugin], prompt: str) -> Mapping[UUID, float] | None:
    """None where the encoder is not to be had: then words alone decide."""
    try:
        found: Mapping[UUID, float] = await cook.errand(likeness_of, able, prompt)
    except (AppError, OSError, ImportError):
        logger.warning("Plugins are chosen by words alone", exc_info=True)
        return None
    return found


def _about(able: list[AssignedPlugin]) -> dict[str, Any]:
    return {"arguments": {"plugins": len(able)}}


def _said(loaded: list[AssignedPlugin], likeness: Mapping[UUID, float] | None) -> str:
    """For people: what was read, and what it was chosen by."""
    how = "by words and meaning" if likeness is not None else "by words alone, since the encoder was not to be had"
    if not loaded:
        return f"No plugin's text fits this task ({how}); their lines are there."
    near = likeness or {}
    lines = [f"- {one.label}, likeness {near.get(one.plugin_id, 0.0):.2f}" for one in loaded]
    return "\n".join([f"Read in full, chosen {how}:", *lines])
