"""Runs that their workspace keeps no longer: which they are, and how they go, in batches."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from automatos.errors import InvalidInput
from recipes.models import LIVE_STATUSES, Execution
from recipes.runs.purging import RUNS_AT_ONCE, remove_files
from workspaces.models import Workspace
from workspaces.purging import in_batches
from workspaces.scope.tenancy import Purpose, system_scope

# The usage page and the lists look back 30 days.
FEWEST, MOST = 30, 3650
DAYS = f"{FEWEST} to {MOST:,} days; null for ever."
# As many runs of one workspace go in one round; the rest in the next one, which follows at once.
MOST_A_ROUND = 10_000


def days_of(text: str) -> int | None:
    """Days as they were written; None for nothing. Raises InvalidInput."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and FEWEST <= int(text[:9]) <= MOST:
        return int(text)
    raise InvalidInput(f"days: Use a number from {FEWEST} to {MOST:,}.", fields={"days": [f"Use {DAYS}"]})


def past(workspace_id: UUID, days: int, now: datetime | None = None) -> QuerySet[Execution]:
    """The workspace's runs of recipes and workflows that ended longer ago; neither those under way nor those inside."""
    before = (now or timezone.now()) - timedelta(days=days)
    over = Execution.objects.filter(workspace=workspace_id, created_at__lt=before, completed_at__lt=before)
    return over.filter(parent_step=None, conversation=None).exclude(status__in=LIVE_STATUSES)


def sweep() -> tuple[int, bool]:
    """Remove what workspaces keep no longer; how many runs, and whether some are left for another round."""
    with system_scope(Purpose.UPKEEP):
        rows = Workspace.objects.filter(keep_runs_days__isnull=False, deleted_at=None)
        kept = list(rows.values_list("pk", "keep_runs_days"))
    done = [
        in_batches(
            past(workspace_id, days or MOST), RUNS_AT_ONCE, action="run.purged", first=remove_files, most=MOST_A_ROUND
        )
        for workspace_id, days in kept
    ]
    return sum(done), any(number >= MOST_A_ROUND for number in done)
