"""The ends of runs in the audit log. The engine only leaves a mark: who holds up the log must not hold up a turn."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from recipes.models import Execution
from workspaces.audit import log as audit
from workspaces.scope.acting import SYSTEM, acting_as
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

# A message has this long to arrive before the sweep looks for what it should have said.
PATIENCE = timedelta(seconds=5)
BATCH = 200


def record_end(workspace_id: UUID, execution_id: UUID) -> bool:
    """Note the end of a run that is over, once however often it is asked for; whether it was noted now."""
    with acting_as(SYSTEM), workspace_scope(workspace_id):
        rows = Execution.objects.filter(pk=execution_id, workspace_id=workspace_id)
        ended = rows.filter(end_recorded=False, completed_at__isnull=False)
        found = ended.select_for_update(of=("self",), no_key=True).defer("input_data", "output_data").first()
        if found is None:
            return False
        rows.update(end_recorded=True)
        error = {"error": str(found.error.get("code", ""))} if found.error else {}
        after = {"status": found.status, "ended_at": found.completed_at, **error}
        audit.record("run.ended", workspace_id=workspace_id, target=("run", found.pk, found.recipe_name), after=after)
        return True


def unrecorded() -> list[tuple[UUID, UUID]]:
    """Runs that are over for a while and whose end the log does not hold: (workspace, run), the oldest first."""
    with system_scope(Purpose.UPKEEP):
        rows = Execution.objects.filter(end_recorded=False, completed_at__lt=timezone.now() - PATIENCE)
        return list(rows.order_by("completed_at").values_list("workspace_id", "id")[:BATCH])
