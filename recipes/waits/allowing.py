"""Words of people that hold for the rest of a run: given with a decision, shown with the run, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Count, QuerySet

from automatos import events
from automatos.errors import Conflict, InvalidInput, NotFound
from recipes.engine.ledger import Ledger, Run
from recipes.engine.sql import statements
from recipes.engine.storing import as_json
from recipes.models import LIVE_STATUSES, Allowance, Approval, Execution
from recipes.waits.questions import reach_in_words
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

EACH_TIME = "This is asked each time; answer it for this call alone."


@dataclass(frozen=True, slots=True)
class Shown:
    """A word as people see it. what: calls it holds for; used: how many were made under it."""

    id: UUID
    what: str
    execution_id: UUID
    allowed_at: datetime
    allowed_by: str
    revoked_at: datetime | None
    revoked_by: str
    used: int
    is_open: bool


def require_reach(found: Approval, changed: Mapping[str, Any] | None) -> None:
    """Raises InvalidInput where an answer cannot hold for the rest of the run."""
    if found.reach is None:
        raise InvalidInput(EACH_TIME, fields={"for_run": [EACH_TIME]})
    if changed is not None:
        text = "Arguments that you changed hold for this call alone: leave them as they are, or leave for_run out."
        raise InvalidInput(text, fields={"for_run": [text]})


def allow(ledger: Ledger, run: Run, found: Approval, user: User) -> list[UUID]:
    """Keep the word, and let calls of this run that wait for the same; the steps they belong to.

    The run is locked, so that two words for the same are one.
    """
    what, reach = reach_in_words(found.reach or {}), as_json(found.reach)
    rows = ledger.sql.rows(
        "SELECT id FROM run_allowances WHERE execution_id = %s AND revoked_at IS NULL AND reach = %s::jsonb",
        [run.id, reach],
    )
    allowance = rows[0][0] if rows else uuid4()
    if not rows:
        ledger.sql.rows(
            "INSERT INTO run_allowances (id, workspace_id, execution_id, tool, reach, allowed_at, allowed_by_id) "
            "VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s) RETURNING id",
            [allowance, run.workspace_id, run.id, found.tool, reach, ledger.now, user.pk],
        )
        run.emit("allowance.given", ledger.now, found.step, allowance=str(allowance), what=what)
    changed = ledger.sql.rows(
        "UPDATE approvals a SET status = 'approved', decided_at = %s, decided_by_id = %s, allowance_id = %s "
        "FROM execution_steps s WHERE s.id = a.step_id AND s.execution_id = %s AND a.kind = 'approval' "
        "AND (a.id = %s OR a.status = 'pending' AND a.reach = %s::jsonb) RETURNING a.step_id",
        [ledger.now, user.pk, allowance, run.id, found.pk, reach],
    )
    return [row[0] for row in changed]


def revoke(*, workspace: Workspace, execution: Execution, allowance_id: UUID, user: User) -> Allowance:
    """From now on such calls are asked about again; those made stay made.

    Raises NotFound, or Conflict when it was taken back before or the run is over.
    """
    found = Allowance.objects.filter(pk=allowance_id, workspace=workspace, execution=execution).first()
    if found is None:
        raise NotFound()
    with statements() as sql:
        ledger = Ledger(sql)
        run = ledger.lock([found.execution_id])[0]
        changed = sql.rows(
            "UPDATE run_allowances SET revoked_at = %s, revoked_by_id = %s "
            "WHERE id = %s AND revoked_at IS NULL RETURNING id",
            [ledger.now, user.pk, found.pk],
        )
        if not changed or not run.is_live:
            raise Conflict("This was taken back already, or the run is over.", code="already_revoked")
        run.emit("allowance.revoked", ledger.now, allowance=str(found.pk), what=reach_in_words(found.reach))
        notices = ledger.write()
    for notice in notices:
        events.publish_on_commit(notice)
    audit.record(
        "allowance.revoked",
        workspace_id=workspace.pk,
        target=("allowance", found.pk, found.tool),
        after={"execution_id": str(found.execution_id), "what": reach_in_words(found.reach)},
    )
    found.refresh_from_db()
    return found


def allowances_of(execution: Execution) -> Sequence[Shown]:
    """All words of a run, those that hold first, then the newest."""
    found = list(_rows(Allowance.objects.filter(execution=execution)))
    return sorted(_shown(found), key=lambda one: not one.is_open)


def newest_allowances(workspace: Workspace, limit: int = 30) -> Sequence[Shown]:
    """Those of a workspace's runs that were given last."""
    return _shown(list(_rows(Allowance.objects.filter(workspace=workspace))[:limit]))


def _rows(rows: QuerySet[Allowance]) -> QuerySet[Allowance]:
    return rows.select_related("execution", "allowed_by", "revoked_by").order_by("-allowed_at", "id")


def _shown(found: Sequence[Allowance]) -> list[Shown]:
    calls = Approval.objects.filter(
        step__execution__in={one.execution_id for one in found}, allowance_id__in=[one.pk for one in found]
    )
    used = dict(calls.order_by().values_list("allowance_id").annotate(Count("id")))
    return [
        Shown(
            id=one.pk,
            what=reach_in_words(one.reach),
            execution_id=one.execution_id,
            allowed_at=one.allowed_at,
            allowed_by=one.allowed_by.display_name if one.allowed_by else "someone",
            revoked_at=one.revoked_at,
            revoked_by=one.revoked_by.display_name if one.revoked_by else "",
            used=used.get(one.pk, 0),
            is_open=one.revoked_at is None and one.execution.status in LIVE_STATUSES,
        )
        for one in found
    ]
