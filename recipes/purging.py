"""What time takes away: all of a workspace deleted 30 days ago, and recipes and agents deleted as long ago.

Runs outlive their recipe and agents: as long as one names them, a deleted recipe or agent stays, out of sight.
"""

from django.utils import timezone

from agents.models import Agent
from recipes.models import Execution, Recipe
from workspaces.purging import UNDO, in_batches, overdue_workspaces

# A run has its steps, their calls and hundreds of events.
RUNS_AT_ONCE = 50


def purge() -> dict[str, int]:
    """Remove it, runs first; how many of each."""
    before, gone = timezone.now() - UNDO, overdue_workspaces().values("pk")
    return {
        "executions": in_batches(Execution.objects.filter(workspace__in=gone), RUNS_AT_ONCE),
        "recipes": in_batches(Recipe.objects.filter(workspace__in=gone))
        + in_batches(Recipe.objects.filter(deleted_at__lt=before, executions=None)),
        "agents": in_batches(Agent.objects.filter(workspace__in=gone, execution_steps=None, recipe_steps=None))
        + in_batches(Agent.objects.filter(deleted_at__lt=before, execution_steps=None, recipe_steps=None)),
    }
