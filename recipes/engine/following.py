"""What the end of steps changes in the rest of their runs: decided by the graph, applied to the rows here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from recipes.engine.graph import Changes, Node, advance
from recipes.engine.ledger import Ledger
from recipes.engine.sql import Statement, columns
from recipes.engine.steps import PAST_ALL, Step
from recipes.models import StepKind, StepStatus

NOT_TAKEN = "its branch was not taken"


@dataclass(frozen=True, slots=True)
class Over:
    """A step that came to its end. branch: the one that is taken, of a condition."""

    step: Step
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A step of a branch that was not taken, as its event names it."""

    order: int
    place: str
    tags: dict[str, Any] = field(default_factory=dict)


def follow(ledger: Ledger, over: Mapping[UUID, list[Over]]) -> list[Statement]:
    """The writes that follow from these ends, by the run's id; runs are told of steps that were passed by."""
    whole = _graphs(ledger, [one.step for ended in over.values() for one in ended if _needs_all(one.step)])
    freed: list[tuple[UUID, int, int]] = []
    skipped: list[tuple[UUID, int]] = []
    for run_id, ended in over.items():
        nodes, names = whole.get(run_id, ({}, {}))
        for one in ended:
            order = one.step.order
            node = nodes.get(order) or Node(order, StepStatus.RUNNING, tuple(one.step.leads_to or ()))
            changes = advance({**nodes, order: node}, order, one.branch)
            nodes[order] = replace(node, status=StepStatus.COMPLETED)
            freed += [(run_id, target, steps) for target, steps in changes.freed.items()]
            skipped += [(run_id, target) for target in changes.skipped]
            _pass_by(ledger, run_id, changes, nodes, names)
    # Of two changes of one row in one statement PostgreSQL makes only one.
    passed = set(skipped)
    return [*_freed(ledger, [one for one in freed if one[:2] not in passed]), *_skipped(ledger, skipped)]


def _needs_all(step: Step) -> bool:
    """Whether its own edges do not tell everything: it has branches, or comes from a release that knew no edges."""
    return step.kind == StepKind.CONDITION or step.leads_to is None


def _pass_by(ledger: Ledger, run_id: UUID, changes: Changes, nodes: dict[int, Node], names: dict[int, str]) -> None:
    run = ledger.runs[run_id]
    for order in changes.skipped:
        nodes[order] = replace(nodes[order], status=StepStatus.SKIPPED)
        run.unfinished_steps -= 1
        run.emit("step.skipped", ledger.now, Passed(order, names[order]), reason=NOT_TAKEN)


def _graphs(ledger: Ledger, steps: Sequence[Step]) -> dict[UUID, tuple[dict[int, Node], dict[int, str]]]:
    """The graphs these steps stand in, and the paths of their steps, by run and order: the top, or their round."""
    if not steps:
        return {}
    parts = {(step.execution_id, *(step.scope["block"] if step.scope else (0, PAST_ALL))) for step in steps}
    rows = ledger.sql.rows(
        'SELECT s.execution_id, s."order", s.status, s.leads_to, s.depends_on, p."order", s.branch, '
        "COALESCE(s.path, s.step_id) FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS v(execution_id, first, last) "
        'JOIN execution_steps s ON s.execution_id = v.execution_id AND s."order" BETWEEN v.first AND v.last '
        "AND (v.first > 0 OR s.path IS NULL) LEFT JOIN execution_steps p ON p.id = s.parent_id",
        columns(sorted(parts)),
    )
    found: dict[UUID, tuple[dict[int, Node], dict[int, str]]] = {}
    for run_id, order, status, leads_to, _, gate, branch, path in rows:
        nodes, names = found.setdefault(run_id, ({}, {}))
        edges = [row[1] for row in rows if row[0] == run_id and order in row[4]] if leads_to is None else leads_to
        nodes[order], names[order] = Node(order, status, tuple(edges), gate, branch), path
    return found


def _freed(ledger: Ledger, freed: list[tuple[UUID, int, int]]) -> list[Statement]:
    """Counts down what later steps wait for; at zero they may be claimed."""
    if not freed:
        return []
    summed: dict[tuple[UUID, int], int] = {}
    for run_id, order, steps in freed:
        summed[run_id, order] = summed.get((run_id, order), 0) + steps
    text = (
        "UPDATE execution_steps d SET waiting_on = d.waiting_on - freed.steps, "
        "runnable_at = CASE WHEN d.waiting_on = freed.steps THEN %s::timestamptz END, "
        "status = CASE WHEN d.waiting_on = freed.steps THEN 'pending' ELSE d.status END "
        'FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS freed(execution_id, "order", steps) '
        'WHERE d.execution_id = freed.execution_id AND d."order" = freed."order" '
        "AND (d.status = 'pending' OR (d.status = 'running' AND d.owner IS NULL))"
    )
    return [(text, [ledger.now, *columns([(*key, steps) for key, steps in summed.items()])])]


def _skipped(ledger: Ledger, skipped: list[tuple[UUID, int]]) -> list[Statement]:
    """Settles what stands in branches that were not taken."""
    if not skipped:
        return []
    text = (
        "UPDATE execution_steps d SET status = 'skipped', completed_at = %s, runnable_at = NULL, waiting_on = 0 "
        'FROM unnest(%s::uuid[], %s::int[]) AS passed(execution_id, "order") '
        'WHERE d.execution_id = passed.execution_id AND d."order" = passed."order" AND d.status = \'pending\''
    )
    return [(text, [ledger.now, *columns(skipped)])]
