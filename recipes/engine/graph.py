"""The graph of a run: which step waits for which, and what the end of one means for the others. Pure: no database.

A step waits for the steps in `depends_on`; the same edges from their other end are `leads_to`. It may begin when all of
them are settled: completed, or skipped. A step in a branch of a condition waits for that condition among others; when
the condition settles with another outcome the step is skipped, and with it whatever stands in its own branches. So
nobody needs to look at a run as a whole: whoever settles a step knows what follows from its edges.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from recipes.engine.templating import Output, dependencies
from recipes.models import Mode, StepKind, StepStatus

SETTLED = (StepStatus.COMPLETED, StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED)
# What a condition's outcome may be, and so the branches under it.
BRANCHES = ("then", "else")


class Placed(Protocol):
    """A step as events name it."""

    @property
    def order(self) -> int:
        """Its number in the run."""

    @property
    def place(self) -> str:
        """Its path."""

    @property
    def tags(self) -> dict[str, Any]:
        """What its events say of it besides."""


@dataclass(frozen=True, slots=True)
class Node:
    """A step as far as the graph goes. gate: the order of the step in whose branch it stands."""

    order: int
    status: str
    leads_to: tuple[int, ...] = ()
    gate: int | None = None
    branch: str = ""


@dataclass(slots=True)
class Changes:
    """What follows from the end of a step. skipped: steps that are settled with it, by order, in that sequence.

    freed: of each step that goes on waiting, for how many steps fewer; at none left it may begin.
    """

    skipped: list[int] = field(default_factory=list)
    freed: Counter[int] = field(default_factory=Counter)


def advance(nodes: Mapping[int, Node], order: int, outcome: str = "") -> Changes:
    """What the end of a step changes. nodes: those known, the step among them; all of the run where it has branches.

    outcome: of a condition, the branch that is taken; empty where none is, since the step was skipped. Nothing changes
    when the step was settled before.
    """
    changes = Changes()
    if nodes[order].status in SETTLED:
        return changes
    over, ending = {order}, [(order, outcome)]
    while ending:
        ended, taken = ending.pop(0)
        for target in nodes[ended].leads_to:
            node = nodes.get(target)
            if target in over or (node is not None and node.status in SETTLED):
                continue
            if node is not None and node.gate == ended and node.branch and node.branch != taken:
                over.add(target)
                changes.skipped.append(target)
                ending.append((target, ""))
            else:
                changes.freed[target] += 1
    for skipped in changes.skipped:
        changes.freed.pop(skipped, None)
    return changes


@dataclass(frozen=True, slots=True)
class Line:
    """A step of a recipe as far as the graph goes, in the recipe's order.

    text: where it names outputs of others: its prompt, its expression. under: the step_id of the step in whose branch
    it stands. after: step_ids of others it waits for in any case.
    """

    order: int
    step_id: str
    output_key: str
    text: str
    kind: str = StepKind.AGENT
    under: str = ""
    branch: str = ""
    is_told: bool = True
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands: the orders of those it waits for and of those that wait for it, and the gate's order."""

    depends_on: tuple[int, ...]
    leads_to: tuple[int, ...]
    gate: int | None


def lay_out(lines: Sequence[Line], mode: str) -> dict[int, Place]:
    """The edges of a run, by the step's order.

    One after another: a step waits for the one before it in its own branch, the first in a branch for its condition,
    and the one after a condition for the last of each branch. At once: for the outputs it names, and its condition.
    """
    gates = {line.order: _gate(line, lines) for line in lines}
    waits = _named(lines) if mode == Mode.PARALLEL else _one_after_another(lines)
    for order, gate in gates.items():
        if gate is not None:
            waits[order].add(gate)
    numbers = {line.step_id: line.order for line in lines}
    for line in lines:
        waits[line.order] |= {numbers[step_id] for step_id in line.after}
    followers: dict[int, list[int]] = {line.order: [] for line in lines}
    for order in sorted(waits):
        for source in waits[order]:
            followers[source].append(order)
    return {
        line.order: Place(tuple(sorted(waits[line.order])), tuple(followers[line.order]), gates[line.order])
        for line in lines
    }


def _gate(line: Line, lines: Sequence[Line]) -> int | None:
    return next((one.order for one in lines if line.under and one.step_id == line.under), None)


def _named(lines: Sequence[Line]) -> dict[int, set[int]]:
    waits, earlier = {}, list[Output]()
    for line in lines:
        waits[line.order] = set(dependencies(line.text, earlier))
        if line.is_told:
            earlier.append(Output(line.order, line.output_key))
    return waits


def _one_after_another(lines: Sequence[Line]) -> dict[int, set[int]]:
    waits: dict[int, set[int]] = {}
    last: dict[tuple[str, str], Line] = {}
    for line in lines:
        before = last.get((line.under, line.branch))
        waits[line.order] = set() if before is None else _exits(before, last)
        last[line.under, line.branch] = line
    return waits


def _exits(line: Line, last: Mapping[tuple[str, str], Line]) -> set[int]:
    """Who has to be settled before what follows a step may begin: the step, or the ends of its branches."""
    ends = [last[line.step_id, branch] for branch in BRANCHES if (line.step_id, branch) in last]
    found = {order for end in ends for order in _exits(end, last)}
    return found if len(ends) == len(BRANCHES) else found | {line.order}
