"""When a turn fails: what was in it is done one by one, so that one step that cannot be worked on holds up nobody."""

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from recipes.engine.claiming import Wanted
from recipes.engine.ledger import Ledger
from recipes.engine.settling import settle
from recipes.engine.sql import is_passing, statements
from recipes.engine.steps import Outcome, Poison, Turn, lock_steps
from recipes.engine.turns import take_turn
from recipes.models import ExecutionStatus, StepStatus
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)

# Seconds until a step is looked at again that could neither be worked on nor failed.
LATER = 60
UNSTORABLE = "The answer could not be stored. Try the step again, or ask for less at once."
UNPREPARED = "This step could not be prepared: something in it, or in what came before it, cannot be read."
UNENDED = "A step of this run could not be worked on, nor be recorded as failed."


def settle_alone(owner: UUID, outcome: Outcome) -> Turn:
    """Record one outcome; where that cannot be done its step fails, else its run."""
    turn = _tried(lambda: take_turn(owner, [outcome], 0), "The outcome of step %s was not recorded", outcome.step_id)
    return turn if turn is not None else _failed(outcome.step_id, UNSTORABLE)


def claim_alone(owner: UUID, limit: int) -> Turn:
    """Claim runnable steps one at a time; those that cannot be claimed fail."""
    turn = Turn()
    for step_id in _runnable(limit):

        def claimed(only: UUID = step_id) -> Turn:
            return take_turn(owner, [], 1, Wanted(only=only))

        turn.add(_tried(claimed, "Step %s was not claimed", step_id) or _failed(step_id, UNPREPARED))
    return turn


def _runnable(limit: int) -> list[UUID]:
    with system_scope(Purpose.ENGINE), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM execution_steps WHERE status = 'pending' AND runnable_at <= now() "
            "ORDER BY runnable_at LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _tried(work: Callable[[], Turn], complaint: str, step_id: UUID) -> Turn | None:
    """What the work came to, or None when this step is at fault. Raises where the database is away or busy."""
    try:
        return work()
    except (OperationalError, InterfaceError) as error:
        if is_passing(error):
            raise
        logger.exception(complaint, step_id)
    except Exception:
        logger.exception(complaint, step_id)
    return None


def _failed(step_id: UUID, reason: str) -> Turn:
    """Fail the step as its error handling says; else end its run; else leave it alone for a while."""
    turn = _tried(lambda: _fail_step(step_id, reason), "Step %s could not be failed", step_id)
    if turn is None:
        turn = _tried(lambda: _end_run(step_id), "The run of step %s could not be ended", step_id)
    return turn if turn is not None else _tried(lambda: _postpone(step_id), "Step %s stays", step_id) or Turn()


def _fail_step(step_id: UUID, reason: str) -> Turn:
    turn = Turn()
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        lock_steps(ledger, [step_id])
        # Under our hand: the raised fence refuses whoever holds it.
        rows = sql.rows(
            "UPDATE execution_steps SET status = %s, fence = fence + 1, owner = NULL "
            "WHERE id = %s AND (status = 'running' OR (status = 'pending' AND runnable_at IS NOT NULL)) "
            "RETURNING fence",
            [StepStatus.RUNNING.value, step_id],
        )
        for (fence,) in rows:
            settle(ledger, [Outcome(step_id, fence, error=Poison(reason))], turn)
        turn.notices = ledger.write()
    return turn


def _end_run(step_id: UUID) -> Turn:
    turn = Turn()
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        ids = sql.rows("SELECT execution_id FROM execution_steps WHERE id = %s", [step_id])
        live = [run for run in ledger.lock(row[0] for row in ids) if run.is_live]
        if live:
            ledger.cancel_steps(live)
        for run in live:
            run.end(ExecutionStatus.FAILED, ledger.now, error={"code": Poison.code, "message": UNENDED})
        turn.notices, turn.dropped = ledger.write(), [run.id for run in live]
    return turn


def _postpone(step_id: UUID) -> Turn:
    with statements(Purpose.ENGINE) as sql:
        sql.send(
            "UPDATE execution_steps SET runnable_at = now() + %s * interval '1 s' WHERE id = %s AND status = 'pending'",
            [LATER, step_id],
        )
    return Turn()
