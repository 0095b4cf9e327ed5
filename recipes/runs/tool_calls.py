"""The tools a step used, as pages show them: in order, those of an asked agent under the call that asked it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from automatos.json_text import indented
from recipes.models import Call, ExecutionStep

# Past this many characters arguments and results are shown cut off.
LONGEST_SHOWN = 4000
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call. state: running, done or failed; depth: how many agents stand between it and the step's own, 0 to 3.

    lost: it was sent but no result is known, and nothing is under way any more.
    """

    id: str
    name: str
    attempt: int
    state: str
    arguments: str
    brief: str
    result: str
    length: int
    origin: str
    duration_ms: int | None
    repeated: bool
    artefacts: Sequence[str]
    depth: int

    @property
    def is_cut(self) -> bool:
        """Whether more was answered than is shown."""
        return self.length > len(self.result)


def tool_uses(step: ExecutionStep) -> list[ToolUse]:
    """All tool calls of a step, in the order of their work."""
    calls = Call.objects.filter(step=step).exclude(kind=Call.Kind.MODEL)
    is_running = step.completed_at is None
    return [_use(call, is_running) for call in in_order(calls)]


def in_order(calls: Iterable[Call]) -> list[Call]:
    """By attempt, then by their place in the step's work: "10" after "9", "3.0" right after "3"."""
    return sorted(calls, key=lambda call: (call.attempt, place(call.path)))


def place(path: str) -> tuple[int, ...]:
    """A path as numbers that sort."""
    return tuple(int(part) for part in path.split("."))


def duration_ms(call: Call) -> int | None:
    """Milliseconds from sending to the result; None while there is none."""
    return round((call.completed_at - call.sent_at).total_seconds() * 1000) if call.completed_at else None


def is_error(call: Call) -> bool:
    """Whether the tool said that something went wrong."""
    return call.status == Call.Status.FAILED or bool((call.data or {}).get("is_error"))


def _use(call: Call, is_running: bool) -> ToolUse:
    data: dict[str, Any] = call.data or {}
    arguments = data.get("arguments") or {}
    text = indented(arguments) if arguments else ""
    return ToolUse(
        id=str(call.id),
        name=call.name,
        attempt=call.attempt,
        state=_state(call, is_running),
        arguments=text[:LONGEST_SHOWN],
        brief=_brief(arguments),
        result=call.output[:LONGEST_SHOWN],
        length=len(call.output),
        origin=str(data.get("origin") or ""),
        duration_ms=duration_ms(call),
        repeated=bool(data.get("repeated")),
        artefacts=tuple(data.get("artefacts") or ()),
        depth=min(DEEPEST, call.path.count(".")),
    )


def _state(call: Call, is_running: bool) -> str:
    if call.status == Call.Status.UNCERTAIN:
        return "lost"
    if call.status == Call.Status.SENT:
        return "running" if is_running else "lost"
    return "failed" if is_error(call) else "done"


def _brief(arguments: dict[str, Any]) -> str:
    """The arguments in a line."""
    return ", ".join(str(value) for value in arguments.values() if isinstance(value, str | int | float))[:160]
