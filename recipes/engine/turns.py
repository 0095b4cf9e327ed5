"""The deciding half of the kitchen: synchronous, one short transaction each, nothing here ever waits on a model.

A turn settles what calls came to and claims what may start next. Every change of a step happens under the lock of its
execution and under the step's fence, so a worker that was given up cannot write.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from automatos.events import Notice
from recipes.engine.claiming import ANY_STEP, Wanted, claim
from recipes.engine.heart import LEASE
from recipes.engine.ledger import PATIENCE, RUN_COLUMNS, Ledger, Run
from recipes.engine.paying import hold_back, pay
from recipes.engine.settling import settle
from recipes.engine.sql import array, statements
from recipes.engine.steps import STEP_COLUMNS, Outcome, Poison, Step, Turn, picked
from recipes.engine.sub_runs import ORPHANS, lock_with_inside
from recipes.models import LIVE_STATUSES, Execution, ExecutionStatus, StepStatus, Worker
from workspaces.credentials.provider_keys import OwnKey, note_uses
from workspaces.scope.tenancy import Purpose, system_scope

FORGET_WORKERS_AFTER = 3600
BATCH = 100
LOST = "worker lost"
# How many workers in a row may die with a step that keeps nothing more, before it is taken for the cause.
MOST_HAND_ONS = 3
KILLED = (
    f"{MOST_HAND_ONS} workers in a row were lost while they worked on this step, so it is not tried again. "
    "See the workers' logs and memory, then cook again."
)


def take_turn(owner: UUID, outcomes: list[Outcome], limit: int, wanted: Wanted = ANY_STEP) -> Turn:
    """Settle outcomes, then claim up to `limit` of the wanted steps for `owner`, in one transaction."""
    turn = Turn()
    opened: list[OwnKey] = []
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        if outcomes:
            settle(ledger, outcomes, turn)
            ledger.let_go()
        if limit > 0:
            at_once = claim(ledger, owner, limit, turn, wanted)
            unpaid, opened = pay(ledger, turn)
            ledger.go_on_above()
            if at_once := at_once + unpaid + hold_back(ledger, turn):
                sql.flush()
                settle(ledger, at_once, turn)
        turn.notices = ledger.write()
        # What began, or goes on above a run that ended, waits for no poll.
        turn.more = turn.more or ledger.has_begun or bool(ledger.above_told)
    note_uses(opened)
    return turn


def still_held(fences: dict[UUID, int]) -> set[UUID]:
    """Of the steps a worker cooks (fence by id), those that are still its own."""
    with system_scope(Purpose.ENGINE), connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id FROM execution_steps s JOIN unnest(%s::uuid[], %s::int[]) AS v(id, fence) "
            "ON s.id = v.id AND s.fence = v.fence WHERE s.status = 'running'",
            [list(fences), list(fences.values())],
        )
        return {row[0] for row in cursor.fetchall()}


def hand_on(asking: UUID) -> list[Notice]:
    """Make steps runnable again whose worker is gone; never those of the worker that asks.

    Only a worker that has beaten all the time may ask (`Heart.may_give_up_others`): when the database was away no other
    one could send a heartbeat either.
    """
    return _release(
        "s.owner <> %s AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = s.owner "
        "AND w.heartbeat_at > clock_timestamp() - %s * interval '1 s')",
        [asking, LEASE],
        reason=LOST,
    )


def give_back(owner: UUID, fences: dict[UUID, int]) -> list[Notice]:
    """Make a worker's own steps runnable that it does not work on: the answer to the commit of their claim was lost."""
    return _release(
        "s.owner = %s AND (s.id, s.fence) IN (SELECT * FROM unnest(%s::uuid[], %s::int[]))",
        [owner, array(fences), array(fences.values())],
        reason="claim lost",
    )


def leave(owner: UUID) -> list[Notice]:
    """A worker stops: what it still holds becomes runnable at once, and its row goes."""
    notices = _release("s.owner = %s", [owner], reason="worker stopped")
    Worker.objects.filter(id=owner).delete()
    return notices


def _release(condition: str, params: list[object], *, reason: str) -> list[Notice]:
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        rows = sql.rows(
            f"SELECT {RUN_COLUMNS}, {STEP_COLUMNS} FROM execution_steps s "  # noqa: S608
            f"JOIN recipe_executions e ON e.id = s.execution_id WHERE s.status = 'running' AND {condition} "
            "ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED",
            params,
        )
        held = picked(ledger, rows)
        if not held:
            return []
        for run, step in held:
            run.emit("execution.resumed", ledger.now, step, attempt=step.attempt, reason=reason)
        steps = [step for _, step in held]
        poison = [step for step in steps if reason == LOST and step.hand_ons + 1 >= MOST_HAND_ONS]
        _make_runnable(ledger, [step for step in steps if step not in poison], is_lost=reason == LOST)
        if poison:
            # Calls of parallel steps of a run that ends with it are aborted by the next heartbeat.
            settle(ledger, [Outcome(step.id, step.fence, error=Poison(KILLED)) for step in poison], Turn())
        return ledger.write()


def _make_runnable(ledger: Ledger, steps: list[Step], *, is_lost: bool) -> None:
    """The raised fence refuses the old owner; its id stays as a mark that this attempt has started before."""
    ledger.sql.send(
        "UPDATE execution_steps SET status = %s, runnable_at = %s, fence = fence + 1, hand_ons = hand_ons + %s "
        "WHERE id = ANY(%s::uuid[])",
        [StepStatus.PENDING, ledger.now, int(is_lost), array(step.id for step in steps)],
    )


# A run with another one at work inside goes by that one's deadline, which is no later than its own was; once it is
# over, the step above has to give back the time that it stood still.
HAS_INSIDE = (
    "EXISTS (SELECT 1 FROM recipe_executions c JOIN execution_steps s ON s.id = c.parent_step_id "
    "WHERE c.root_id = COALESCE(e.root_id, e.id) AND s.execution_id = e.id "
    "AND (c.status IN ('pending', 'running', 'waiting') OR (s.status = 'pending' AND s.runnable_at IS NOT NULL)))"
)


def end_overdue() -> Turn:
    """Fail the runs that are past their deadline; what to publish and to drop."""
    turn = Turn()
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        rows = sql.rows(
            f"SELECT {RUN_COLUMNS} FROM recipe_executions e WHERE e.status = ANY(%s::text[]) "  # noqa: S608
            f"AND e.deadline_at < statement_timestamp() AND NOT {HAS_INSIDE} "
            "ORDER BY e.id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
            [array(status.value for status in LIVE_STATUSES), BATCH],
        )
        runs = [ledger.run(row) for row in rows]
        if runs:
            ledger.cancel_steps(runs)
            for run in runs:
                _end_as_overdue(ledger, run)
        turn.notices, turn.dropped = ledger.write(), [run.id for run in runs]
        forgotten = "DELETE FROM workers WHERE heartbeat_at < %s::timestamptz - %s * interval '1 s'"
        sql.put_off((forgotten, [ledger.now, FORGET_WORKERS_AFTER]))
    return turn


def _end_as_overdue(ledger: Ledger, run: Run) -> None:
    if run.paused_at is not None:
        text = f"This run was paused for more than {PATIENCE.days} days. Retry it when it is needed."
        run.end(ExecutionStatus.FAILED, ledger.now, error={"code": "paused_too_long", "message": text})
        return
    if run.status == ExecutionStatus.WAITING:
        days = PATIENCE.days
        text = (
            f"Nobody approved or rejected what this run asked for within {days} days. Cook it again when it is needed."
        )
        run.end(ExecutionStatus.FAILED, ledger.now, error={"code": "approval_timeout", "message": text})
        return
    message = "The run took longer than its total time-out. Raise total_timeout in the recipe or shorten its steps."
    run.end(ExecutionStatus.FAILED, ledger.now, error={"code": "run_timeout", "message": message})


def end_orphans() -> Turn:
    """Cancel the runs inside of runs that are over; what to publish and to drop."""
    with statements(Purpose.ENGINE) as sql:
        orphans = [row[0] for row in sql.rows(ORPHANS, [])]
    with system_scope(Purpose.ENGINE):
        notices = cancel(orphans, by="") if orphans else []
    return Turn(notices=notices, dropped=orphans)


def end_abandoned() -> Turn:
    """Cancel the runs of workspaces that were deleted; what to publish and to drop."""
    rows = Execution.objects.filter(status__in=LIVE_STATUSES, workspace__deleted_at__isnull=False)
    with system_scope(Purpose.ENGINE):
        abandoned = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
        notices = cancel(abandoned, by="") if abandoned else []
    return Turn(notices=notices, dropped=abandoned)


def pause(execution_id: UUID, *, by: str) -> list[Notice]:
    """Let nothing new begin in a live run; what is at work comes to its end. What to publish; none where it is held."""
    with statements() as sql:
        ledger = Ledger(sql)
        for run in lock_with_inside(ledger, [execution_id]):
            if run.can_go_on:
                run.paused_at = ledger.now
                run.emit("execution.paused", ledger.now, by=by)
        return ledger.write()


def resume(execution_id: UUID, *, by: str) -> list[Notice]:
    """Let a paused run go on with the time it had left. What to publish; none where it was not paused."""
    with statements() as sql:
        ledger = Ledger(sql)
        for run in lock_with_inside(ledger, [execution_id]):
            if run.is_live and run.paused_at is not None:
                run.paused_at, run.room = None, run.held_steps
                run.emit("execution.resumed", ledger.now, reason=f"resumed by {by}" if by else "resumed")
        return ledger.write()


def cancel(execution_ids: Iterable[UUID], *, by: str) -> list[Notice]:
    """Cancel what is still live among these runs, and inside them; call it inside a transaction. What to publish."""
    with statements() as sql:
        ledger = Ledger(sql)
        live = [run for run in lock_with_inside(ledger, execution_ids) if run.is_live]
        if live:
            ledger.cancel_steps(live)
            for run in live:
                run.end(ExecutionStatus.CANCELLED, ledger.now, by=by)
        return ledger.write()
