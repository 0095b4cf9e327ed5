"""What people decided about calls: which were allowed or refused, and with what arguments they are made."""

from dataclasses import replace
from uuid import UUID

import orjson

from automatos.llm.parts import ToolCall
from recipes.engine.progress import subject_hash
from recipes.engine.steps import Job

CHANGED = "A person changed the arguments of this call before it was made, to: "


def decided(job: Job, key: UUID, call: ToolCall) -> str:
    """approved or rejected where a person decided about this very call, or wrote it so; empty where nobody did."""
    said = job.approvals.get(key)
    if said is None:
        return ""
    asked = subject_hash(call.name, call.arguments)
    is_theirs = said.changed is not None and asked == subject_hash(call.name, said.changed)
    return said.status if is_theirs or said.subject_hash in ("", asked) else ""


def as_decided(job: Job, key: UUID, call: ToolCall) -> ToolCall:
    """The call with the arguments a person allowed it with; as it is where they changed none, or saw another call."""
    said = job.approvals.get(key)
    if said is None or said.changed is None or said.subject_hash != subject_hash(call.name, call.arguments):
        return call
    return replace(call, arguments=said.changed)


def note_of(job: Job, key: UUID, call: ToolCall) -> str:
    """What the model is told before the result of a call that a person changed; empty for others."""
    said = job.approvals.get(key)
    if said is None or said.changed is None or dict(call.arguments) != said.changed:
        return ""
    return f"{CHANGED}{orjson.dumps(said.changed).decode()}\n\n"
