"""When each step was at work, as bars on one scale; positions are percent of the run's time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from automatos import words
from recipes.kitchen.rail import Fold, Ticket
from recipes.models import Call, Execution, ExecutionStep, StepKind, StepStatus

# More lines than this nobody reads; a longer run has its rail.
MOST_LINES = 60
# So many steps of a fold are drawn.
MOST_BARS = 80
MOST_CALLS = 80
MARKS = 4
# By how much a live run's scale grows at once, and into how many parts its running bars are cut.
GROWTH = 1.15
PARTS = 50
STEPS_OF_SCALE = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time. look: model, tool, ask or bad."""

    look: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """A step with its bars, or a fold, which has no number, with those of its steps. order: of the step it leads to."""

    order: int
    number: str
    name: str
    look: str
    icon: str
    bars: Sequence[Bar]
    said: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """marks: (percent, label) of the scale."""

    lines: Sequence[Line]
    marks: Sequence[tuple[float, str]]


def timeline_of(
    execution: Execution, rail: Sequence[Ticket | Fold], steps: Sequence[ExecutionStep], now: datetime
) -> Timeline | None:
    """The run's timeline: a line for each of the rail, so that none comes in between; None where that is too long."""
    if len(rail) > MOST_LINES:
        return None
    start = min((step.started_at for step in steps if step.started_at), default=execution.created_at)
    end = execution.completed_at or now
    whole = max((end - start).total_seconds(), 0.001)
    if execution.completed_at is None:
        # While it grows it does so in steps, so that a live page is not told of every line again and again.
        whole = GROWTH ** math.ceil(math.log(whole, GROWTH))
        end = start + timedelta(seconds=whole * max(1, int((now - start).total_seconds() / whole * PARTS)) / PARTS)
    scale = _Scale(start, whole, end)
    known = {step.order: step for step in steps}
    lines = [
        _folded(one, [known[order] for order in one.orders], scale)
        if isinstance(one, Fold)
        else _line(one, known[one.order], scale)
        for one in rail
    ]
    return Timeline(lines, _marks(whole))


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    whole: float
    end: datetime

    def bar(self, look: str, begin: datetime, end: datetime | None) -> Bar:
        x = 100 * max(0.0, (begin - self.start).total_seconds()) / self.whole
        width = 100 * max(0.0, ((end or self.end) - begin).total_seconds()) / self.whole
        return Bar(look, round(min(x, 99.6), 2), round(max(0.4, min(width, 100 - x)), 2))


def _line(ticket: Ticket, step: ExecutionStep, scale: _Scale) -> Line:
    called = str(step.order), step.title
    if step.started_at is None:
        return Line(step.order, *called, ticket.look, ticket.icon, [], "")
    tools = [call for call in step.calls.all() if call.kind != Call.Kind.MODEL][:MOST_CALLS]
    bars = [scale.bar(_look(step), step.started_at, step.completed_at)]
    bars += [scale.bar("bad" if one.status == "failed" else "tool", one.sent_at, one.completed_at) for one in tools]
    said = words.duration(step.duration_ms) or step.get_status_display().lower()
    return Line(step.order, *called, ticket.look, ticket.icon, bars, said)


def _folded(fold: Fold, steps: Sequence[ExecutionStep], scale: _Scale) -> Line:
    begun = [(step.started_at, step) for step in steps if step.started_at]
    bars = [scale.bar(_look(step), at, step.completed_at) for at, step in begun[:MOST_BARS]]
    ends = [step.completed_at for _, step in begun if step.completed_at]
    said = fold.steps
    if begun and len(ends) == len(begun):
        said = words.duration(1000 * (max(ends) - min(at for at, _ in begun)).total_seconds())
    elif begun:
        said = fold.word
    return Line(fold.order, "", fold.name, fold.look, fold.icon, bars, said)


def _look(step: ExecutionStep) -> str:
    if step.kind == StepKind.WAIT or step.status == StepStatus.WAITING:
        return "ask"
    return "bad" if step.status == StepStatus.FAILED else "model"


def _marks(whole: float) -> list[tuple[float, str]]:
    day = STEPS_OF_SCALE[-1]
    every = next((one for one in STEPS_OF_SCALE if whole / one <= MARKS), day * math.ceil(whole / day / MARKS))
    count = int(whole // every)
    return [(round(100 * every * n / whole, 2), words.clock(1000 * every * n)) for n in range(count + 1)]
