"""Reads for the list of runs: filtered, newest first."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from recipes.models import LIVE_STATUSES, Execution, ExecutionStatus, Recipe
from workspaces.models import Workspace

# What a person filters by: (value in the address, word, statuses).
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "live": ("Cooking or waiting", LIVE_STATUSES),
    "completed": ("Done", (ExecutionStatus.COMPLETED,)),
    "failed": ("Failed", (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)),
    "cancelled": ("Cancelled", (ExecutionStatus.CANCELLED,)),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; empty values narrow nothing."""

    search: str = ""
    state: str = ""
    recipe: UUID | None = None

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return bool(self.search or self.state or self.recipe)


def runs(workspace: Workspace, filters: Filters) -> QuerySet[Execution]:
    """The workspace's runs that pass the filters, with who started them, newest first."""
    found = (
        Execution.objects.filter(workspace=workspace)
        .select_related("user")
        .defer("input_data", "output_data", "error", "learning")
    )
    if filters.state:
        found = found.filter(status__in=STATES[filters.state][1])
    if filters.recipe:
        found = found.filter(recipe_id=filters.recipe)
    for word in filters.search.split():
        found = found.annotate(id_text=Cast("id", CharField())).filter(
            Q(recipe_name__icontains=word) | Q(id_text__startswith=word.lower()) | Q(user__name__icontains=word)
        )
    return found.order_by("-created_at", "-id")


def recipe_choices(workspace: Workspace) -> list[tuple[UUID, str]]:
    """The recipes one may filter by: (id, name), by name."""
    return list(Recipe.objects.visible().filter(workspace=workspace).order_by("name").values_list("id", "name"))
