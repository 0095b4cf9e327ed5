"""Pages: the quality of a recipe's runs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recipes.quality.page import quality_page, tabs_of
from recipes.queries import recipe as recipe_at
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@never_cache
@require_safe
@workspace_page()
def recipe_quality(request: WorkspaceRequest, key: str) -> HttpResponse:
    """How well the recipe's runs went, what they show, and what could be done."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    context = {
        "recipe": recipe,
        "tabs": tabs_of("recipe_quality"),
        "shown": quality_page(recipe),
        "can_write": request.access.allows("recipes:write"),
    }
    return render(request, "recipes/quality.html", context)
