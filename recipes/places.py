"""The recipes' and runs' places in the navigation and the palette."""

from django.db.models import QuerySet

from automatos.places import NavEntry, PaletteEntry, Places
from recipes.models import COOKING, Execution, Recipe, Workflow
from recipes.waits.queries import open_questions


def cooking_runs() -> QuerySet[Execution]:
    """Runs that cook or will at once, of every workspace the scope shows.

    One that waits for somebody or is paused does not; what runs inside of another is a part of that one.
    """
    return Execution.objects.filter(status__in=COOKING, paused_at=None, parent_step=None)


PLACES = Places(
    nav=(
        NavEntry("Build", 30, "Recipes", "book-open-text", "recipes/", count=Recipe.objects.visible),
        NavEntry("Build", 35, "Workflows", "waypoints", "workflows/", count=Workflow.objects.visible),
        NavEntry("Run", 10, "Kitchen", "flame", "runs/", count=cooking_runs, hot=True),
        NavEntry("Run", 12, "Approvals", "hand", "approvals/", count=open_questions),
    ),
    actions=(
        PaletteEntry("Cook a recipe", "flame", "recipes/", "executions:run"),
        PaletteEntry("Evaluate a recipe", "list-checks", "recipes/", "executions:run"),
        PaletteEntry("Retry a failed run", "list-restart", "runs/?tab=failed", "executions:run"),
        PaletteEntry("Plan a goal", "waypoints", "workflows/new/", "workflows:write"),
        PaletteEntry("Create a recipe", "list-plus", "recipes/new/", "recipes:write"),
    ),
    pages=(
        PaletteEntry("Prompts of workflow stages", "message-square-text", "workflows/prompts/", "workflows:read"),
        PaletteEntry("Schedules and triggers", "alarm-clock", "schedules/", "triggers:read"),
    ),
)
