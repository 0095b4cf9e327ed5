"""The middle of the kitchen page: one step's output, prompt or the run's events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.utils import timezone

from automatos import words
from automatos.events import iso, streamed_text
from automatos.json_text import indented
from recipes import kinds
from recipes.kitchen.cures import Cure, cures_of
from recipes.kitchen.writing import Writing, writing_of
from recipes.lessons.told_queries import Told, told_in
from recipes.models import Call, ErrorHandling, Event, Execution, ExecutionStep, StepKind, StepStatus
from recipes.runs.fallbacks import Fallback, fallback_of
from recipes.runs.thoughts import NONE, Thoughts, thoughts_of
from recipes.runs.tool_calls import ToolUse, tool_uses
from recipes.waits.queries import Asked, asked_by, due_of, hook_of

TABS = ("output", "prompt", "events")
# Past this many characters a prompt is shown cut off, past this many events only the newest.
LONGEST_PROMPT = 100_000
MOST_EVENTS = 1000
# How the parts of an event's data read, in this order.
WORDING = {
    "name": "{}",
    "tool": "{}",
    "agent": "by {}",
    "attempt": "attempt {}",
    "total_steps": "{} steps",
    "model": "{}",
    "instead_of": "instead of {}",
    "input_tokens": "{} tokens in",
    "output_tokens": "{} tokens out",
    "cost": "{}",
    "duration_ms": "{}",
    "delay": "again in {}",
    "by": "by {}",
    "arguments": "with {}",
    "result": "{}",
    "reason": "{}",
    "error": "{}",
}

# Ids that programs need and people do not.
UNTOLD = ("call", "approval", "path", "execution")
LONGEST_PART = 120


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that came to nothing."""

    number: int
    code: str
    message: str
    at: str | None
    model: str = ""
    prompt: str = ""
    output: str = ""
    tokens: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One event as a line. summary: its data in words."""

    seq: int
    kind: str
    at: str
    clock: str
    step: int | None
    summary: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The step on the stage. `attempts` are the earlier ones; `writing` is what its running attempt wrote so far.

    asked: the side effects a person allows or refuses before it goes on. fallback: why another model answers. thoughts:
    what its agent's models thought.
    """

    step: ExecutionStep
    name: str
    subtitle: str
    tab: str
    writing: Writing
    attempts: Sequence[Attempt]
    prompt: str
    prompt_length: int
    lines: Sequence[Line]
    hidden_lines: int
    waits: str
    uses: Sequence[ToolUse] = ()
    asked: Sequence[Asked] = ()
    fallback: Fallback | None = None
    thoughts: Thoughts = NONE
    due_at: datetime | None = None
    # Where a message is sent that it waits for.
    hook: str = ""
    cures: Sequence[Cure] = ()
    # The run that this step cooks.
    inside: Execution | None = None
    # What stands in its prompt of earlier runs.
    lessons: Sequence[Told] = ()

    @property
    def icon(self) -> str:
        """Of a step without an agent, in place of its face."""
        return kinds.ICONS.get(self.step.kind, "")

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """The tabs: (value in the address, label)."""
        return [(tab, tab.capitalize()) for tab in TABS]

    @property
    def arguments(self) -> str:
        """What the tool of a tool step is given, as JSON, with names where something is put in."""
        return indented((self.step.config or {}).get("arguments") or {})

    @property
    def shown(self) -> str:
        """The step's output as Markdown: JSON that a stage left is code."""
        text = self.step.output
        if self.step.kind != StepKind.STAGE or not text.startswith("{"):
            return text
        try:
            return f"```json\n{orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()}\n```"
        except orjson.JSONDecodeError:
            return text


def stage_of(execution: Execution, step: ExecutionStep, tab: str, waits: str, shown: str = "") -> Stage:
    """The stage with one step on it. tab: output, prompt or events; anything else is output. waits: for what.

    shown: what the page that asks has of an answer that is being written, see `writing`.
    """
    tab = tab if tab in TABS else TABS[0]
    running = step.status == StepStatus.RUNNING
    with_prompt = tab == "prompt" or step.status == StepStatus.FAILED
    prompt = (step.prompt or step.prompt_template) if with_prompt else ""
    lines = _lines(execution) if tab == "events" else []
    written = streamed_text(step.id, step.attempt) if running and tab == "output" else ""
    return Stage(
        step=step,
        name=step.title,
        subtitle=_subtitle(step),
        tab=tab,
        writing=writing_of(written, step.order, step.attempt, shown),
        attempts=_earlier_attempts(step),
        prompt=prompt[:LONGEST_PROMPT],
        prompt_length=len(prompt),
        lines=lines,
        hidden_lines=max(0, execution.last_seq - len(lines)) if tab == "events" else 0,
        waits=f"This step {waits}." if waits.startswith("waits") else f"This step is {waits}.",
        uses=tool_uses(step) if tab == "output" and step.started_at else [],
        asked=asked_by(step) if step.status in (StepStatus.WAITING, StepStatus.RUNNING) else [],
        fallback=fallback_of(step),
        cures=cures_of(step) if step.status == StepStatus.FAILED else (),
        due_at=due_of(step) if step.status == StepStatus.WAITING else None,
        hook=hook_of(step) if step.status == StepStatus.WAITING else "",
        inside=_inside(step),
        lessons=told_in(step),
        thoughts=thoughts_of([step]).get(step.pk, NONE) if tab == "output" and step.completed_at else NONE,
    )


def _inside(step: ExecutionStep) -> Execution | None:
    """The newest run that a step which cooks a recipe has begun."""
    if step.kind != StepKind.RECIPE:
        return None
    return step.children.only("id", "recipe_name", "status", "parent_step_id").order_by("-created_at").first()


def _subtitle(step: ExecutionStep) -> str:
    parts = [step.agent_name or step.get_kind_display()]
    if step.kind != StepKind.AGENT:
        return str(parts[0])
    if step.model:
        parts.append(step.model.partition(":")[2] or step.model)
    most = most_attempts(step)
    if most > 1:
        parts.append(f"attempt {step.attempt} of {max(most, step.attempt)}")
    return " · ".join(parts)


def most_attempts(step: ExecutionStep) -> int:
    """How often the step may be tried at all."""
    if step.error_handling == ErrorHandling.RETRY:
        return 1 + step.max_retries
    return 2 if step.error_handling == ErrorHandling.FALLBACK else 1


def _earlier_attempts(step: ExecutionStep) -> list[Attempt]:
    if kept := list(step.attempts.all()):
        return [
            Attempt(
                one.n, one.error.get("code", "error"), one.error.get("message", "No reason was recorded."),
                _clock(one.completed_at), one.model, one.prompt[:LONGEST_PROMPT], one.output[:LONGEST_PROMPT],
                one.input_tokens + one.output_tokens, one.cost,
            )
            for one in kept
        ]  # fmt: skip
    # Runs of releases that kept no attempts: their failed calls tell of them.
    failed = [call for call in step.calls.all() if call.attempt < step.attempt and call.status == Call.Status.FAILED]
    return [
        Attempt(
            call.attempt,
            (call.error or {}).get("code", "error"),
            (call.error or {}).get("message", "No reason was recorded."),
            _clock(call.completed_at) if call.completed_at else None,
        )
        for call in failed
    ]


def _lines(execution: Execution) -> list[Line]:
    newest = Event.objects.filter(execution_id=execution.pk, seq__gt=execution.last_seq - MOST_EVENTS)
    titles = {step.order: step.title for step in execution.steps.all()}
    return [
        Line(event.seq, event.type, iso(event.at) or "", _clock(event.at), event.step, summary(_named(event, titles)))
        for event in newest.order_by("seq")
        if event.seq <= execution.last_seq
    ]


def _named(event: Event, titles: Mapping[int, str]) -> dict[str, Any]:
    """Its data, with a step called as everywhere else on the page."""
    data: dict[str, Any] = event.data
    title = titles.get(event.step) if event.step else None
    return {**data, "name": title} if title and "name" in data else data


def _clock(moment: datetime) -> str:
    moment = timezone.localtime(moment)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


def summary(data: dict[str, Any]) -> str:
    """An event's data as a line of words."""
    known = [key for key in WORDING if key in data]
    parts = [_part(key, data[key]) for key in [*known, *sorted(data.keys() - WORDING.keys())]]
    return ", ".join(part for part in parts if part)


def _part(key: str, value: Any) -> str:
    if value in (None, "") or key in UNTOLD:
        return ""
    if key == "is_error":
        return "failed" if value else ""
    if key == "error" and isinstance(value, dict):
        return str(value.get("message", value.get("code", "error")))
    if key == "cost":
        value = words.money(float(value))
    elif key == "duration_ms":
        value = words.duration(value)
    elif key == "delay":
        value = words.duration(value * 1000)
    elif isinstance(value, str) and len(value) > LONGEST_PART:
        value = f"{value[:LONGEST_PART]}…"
    return WORDING.get(key, f"{key.replace('_', ' ')} {{}}").format(value)
