"""A person allows or refuses a side effect that a step waits with."""

from uuid import UUID

from automatos import events
from automatos.after_commit import after_commit
from automatos.errors import Conflict, NotFound
from recipes.engine.ledger import Ledger, Run
from recipes.engine.sql import statements
from recipes.engine.tasks import send_wake_up
from recipes.models import Approval, StepStatus
from workspaces.audit import log as audit
from workspaces.models import User, Workspace


def decide(*, workspace: Workspace, approval_id: UUID, approve: bool, user: User) -> Approval:
    """Note the decision; once every call of the step is decided, the step goes on with the time it had left.

    Raises NotFound, or Conflict when it was decided before or the run is over.
    """
    found = Approval.objects.filter(pk=approval_id, workspace=workspace).select_related("step").first()
    if found is None:
        raise NotFound()
    status = Approval.Status.APPROVED if approve else Approval.Status.REJECTED
    with statements() as sql:
        ledger = Ledger(sql)
        run = ledger.lock([found.step.execution_id])[0]
        changed = sql.rows(
            "UPDATE approvals SET status = %s, decided_at = %s, decided_by_id = %s "
            "WHERE id = %s AND status = 'pending' RETURNING id",
            [status.value, ledger.now, user.pk, found.pk],
        )
        if not changed or not run.is_live:
            raise Conflict("This was decided already, or the run is over.", code="already_decided")
        left = sql.rows("SELECT count(*) FROM approvals WHERE step_id = %s AND status = 'pending'", [found.step_id])
        if left[0][0] == 0:
            _go_on(ledger, run, found)
            run.emit("execution.resumed", ledger.now, found.step, reason=f"{status.label.lower()} by a person")
        notices = ledger.write()
    for notice in notices:
        events.publish_on_commit(notice)
    # Read before the commit: nobody's rows can be seen after it.
    execution_id = str(found.step.execution_id)
    after_commit(lambda: send_wake_up(execution_id))
    audit.record(
        "approval.decided",
        workspace_id=workspace.pk,
        target=("approval", found.pk, found.tool),
        after={"status": status.value, "execution_id": execution_id},
    )
    found.refresh_from_db()
    return found


def _go_on(ledger: Ledger, run: Run, found: Approval) -> None:
    """Its owner stays as a mark that it has begun before, so its journal is read again."""
    freed = ledger.sql.rows(
        "UPDATE execution_steps SET status = %s, runnable_at = %s WHERE id = %s AND status = %s RETURNING id",
        [StepStatus.PENDING.value, ledger.now, found.step_id, StepStatus.WAITING.value],
    )
    run.waiting_steps = max(0, run.waiting_steps - len(freed))
