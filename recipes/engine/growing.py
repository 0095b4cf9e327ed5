"""Steps that join a run under way: the rounds of a loop, the subtasks of a stage.

    orders = grow(ledger, run, parent, [Round(1, steps, local={"item": "tides"})])

Call it while the run is locked and the parent is under your hand (claimed, or its outcome accepted), inside the
transaction that decides it. In that transaction, and only when it commits:

- each step becomes a row: `order` after the run's last one, `parent_id` the parent (or the condition it stands under),
  `iteration` the round's number, `path` `<parent's path>.<round>.<step_id>`; `depends_on`, `leads_to` and `waiting_on`
  as `graph.lay_out` tells for the round's steps among themselves, in the run's mode unless `mode` says otherwise;
- every new step also leads to the parent. The parent is parked: status `running` without an owner, its fence raised,
  `waiting_on` the number of new steps. When the last of them is settled (completed, skipped, or in a branch that was
  not taken) the parent becomes `pending` with a `runnable_at`, in the turn that settled it, and the next claim gets it
  again with `step.grown` the highest round so far (0 before any growth; `step.started` is told only the first time).
  Whoever handles that claim grows the parent once more or hands in its outcome; `children` tells what they left;
- the run counts the new steps (`total_steps`, `unfinished_steps`) and tells `steps.added`.

A step with `error_handling` stop ends the run when it fails, as anywhere; with skip it is settled and its parent sees
the error in `children`. A turn that is taken again since the answer to its commit was lost grows nothing twice: the
parent is no longer claimable, and its old fence is refused. What a new step may name in its prompt: outputs that the
parent could name, those of earlier steps of its own round (at once: those it waits for), and those of earlier rounds
whose numbers stand in the round's `sees`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from recipes.engine import graph
from recipes.engine.ledger import Ledger, Run, from_json
from recipes.engine.new_steps import NewStep, Round, Row, rows_inserted
from recipes.engine.payloads import filled
from recipes.engine.steps import Step
from recipes.engine.storing import as_json
from recipes.models import Mode, StepStatus

# The branch of steps that stand directly under what grew by them.
BODY = "body"


@dataclass(frozen=True, slots=True)
class Child:
    """A step that a run grew by, as it ended. error: of one that failed and was skipped."""

    id: UUID
    order: int
    iteration: int
    step_id: str
    kind: str
    config: dict[str, Any] | None
    status: str
    output: str
    error: dict[str, Any] | None
    origins: tuple[str, ...]


def grow(ledger: Ledger, run: Run, parent: Step, rounds: Sequence[Round], *, mode: str = "") -> list[int]:
    """Insert the rounds' steps under the parent and park it until all of them are settled; their orders, see above.

    mode: how each round's steps wait for one another, by default as in the run. There must be at least one step.
    """
    rows = laid_out(run.mode, parent, rounds, _last_order(ledger, run), mode or run.mode)
    ledger.sql.put_off(rows_inserted(run.workspace_id, run.id, [_due(row, ledger.now) for row in rows]))
    park(ledger, parent, len(rows), rounds[-1].number)
    run.total_steps += len(rows)
    run.unfinished_steps += len(rows)
    orders = [row.order for row in rows]
    run.emit("steps.added", ledger.now, parent, first=orders[0], last=orders[-1], rounds=[one.number for one in rounds])
    return orders


def laid_out(run_mode: str, parent: Step, rounds: Sequence[Round], last: int, mode: str) -> list[Row]:
    """The rows of rounds that join under a parent, numbered after the run's last step, with their edges. Pure."""
    known: dict[int, list[Row]] = {}
    for one in rounds:
        numbered = replace(one, steps=_numbered(one, last))
        known[one.number] = _rows(run_mode, parent, numbered, mode)
        last += len(one.steps)
        if one.after:
            known[one.after], known[one.number] = _joined(known[one.after], known[one.number])
    return [row for of_round in known.values() for row in of_round]


def children(ledger: Ledger, parent: Step) -> list[Child]:
    """The steps of a parent's rounds, all of them so far, in order; without what those grew by themselves."""
    rows = ledger.sql.rows(CHILDREN, [parent.id])
    return [
        Child(key, order, number, step_id, kind, from_json(config), status, text, from_json(error), _texts(origins))
        for key, order, number, step_id, kind, config, status, text, error, origins in rows
    ]


CHILD = (
    's.id, s."order", s.iteration, s.step_id, s.kind, s.config, s.status, '
    f"{filled('s', 'output')} AS output, s.error, s.origins"
)
# Steps in a condition's branch have the condition for a parent.
CHILDREN = (
    f"WITH RECURSIVE inside AS (SELECT {CHILD} FROM execution_steps s WHERE s.parent_id = %s AND s.path IS NOT NULL "  # noqa: S608
    f"UNION ALL SELECT {CHILD} FROM inside JOIN execution_steps s ON s.parent_id = inside.id AND s.path IS NOT NULL "
    "WHERE inside.kind = 'condition') SELECT * FROM inside ORDER BY \"order\""
)


def _due(row: Row, now: datetime) -> Row:
    return row if row.place.depends_on else replace(row, runnable_at=now)


def _texts(origins: Any) -> tuple[str, ...]:
    return tuple(from_json(origins) or ())


def _last_order(ledger: Ledger, run: Run) -> int:
    ledger.sql.flush()  # what grew in this very turn counts
    found = ledger.sql.rows('SELECT max("order") FROM execution_steps WHERE execution_id = %s', [run.id])
    return int(found[0][0])


def _numbered(one: Round, last: int) -> list[NewStep]:
    return [replace(step, order=last + place) for place, step in enumerate(one.steps, 1)]


def _rows(run_mode: str, parent: Step, one: Round, mode: str) -> list[Row]:
    """The rows of a round whose steps have their numbers in the run."""
    places = graph.lay_out([step.line for step in one.steps], mode)
    ids = {step.order: uuid4() for step in one.steps}
    return [
        Row(
            id=ids[step.order],
            order=step.order,
            step=step,
            place=replace(places[step.order], leads_to=(*places[step.order].leads_to, parent.order)),
            parent=parent.id if (gate := places[step.order].gate) is None else ids[gate],
            branch=step.branch or BODY,
            path=f"{parent.place}.{one.number}.{step.step_id}",
            iteration=one.number,
            scope=_scope(run_mode, parent, one, _before(step, places, mode)),
        )
        for step in one.steps
    ]


def _joined(first: list[Row], then: list[Row]) -> tuple[list[Row], list[Row]]:
    """Two rounds, the second behind the first: its beginnings wait for the ends of the other."""
    ends = tuple(row.order for row in first if len(row.place.leads_to) == 1)
    begins = tuple(row.order for row in then if not row.place.depends_on)
    return (
        [_leads(row, begins) if row.order in ends else row for row in first],
        [_waits(row, ends) if row.order in begins else row for row in then],
    )


def _leads(row: Row, to: tuple[int, ...]) -> Row:
    return replace(row, place=replace(row.place, leads_to=(*to, *row.place.leads_to)))


def _waits(row: Row, behind: tuple[int, ...]) -> Row:
    return replace(row, place=replace(row.place, depends_on=behind))


def _before(step: NewStep, places: Mapping[int, graph.Place], mode: str) -> list[int]:
    """The steps of its round whose outputs it may name."""
    if mode == Mode.PARALLEL:
        return list(places[step.order].depends_on)
    return [order for order in sorted(places) if order < step.order]


def _scope(run_mode: str, parent: Step, one: Round, sees: list[int]) -> dict[str, Any]:
    """What a new step may name, see Step.may_name, and which steps came with it."""
    above = parent.scope
    if above is None:
        only = list(parent.depends_on) if run_mode == Mode.PARALLEL else None
        above = {"before": parent.order, "only": only, "sees": [], "local": {}, "origins": []}
    return {
        "before": above["before"],
        "only": above["only"],
        "sees": [*above["sees"], *one.sees, *sees],
        "local": {**above["local"], **one.local},
        "origins": list(dict.fromkeys([*above["origins"], *one.origins])),
        "block": [one.steps[0].order, one.steps[-1].order],
    }


def park(ledger: Ledger, parent: Step, steps: int, number: int) -> None:
    """Let a step wait, without a worker, for so many others. number: its last round."""
    parent.fence, parent.grown, parent.owner = parent.fence + 1, number, None
    parent.status = StepStatus.RUNNING
    ledger.sql.put_off(
        (
            "UPDATE execution_steps SET status = 'running', owner = NULL, runnable_at = NULL, fence = %s, grown = %s, "
            "waiting_on = %s, started_at = %s, state = COALESCE(%s::jsonb, state) WHERE id = %s",
            [parent.fence, number, steps, parent.started_at, as_json(parent.state), parent.id],
        )
    )
