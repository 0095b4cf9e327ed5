"""Pages: the quality of a recipe's runs, what they suggest, and what a member says of one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import Conflict, InvalidInput
from recipes.quality import rating_services, suggestion_services
from recipes.quality.page import quality_page, tabs_of
from recipes.queries import recipe as recipe_at
from recipes.runs.reading import execution as find_execution
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


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


@require_POST
@workspace_page(Role.EDITOR)
def suggestion_decide(request: WorkspaceRequest, key: str, suggestion_id: UUID) -> HttpResponse:
    """Make the next version of a suggestion and show what it changes, or put it away."""
    recipe, slug = recipe_at(workspace=request.workspace, key=key), request.workspace.slug
    decide = suggestion_services
    try:
        if request.POST.get("decision") != "accept":
            decide.dismiss_suggestion(recipe=recipe, suggestion_id=suggestion_id, user=request.user)
            messages.success(request, "The suggestion was dismissed.")
            return redirect("recipe_quality", slug, recipe.template_id)
        made = decide.accept_suggestion(recipe=recipe, suggestion_id=suggestion_id, user=request.user)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
        return redirect("recipe_quality", slug, recipe.template_id)
    messages.success(request, f"Version {made.accepted_version} was made. This is what it changes.")
    return redirect("recipe_versions", slug, recipe.template_id)


@require_POST
@workspace_page()
def run_rate(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Keep a member's stars, thumb and comment."""
    request.access.require("executions:rate")
    run = find_execution(workspace=request.workspace, execution_id=execution_id)
    stars = request.POST.get("stars", "")
    said = rating_services.Said(
        stars=int(stars) if stars in {"1", "2", "3", "4", "5"} else None,
        thumb=request.POST.get("thumb", ""),
        comment=request.POST.get("comment", ""),
    )
    try:
        rating_services.rate(run, request.user, said)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        taught = (
            "The next runs are told what you wrote."
            if said.comment
            else "The next runs are told."
            if said.thumb
            else ""
        )
        messages.success(request, f"Thank you. {taught}".strip())
    return redirect("run", workspace=request.workspace.slug, execution_id=run.pk)
