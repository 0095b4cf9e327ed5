"""The recipes' and runs' places in the navigation and the palette."""

from django.db.models import QuerySet

from automatos.places import NavEntry, PaletteEntry, Places
from recipes.models import LIVE_STATUSES, Execution, Recipe, Workflow


def cooking_runs() -> QuerySet[Execution]:
    """Runs that are not over, of every workspace the scope shows."""
    return Execution.objects.filter(status__in=LIVE_STATUSES)


PLACES = Places(
    nav=(
        NavEntry("Build", 30, "Recipes", "book-open-text", "recipes/", count=Recipe.objects.visible),
        NavEntry("Build", 35, "Workflows", "waypoints", "workflows/", count=Workflow.objects.visible),
        NavEntry("Run", 10, "Kitchen", "flame", "runs/", count=cooking_runs, hot=True),
    ),
    actions=(
        PaletteEntry("Cook a recipe", "flame", "recipes/", "executions:run"),
        PaletteEntry("Plan a goal", "waypoints", "workflows/new/", "workflows:write"),
        PaletteEntry("Create a recipe", "list-plus", "recipes/new/", "recipes:write"),
    ),
    pages=(
        PaletteEntry("Schedules and triggers", "alarm-clock", "schedules/", "triggers:read"),
        PaletteEntry("Waiting for approval", "hand", "approvals/"),
    ),
)
