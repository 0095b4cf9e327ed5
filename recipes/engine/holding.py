"""Steps that could begin and are held back: their run is paused, or has as many at work as it may."""

from collections.abc import Sequence
from uuid import UUID

from recipes.engine.ledger import Ledger, Run
from recipes.engine.new_steps import has_agent
from recipes.engine.sql import array
from recipes.engine.steps import Step
from recipes.models import Mode

AT_WORK = (
    "SELECT execution_id, count(*) FROM execution_steps WHERE execution_id = ANY(%s::uuid[]) "
    "AND status = 'running' AND owner IS NOT NULL GROUP BY execution_id"
)


def held_back(ledger: Ledger, found: Sequence[tuple[Run, Step]]) -> set[UUID]:
    """Those of these runnable steps, locked with their runs, that must not begin now; let go when there is room.

    A held step has neither anything to wait for nor a time (`Ledger.write` lets go), so that nobody looks at it
    again and again meanwhile.
    """
    limited = {run.id for run, step in found if run.paused_at is None and run.parallel_limit and _may_exceed(run, step)}
    at_work = dict[UUID, int](ledger.sql.rows(AT_WORK, [array(limited)])) if limited else {}
    back: set[UUID] = set()
    for run, step in found:
        if run.paused_at is None:
            if run.id not in limited or not has_agent(step.kind):
                continue
            at_work[run.id] = at_work.get(run.id, 0) + 1
            if at_work[run.id] <= (run.parallel_limit or 0):
                run.room -= 1
                continue
        back.add(step.id)
        run.held_steps += 1
        run.is_changed = True
    if back:
        ledger.sql.send("UPDATE execution_steps SET runnable_at = NULL WHERE id = ANY(%s::uuid[])", [array(back)])
    return back


def _may_exceed(run: Run, step: Step) -> bool:
    """A loop at the top lets no more rounds begin than may cook; steps at once, and loops in loops, know no bound."""
    return run.mode == Mode.PARALLEL or step.place.count(".") > 2
