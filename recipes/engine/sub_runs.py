"""Steps that cook another recipe: a run of its own, which the step waits for without a worker.

The child's end makes the step claimable in its own transaction, by one plain update of the step's row: it holds the
child alone and asks for no other run, so whoever holds parent and children at once never waits for it in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol
from uuid import UUID, uuid5

from django.apps import apps
from django.utils.module_loading import import_string

from automatos.errors import AppError
from recipes.engine.growing import park
from recipes.engine.ledger import Ledger, Run, from_json
from recipes.engine.payloads import filled
from recipes.engine.sql import array
from recipes.engine.steps import Outcome, Step
from recipes.engine.storing import as_json
from recipes.engine.templating import Output
from recipes.models import LIVE_STATUSES, ExecutionStatus
from workspaces.budgets.reserving import BudgetReached

# How many runs may stand above one.
DEEPEST = 5
ALL = "outputs"
MADE = filled("e", "output_data", "automatos_json")
# In the state of a step that begins: the run inside of an earlier one, whose finished steps are taken over.
RESUMES = "resumes"
# Where the app says how a run begins.
NAMED = "sub_runs"


class SubRunError(AppError):
    """A recipe inside a recipe that cannot begin, or did not end well."""

    code = "sub_run_failed"


class SubRunFailed(SubRunError):
    """One that did not end well. Another attempt does only what it had not finished, so it may help."""

    retryable = True


class Start(Protocol):
    """Begins the run of a recipe that a step calls; raises AppError where that cannot be done."""

    def __call__(self, ledger: Ledger, run: Run, step: Step, outputs: Sequence[Output]) -> float:
        """The child's id is `child_id(step)`. How many seconds it may take."""


@cache
def _start() -> Start:
    """The room that starts runs knows how; it stands to the right of this one."""
    path: str = getattr(apps.get_app_config("recipes"), NAMED)
    found: Start = import_string(path)
    return found


@dataclass(frozen=True, slots=True)
class _Child:
    status: str
    output_data: dict[str, object] | None
    error: dict[str, str] | None
    completed_at: datetime | None
    deadline_at: datetime


def child_id(step: Step) -> UUID:
    """The run of one attempt of a step."""
    return uuid5(step.id, f"child.{step.attempt}")


def earlier_id(step: Step) -> UUID | None:
    """The run whose finished steps a new one may take over: of the run gone on from, or of the attempt before."""
    if found := (step.state or {}).get(RESUMES):
        return UUID(found)
    return uuid5(step.id, f"child.{step.attempt - 1}") if step.attempt > 1 else None


def cook_inside(ledger: Ledger, run: Run, step: Step, outputs: Sequence[Output]) -> Outcome | None:
    """Begin the child; None while it is under way, then what it came to. Raises SubRunError, BudgetReached."""
    child = _child(ledger, step)
    if child is not None and child.status not in LIVE_STATUSES:
        return _came_to(ledger, run, step, child)
    if child is None:
        if run.depth >= DEEPEST:
            raise SubRunError(f"Recipes stand at most {DEEPEST} deep in one another.")
        left = run.left_at(ledger.now)
        step.state = {"left": left, "inside": _start()(ledger, run, step, outputs)}
        run.emit("subrun.started", ledger.now, step, execution=str(child_id(step)))
    park(ledger, step, 1, max(1, step.grown))
    return None


def _child(ledger: Ledger, step: Step) -> _Child | None:
    rows = ledger.sql.rows(
        f"SELECT e.status, {MADE}, e.error, e.completed_at, e.deadline_at FROM recipe_executions e "  # noqa: S608
        "WHERE e.id = %s",
        [child_id(step)],
    )
    return _Child(rows[0][0], from_json(rows[0][1]), from_json(rows[0][2]), *rows[0][3:]) if rows else None


def _came_to(ledger: Ledger, run: Run, step: Step, child: _Child) -> Outcome:
    """The child's end as the step's."""
    _give_time_back(run, step, child, child.completed_at or ledger.now)
    _require_well(child)
    return Outcome(step.id, step.fence, output=_text(step, child), origins=_origins(ledger, step), attempt=step.attempt)


def _text(step: Step, child: _Child) -> str:
    data = child.output_data or {}
    wanted = (step.config or {}).get("leaves") == ALL
    return (as_json(data.get("outputs") or {}) or "{}") if wanted else str(data.get("final_output") or "")


def left_of(ledger: Ledger, step: Step) -> str:
    """What a child that is over left. Raises SubRunFailed where it did not end well, BudgetReached where it stopped."""
    child = _child(ledger, step)
    if child is None:
        raise SubRunError("The run inside is gone.")
    _require_well(child)
    return _text(step, child)


def _require_well(child: _Child) -> None:
    if child.status != ExecutionStatus.COMPLETED:
        why = (child.error or {}).get("message") or f"It was {child.status}."
        if child.status == ExecutionStatus.STOPPED:  # for lack of money, which ends the run above in the same way
            raise BudgetReached(why)
        raise SubRunFailed(f"The recipe inside did not end well: {why}")


def _give_time_back(run: Run, step: Step, child: _Child, ended: datetime) -> None:
    """The time that the child stood still is no loss for the run above.

    It has left what it had when the child began, less the time that this one took. Said so and not added, it is given
    back once, be it that several children stood at the same moment, or the run above as well.
    """
    state = step.state or {}
    left = float(state.get("left", 0))
    inside = float(state.get("inside", left))
    took = inside - (child.deadline_at - ended).total_seconds()
    run.leave(left - min(inside, max(0.0, took)), ended)


def _origins(ledger: Ledger, step: Step) -> tuple[str, ...]:
    rows = ledger.sql.rows(
        "SELECT DISTINCT o.origin FROM execution_steps s CROSS JOIN LATERAL jsonb_array_elements_text(s.origins) "
        "AS o(origin) WHERE s.execution_id = %s AND jsonb_typeof(s.origins) = 'array' ORDER BY 1",
        [child_id(step)],
    )
    return tuple(row[0] for row in rows)


WITH_INSIDE = "SELECT id FROM recipe_executions WHERE id = ANY(%s::uuid[]) OR root_id = ANY(%s::uuid[])"


def lock_with_inside(ledger: Ledger, execution_ids: Iterable[UUID]) -> list[Run]:
    """Lock these runs and those that stand below them.

    Who begins one holds the run above it, so it is looked again once all that were there are locked.
    """
    ids = array(execution_ids)
    known: set[UUID] = set()
    held: list[Run] = []
    while new := {key for (key,) in ledger.sql.rows(WITH_INSIDE, [ids, ids])} - known:
        held += ledger.lock(new)
        known |= new
    return held


# Live runs whose step above is over: their parent failed or was cancelled.
ORPHANS = (
    "SELECT c.id FROM recipe_executions c JOIN execution_steps s ON s.id = c.parent_step_id "
    "WHERE c.parent_step_id IS NOT NULL AND c.status IN ('pending', 'running', 'waiting') "
    "AND s.status NOT IN ('pending', 'running') LIMIT 100"
)
