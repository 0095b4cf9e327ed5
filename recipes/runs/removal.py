"""Taking runs out of sight, and bringing them back for 30 days."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.errors import Conflict, NotFound
from recipes.models import Execution
from workspaces.audit import log as audit
from workspaces.models import Workspace


@transaction.atomic
def delete(*, workspace: Workspace, execution_id: UUID) -> Execution:
    """Take a run that is over out of every list; its cost still counts. Raises NotFound, or Conflict while it lives."""
    found = _held(workspace, execution_id, is_deleted=False)
    if found.is_live:
        raise Conflict("This run is not over yet. Stop it first.", code="still_live")
    found.deleted_at = timezone.now()
    found.save(update_fields=["deleted_at"])
    _record("run.deleted", found)
    return found


@transaction.atomic
def restore(*, workspace: Workspace, execution_id: UUID) -> Execution:
    """Bring a deleted run back. Raises NotFound when it is not deleted."""
    found = _held(workspace, execution_id, is_deleted=True)
    found.deleted_at = None
    found.save(update_fields=["deleted_at"])
    _record("run.restored", found)
    return found


def _held(workspace: Workspace, execution_id: UUID, *, is_deleted: bool) -> Execution:
    rows = Execution.objects.select_for_update(of=("self",)).filter(workspace=workspace, pk=execution_id)
    found = rows.filter(deleted_at__isnull=not is_deleted, conversation=None).first()
    if found is None:
        raise NotFound()
    return found


def _record(action: str, run: Execution) -> None:
    audit.record(action, workspace_id=run.workspace_id, target=("run", run.pk, str(run)))
