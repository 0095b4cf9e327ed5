"""Reads: recipes, their runs, and what happened in them."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from automatos.errors import NotFound
from recipes.models import Recipe, RecipeStep, RecipeVersion
from workspaces.models import Workspace


def recipes_of(workspace: Workspace) -> QuerySet[Recipe]:
    """The workspace's recipes with their steps and the steps' agents, by name."""
    return _with_steps(Recipe.objects.visible().filter(workspace=workspace))


def deleted_recipes(workspace: Workspace) -> QuerySet[Recipe]:
    """The workspace's recipes that were deleted and can be brought back, in the same form."""
    return _with_steps(Recipe.objects.filter(workspace=workspace, deleted_at__isnull=False))


def _with_steps(recipes: QuerySet[Recipe]) -> QuerySet[Recipe]:
    steps = RecipeStep.objects.select_related("agent").order_by("order")
    return recipes.select_related("draft").prefetch_related(Prefetch("steps", steps)).order_by("name", "id")


def recipe(*, workspace: Workspace, key: str | UUID) -> Recipe:
    """One recipe by its UUID or template_id; NotFound when it is unknown, deleted or another workspace's."""
    found = _by_key(recipes_of(workspace), key)
    if found is None:
        raise NotFound()
    return found


def _by_key(recipes: QuerySet[Recipe], key: str | UUID) -> Recipe | None:
    try:
        return recipes.filter(pk=key if isinstance(key, UUID) else UUID(key)).first()
    except ValueError:
        return recipes.filter(template_id=key).first()


def versions_of(recipe: Recipe) -> QuerySet[RecipeVersion]:
    """The recipe's versions with who made them, newest first."""
    return recipe.versions.select_related("created_by").order_by("-version")
