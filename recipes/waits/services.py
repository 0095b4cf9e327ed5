"""A person allows or refuses a side effect that a step waits with, or answers a step that asks; a message comes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from automatos import events
from automatos.after_commit import after_commit
from automatos.errors import Conflict, InvalidInput, NotFound
from recipes.engine.ledger import Ledger, Run
from recipes.engine.parking import WaitError, end
from recipes.engine.sql import array, statements
from recipes.engine.steps import Turn
from recipes.engine.storing import as_json
from recipes.engine.tasks import send_wake_up
from recipes.filling import fill_inputs
from recipes.models import Approval, RecipeTrigger, StepStatus
from recipes.waits.allowing import allow, require_reach
from recipes.waits.changes import changed_arguments
from recipes.waits.fields import read
from recipes.waits.questions import reach_in_words
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_COMMENT = 2000


def decide(
    *,
    workspace: Workspace,
    approval_id: UUID,
    approve: bool,
    user: User,
    answer: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    comment: str = "",
    for_run: bool = False,
) -> Approval:
    """Note the decision; once every call of the step is decided, the step goes on with the time it had left.

    answer: to a step or a server that asks for something, by field. arguments: those of a call that are to be others
    than the agent wrote, by name. comment: why, kept with it. for_run: calls like this one need not be asked about in
    the rest of the run. Raises NotFound, InvalidInput with fields `answer.<name>`, `arguments.<name>` or `for_run`, or
    Conflict when it was decided before or the run is over.
    """
    rows = Approval.objects.filter(pk=approval_id, workspace=workspace).exclude(kind=Approval.Kind.TIMER)
    found = rows.select_related("step").first()
    if found is None:
        raise NotFound()
    if found.kind == Approval.Kind.WEBHOOK:
        raise Conflict("This waits for a signed message at its address, and for no person.")
    filled = _filled(found, answer or {}) if approve else None
    changed_to = changed_arguments(found, arguments or {}) if approve else None
    if for_run and approve:
        require_reach(found, changed_to)
    turn = Turn()
    status = Approval.Status.APPROVED if approve else Approval.Status.REJECTED
    with statements() as sql:
        ledger = Ledger(sql)
        run = ledger.lock([found.step.execution_id])[0]
        changed = sql.rows(
            "UPDATE approvals SET status = %s, decided_at = %s, decided_by_id = %s, answer = %s::jsonb, "
            "comment = %s WHERE id = %s AND status = 'pending' RETURNING id",
            [
                *(status.value, ledger.now, user.pk, as_json(filled or changed_to)),
                *(comment.strip()[:LONGEST_COMMENT], found.pk),
            ],
        )
        if not changed or not run.is_live:
            raise Conflict("This was decided already, or the run is over.", code="already_decided")
        if found.kind == Approval.Kind.FORM:
            refused = WaitError(f"{user.display_name} refused.", code="refused")
            end(ledger, {found.step_id: _as_text(filled) if approve else refused}, turn)
        if found.kind == Approval.Kind.QUESTION:
            # Whoever asked looks for the answer; the step is at work all the while.
            run.emit("step.answered", ledger.now, found.step, approval=str(found.pk), status=status.value)
        decided = {found.step_id} if found.kind == Approval.Kind.APPROVAL else set()
        if for_run and approve:
            decided |= set(allow(ledger, run, found, user))
        if decided and _go_on(ledger, run, decided):
            run.emit("execution.resumed", ledger.now, found.step, reason=f"{status.label.lower()} by a person")
        turn.notices = ledger.write()
    what = reach_in_words(found.reach or {}) if for_run and approve else ""
    _tell(turn, found, _without_empty(status=status.value, comment=comment, arguments=changed_to, for_run=what))
    found.refresh_from_db()
    return found


def _without_empty(**told: Any) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value}


def take_message(trigger: RecipeTrigger, wait_id: UUID, text: str, origins: tuple[str, ...]) -> UUID:
    """Let the step go on that waits for a message of this trigger, with the text as its output; its run's id.

    origins: where the text came from; whoever reads it is tainted. Raises NotFound, or Conflict when a message came
    before, nobody waits any more, or the run is over.
    """
    rows = Approval.objects.filter(pk=wait_id, workspace=trigger.workspace_id, kind=Approval.Kind.WEBHOOK)
    found = rows.select_related("step").filter(arguments__trigger=str(trigger.pk)).first()
    if found is None:
        raise NotFound()
    turn = Turn()
    with statements() as sql:
        ledger = Ledger(sql)
        run = ledger.lock([found.step.execution_id])[0]
        changed = sql.rows(
            "UPDATE approvals SET status = 'approved', decided_at = %s WHERE id = %s AND status = 'pending' "
            "RETURNING id",
            [ledger.now, found.pk],
        )
        if not changed or not run.is_live:
            raise Conflict("This step does not wait any more.", code="not_waiting")
        end(ledger, {found.step_id: text}, turn, origins)
        turn.notices = ledger.write()
    _tell(turn, found, {"status": Approval.Status.APPROVED.value, "message_of": trigger.name})
    return found.step.execution_id


def _tell(turn: Turn, found: Approval, after: dict[str, Any]) -> None:
    """Publish what was decided, wake the workers and record it."""
    for notice in turn.notices:
        events.publish_on_commit(notice)
    for ended in turn.dropped:
        events.drop_on_commit(ended)
    # Read before the commit: nobody's rows can be seen after it.
    execution_id = str(found.step.execution_id)
    after_commit(lambda: send_wake_up(execution_id))
    audit.record(
        "approval.decided",
        workspace_id=found.workspace_id,
        target=("approval", found.pk, found.tool or found.step.name or found.step.step_id),
        after={"execution_id": execution_id, **after},
    )


def _filled(found: Approval, answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer as the fields of the step, or of the server's question, want it."""
    if found.kind == Approval.Kind.QUESTION:
        return read(found.arguments.get("schema") or {}, answer)
    if found.kind != Approval.Kind.FORM:
        if answer:
            text = "This is a question of yes or no; leave answer out."
            raise InvalidInput(text, fields={"answer": [text]})
        return None
    try:
        return fill_inputs(found.arguments.get("fields") or {}, answer)
    except InvalidInput as error:
        fields = {name.replace("input_data", "answer", 1): list(texts) for name, texts in error.fields.items()}
        raise InvalidInput(error.message.replace("input_data", "answer"), fields=fields) from None


def _as_text(filled: Mapping[str, Any] | None) -> str:
    """What the step leaves: the answer as JSON, or a word where nothing was asked for."""
    return (as_json(dict(filled)) or "") if filled else "approved"


def _go_on(ledger: Ledger, run: Run, step_ids: set[UUID]) -> bool:
    """Let those of the steps go on that wait for nobody any more; whether there is one.

    Their owner stays as a mark that they have begun before, so their journal is read again.
    """
    freed = ledger.sql.rows(
        "UPDATE execution_steps s SET status = %s, runnable_at = %s WHERE id = ANY(%s::uuid[]) AND status = %s "
        "AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.step_id = s.id AND a.status = 'pending' "
        "AND a.kind <> 'question') RETURNING id",
        [StepStatus.PENDING.value, ledger.now, array(sorted(step_ids)), StepStatus.WAITING.value],
    )
    run.waiting_steps = max(0, run.waiting_steps - len(freed))
    return bool(freed)
