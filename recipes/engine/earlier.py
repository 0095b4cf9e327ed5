"""What earlier attempts of a step did and must not be done twice: the model is told, and answered from the record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import orjson

from agents.work.toolbox import Toolbox
from automatos.llm.types import Message
from recipes.engine.journal import Recorded
from recipes.engine.ledger import Ledger, from_json
from recipes.engine.payloads import filled
from recipes.engine.sql import columns
from recipes.engine.steps import Job, Step
from recipes.models import Call
from tools.executor import call_key

LONGEST_SHOWN = 300
HEADING = "## Already done"
EXPLAINED = (
    "An earlier attempt at this task came to no answer, but these calls of it took effect, or may have. They are not "
    "made again: asked for with the same arguments, they answer as they did."
)
CALLS = (
    f"SELECT c.step_id, c.path, c.name, c.status, {filled('c', 'output')}, {filled('c', 'data', 'automatos_json')}, "  # noqa: S608
    "s.origins FROM execution_calls c "
    "JOIN unnest(%s::uuid[], %s::int[]) AS v(step_id, attempt) ON v.step_id = c.step_id AND c.attempt < v.attempt "
    "JOIN execution_steps s ON s.id = c.step_id WHERE c.kind <> 'model' ORDER BY c.attempt, c.sent_at"
)


@dataclass(slots=True)
class Earlier:
    """Tool calls of earlier attempts by tool and arguments, and the origins of what their agent had read."""

    calls: dict[str, Recorded] = field(default_factory=dict)
    origins: tuple[str, ...] = ()


def earlier_attempts(ledger: Ledger, steps: Iterable[Step]) -> dict[UUID, Earlier]:
    """By step; nothing for those at their first attempt."""
    again = [(step.id, step.attempt) for step in steps if step.attempt > 1]
    found: dict[UUID, Earlier] = {}
    for step_id, path, name, status, output, data, origins in ledger.sql.rows(CALLS, columns(again)) if again else ():
        call = Recorded(path, name, status, output, from_json(data), None)
        arguments = (call.data or {}).get("arguments")
        failed = status != Call.Status.UNCERTAIN and (call.data or {}).get("is_error")
        if not isinstance(arguments, dict) or failed:
            continue
        of_step = found.setdefault(step_id, Earlier(origins=tuple(from_json(origins) or ())))
        known = of_step.calls.get(key := call_key(name, arguments))
        if known is None or known.status != Call.Status.DONE:
            of_step.calls[key] = call
    return found


def with_earlier(job: Job, earlier: Earlier) -> Job:
    """The job of another attempt, told what is done already; what its agent had read then taints it still."""
    done = {key: call for key, call in earlier.calls.items() if _counts(job.task.tools, call)}
    if not done:
        return job
    *before, last = job.task.messages
    told = replace(job.task, messages=(*before, Message(last.role, f"{last.content}\n\n{_note(list(done.values()))}")))
    return replace(job, task=told, earlier=done, origins=tuple(dict.fromkeys((*job.origins, *earlier.origins))))


def _counts(tools: Toolbox, call: Recorded) -> bool:
    tool = tools.get(call.name)
    return tool is not None and not tool.is_repeatable(_arguments(call))


def _arguments(call: Recorded) -> Mapping[str, object]:
    arguments: Mapping[str, object] = (call.data or {})["arguments"]
    return arguments


def _note(calls: Sequence[Recorded]) -> str:
    lines = [
        f"- {call.name} {orjson.dumps(_arguments(call)).decode()[:LONGEST_SHOWN]}: "
        f"{'done' if call.status == 'done' else 'sent, its answer was lost'}"
        for call in calls
    ]
    return "\n".join([HEADING, "", EXPLAINED, "", *lines])
