"""Pages: the quality of a recipe's runs, and what a member says of one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from agents.models import AgentStatus
from agents.queries import agents_of
from automatos.errors import Conflict, InvalidInput
from recipes.quality import rating_services
from recipes.quality.page import quality_page, tabs_of
from recipes.queries import recipe as recipe_at
from recipes.runs.reading import bare_execution as find_execution
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
        "agents": list(agents_of(request.workspace).filter(status=AgentStatus.ACTIVE)),
    }
    return render(request, "recipes/quality.html", context)


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
