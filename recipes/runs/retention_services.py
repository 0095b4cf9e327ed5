"""How long a workspace keeps its runs, as its admins set it."""

from django.db import transaction

from automatos.checking import Problems
from automatos.rows import locked
from recipes.runs.retention import FEWEST, MOST
from workspaces.audit import log as audit
from workspaces.models import Workspace


def set_retention(*, workspace: Workspace, days: int | None) -> Workspace:
    """Keep runs so many days from now on; None for ever. Raises InvalidInput."""
    if days is not None:
        problems = Problems()
        problems.number("keep_runs_days", days, low=FEWEST, high=MOST)
        problems.raise_any()
    with transaction.atomic():
        found = locked(Workspace.objects.all(), pk=workspace.pk)
        before, found.keep_runs_days = found.keep_runs_days, days
        found.save(update_fields=["keep_runs_days"])
        if before != days:
            audit.record_row(
                "workspace.updated", found, before={"keep_runs_days": before}, after={"keep_runs_days": days}
            )
    return found
