"""Reads for the recipe list: filters, and what each recipe's runs came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Avg, Count, Exists, F, Func, OuterRef, Q, QuerySet
from django.http import QueryDict

from agents.models import AgentStatus
from automatos import listing
from recipes.models import Execution, ExecutionStatus, Recipe, RecipeStep
from recipes.queries import recipes_of
from workspaces.models import Workspace

SORTS = {"name": "Name", "newest": "Newest", "edited": "Last edited", "used": "Most cooked"}
STATES = {"ready": "Ready to cook", "stuck": "Needs attention", "draft": "With a draft", "deleted": "Deleted"}
VIEWS = {"cards": "Cards", "table": "Table"}


@dataclass(frozen=True, slots=True)
class RecipeFilter:
    """What the address of the list asks for. Empty values do not narrow it."""

    q: str = ""
    state: str = ""
    sort: str = "name"
    tag: str = ""
    view: str = "cards"

    @classmethod
    def of(cls, query: QueryDict) -> "RecipeFilter":
        """Read from a query string; what is not a known choice is ignored."""
        return cls(
            q=listing.words(query),
            state=listing.choice(query, "state", STATES),
            sort=listing.choice(query, "sort", SORTS, "name"),
            tag=query.get("tag", "")[:40].replace("\x00", ""),
            view=listing.choice(query, "view", VIEWS, "cards"),
        )

    @property
    def narrows(self) -> bool:
        """Whether something is left out on purpose."""
        return bool(self.q or self.state or self.tag)

    def recipes(self, workspace: Workspace) -> QuerySet[Recipe]:
        """The workspace's recipes that match, in the order asked for."""
        rows: QuerySet[Recipe]
        if self.state == "deleted":
            rows = Recipe.objects.filter(workspace=workspace, deleted_at__isnull=False)
        else:
            rows = recipes_of(workspace)
        if self.state in ("ready", "stuck"):
            idle = RecipeStep.objects.filter(recipe=OuterRef("pk"), agent__isnull=False).exclude(
                agent__status=AgentStatus.ACTIVE, agent__deleted_at=None
            )
            rows = rows.filter(Exists(idle) if self.state == "stuck" else ~Exists(idle))
        if self.state == "ready":
            rows = rows.filter(version__gt=0)
        if self.state == "draft":
            rows = rows.filter(draft__isnull=False)
        if self.tag:
            rows = rows.filter(tags__contains=[self.tag])
        if self.q:
            rows = rows.filter(
                Q(name__icontains=self.q) | Q(description__icontains=self.q) | Q(tags__contains=[self.q])
            )
        if self.sort == "used":
            return rows.annotate(uses=Count("executions")).order_by("-uses", "name", "id")
        return rows.order_by({"newest": "-created_at", "edited": "-updated_at"}.get(self.sort, "name"), "id")


def tags_of(workspace: Workspace) -> list[tuple[str, int]]:
    """The tags of the workspace's recipes with how many have each, by name."""
    rows = Recipe.objects.visible().filter(workspace=workspace).annotate(tag=Func(F("tags"), function="unnest"))
    found = rows.order_by().values("tag").annotate(n=Count("id")).values_list("tag", "n")
    return sorted((str(tag), int(count)) for tag, count in found)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a recipe's runs came to. typical: the mean time of a completed run; last: the newest run."""

    runs: int = 0
    completed: int = 0
    failed: int = 0
    typical: timedelta | None = None
    last: Execution | None = None

    @property
    def success(self) -> int | None:
        """Percent of its finished runs that were completed; None before the first."""
        finished = self.completed + self.failed
        return round(100 * self.completed / finished) if finished else None

    @property
    def typical_ms(self) -> float | None:
        """Milliseconds a completed run takes on average."""
        return self.typical.total_seconds() * 1000 if self.typical else None


def figures_of(recipes: Sequence[Recipe]) -> dict[UUID, Figures]:
    """The figures of each recipe, in two queries."""
    keys = [recipe.pk for recipe in recipes]
    runs = Execution.objects.filter(recipe_id__in=keys)
    newest = runs.order_by("recipe_id", "-created_at", "-id").distinct("recipe_id")
    last = {run.recipe_id: run for run in newest.defer("input_data", "output_data", "error", "learning")}
    is_completed = Q(status=ExecutionStatus.COMPLETED)
    counted = (
        runs.order_by()
        .values("recipe_id")
        .annotate(
            n_runs=Count("id"),
            n_completed=Count("id", filter=is_completed),
            n_failed=Count("id", filter=Q(status__in=[ExecutionStatus.FAILED, ExecutionStatus.STOPPED])),
            mean=Avg(F("completed_at") - F("started_at"), filter=is_completed),
        )
        .values_list("recipe_id", "n_runs", "n_completed", "n_failed", "mean")
    )
    known = {
        key: Figures(runs, completed, failed, mean, last.get(key)) for key, runs, completed, failed, mean in counted
    }
    return {key: known.get(key, Figures()) for key in keys}
