"""A run that goes on where another one came to its end: which steps it takes over, and which it does anew. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from recipes.models import StepKind, StepStatus

# What is taken over: its output stands, nothing is done or paid again.
FINISHED = (StepStatus.COMPLETED, StepStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class Past:
    """A step of the earlier run. path: its place; parent: the order of the step it stands under."""

    order: int
    path: str
    kind: str
    status: str
    depends_on: tuple[int, ...]
    leads_to: tuple[int, ...]
    parent: int | None = None
    branch: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """Of a run that begins, by order: steps with what they came to, steps to do, those that wait for what they grew.

    dropped: the ones that are not there. waiting_on: of those to do and those that wait, for how many others.
    """

    finished: frozenset[int]
    anew: frozenset[int]
    held: frozenset[int]
    dropped: frozenset[int]
    waiting_on: Mapping[int, int]


def frame_of(path: str) -> str:
    """The round a step stands in: `each.3` of `each.3.rate`; empty at the top."""
    return path.rpartition(".")[0]


def taken_over(steps: Sequence[Past], begin: Collection[int] = ()) -> Taken:
    """What becomes of each step. begin: the steps to begin at, besides those that had not come to an end.

    What follows from a step that is done anew is done anew too. A loop takes up the new result of one of its rounds and
    keeps the others; begun at itself, it goes through its list anew.
    """
    rows = {step.order: step for step in steps}
    anew, held = set[int](), set[int]()
    queue = list(begin) + [step.order for step in steps if step.status not in FINISHED]
    while queue:
        order = queue.pop()
        step = rows[order]
        if order in anew or (order in held and order not in begin):
            continue
        is_held = order not in begin and any(_is_inside(one, step) for one in steps)
        (held if is_held else anew).add(order)
        queue += [target for target in step.leads_to if _goes_on(rows, step, target)]
    dropped = {step.order for step in steps if any(_is_inside(step, rows[order]) for order in anew)}
    anew -= dropped
    held -= dropped | anew
    anew -= {order for order in anew if _is_not_taken(rows[order], rows, anew)}
    unsettled = anew | held
    waiting = {order: sum(one in unsettled for one in rows[order].depends_on) for order in unsettled}
    for order in held:
        waiting[order] += sum(order in rows[one].leads_to for one in unsettled if _is_inside(rows[one], rows[order]))
    finished = frozenset(rows) - unsettled - dropped
    return Taken(finished, frozenset(anew), frozenset(held), frozenset(dropped), waiting)


def _goes_on(rows: Mapping[int, Past], step: Past, target: int) -> bool:
    """Whether the target has to be looked at again with the step; another round of a loop only came after."""
    other = rows[target]
    return frame_of(other.path) == frame_of(step.path) or _is_inside(step, other)


def _is_inside(step: Past, other: Past) -> bool:
    return step.path.startswith(f"{other.path}.")


def _is_not_taken(step: Past, rows: Mapping[int, Past], anew: Collection[int]) -> bool:
    """Whether it stands in a branch that a condition, which stands as it is, did not take."""
    gate = rows.get(step.parent) if step.parent is not None else None
    is_decided = gate is not None and gate.kind == StepKind.CONDITION and gate.order not in anew
    return gate is not None and is_decided and gate.output != step.branch
