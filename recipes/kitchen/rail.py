"""The rail and the timeline of the kitchen with rounds of loops, and branches not taken, folded to a line each.

What is open in the rail follows from the step on the stage, which stands in the address: the rounds it is in. So a live
page that is drawn again, or an address that somebody was sent, folds alike. While somebody follows a live run nothing
is opened, and in the timeline nothing ever is, so that the lines stay where they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from recipes.engine.graph import BRANCHES
from recipes.kitchen.pantry import count_of
from recipes.models import ExecutionStep, StepStatus

# So many steps of a loop's rounds stand open anyway.
FEW = 12
# What a fold looks like: the first of these that one of its steps does.
FIRST = ("bad", "hot", "ask", "wait", "ok", "skip")
ICONS = {"bad": "x", "hot": "flame", "ask": "hand", "wait": "", "ok": "check", "skip": "skip-forward"}
WORDS = {"bad": "failed", "hot": "cooking", "ask": "waits", "wait": "not done yet", "ok": "done", "skip": "skipped"}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One step in the rail. since: the start of a clock that still runs. is_inside: in a round of a loop."""

    order: int
    name: str
    agent_id: UUID | None
    agent_name: str
    kind_icon: str
    look: str
    icon: str
    word: str
    duration_ms: int | None
    cooking_ms: int
    since: str | None
    facts: Sequence[str]
    selected: bool
    is_inside: bool = False
    is_fold: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """Steps that stand as one line, which leads to the first of them that matters: `order`. orders: of all."""

    order: int
    name: str
    look: str
    icon: str
    word: str
    steps: str
    orders: Sequence[int]
    selected: bool
    is_fold: bool = True


def rail_of(
    tickets: Sequence[Ticket], steps: Sequence[ExecutionStep], chosen: ExecutionStep | None
) -> list[Ticket | Fold]:
    """The lines of the rail: tickets, and folds where the chosen step is not; everywhere where none is chosen."""
    open_rounds, crowded = set(_rounds(chosen)) if chosen else set(), _crowded(steps)
    keyed = [
        (_key(step, chosen, open_rounds, crowded), step, ticket) for step, ticket in zip(steps, tickets, strict=True)
    ]
    found: list[Ticket | Fold] = []
    for key, group in groupby(keyed, lambda one: one[0]):
        some = list(group)
        if not key or (key[0] == "branch" and len(some) < 2):
            found += [ticket for _, _, ticket in some]
        else:
            found.append(_fold(key, [ticket for _, _, ticket in some]))
    return found


def _rounds(step: ExecutionStep) -> list[tuple[str, str]]:
    """The rounds a step stands in, the outermost first: the loop's place and the number."""
    parts = step.place.split(".")
    return [(".".join(parts[: end - 1]), parts[end - 1]) for end in range(2, len(parts), 2)]


def _crowded(steps: Sequence[ExecutionStep]) -> set[str]:
    """Loops that have more steps in their rounds than stand open anyway."""
    counts: dict[str, int] = {}
    for step in steps:
        for loop, _ in _rounds(step):
            counts[loop] = counts.get(loop, 0) + 1
    return {loop for loop, count in counts.items() if count > FEW}


def _key(
    step: ExecutionStep, chosen: ExecutionStep | None, open_rounds: set[tuple[str, str]], crowded: set[str]
) -> tuple[str, ...]:
    """What it is folded into; nothing where it stands by itself."""
    for loop, number in _rounds(step):
        if loop in crowded and (loop, number) not in open_rounds:
            return "round", loop, number
    passed_by = step.status == StepStatus.SKIPPED and not step.error and step.branch in BRANCHES
    if passed_by and not (chosen and (step.parent_id, step.branch) == (chosen.parent_id, chosen.branch)):
        return "branch", str(step.parent_id), step.branch
    return ()


def _fold(key: tuple[str, ...], tickets: Sequence[Ticket]) -> Fold:
    look = next(one for one in FIRST if any(ticket.look == one for ticket in tickets))
    first = next(ticket for ticket in tickets if ticket.look == look)
    count, orders = count_of(len(tickets), "step"), [ticket.order for ticket in tickets]
    selected = any(ticket.selected for ticket in tickets)
    if key[0] == "branch":
        why = ", ".join(tickets[0].facts[:1])
        return Fold(tickets[0].order, "Branch not taken", look, ICONS[look], why, count, orders, selected)
    return Fold(first.order, f"Round {key[2]}", look, ICONS[look], WORDS[look], count, orders, selected)
