"""Pages: a suggestion taken up in the draft or put away, and what publishing the draft would change."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import Conflict, InvalidInput
from automatos.ids import as_uuid
from recipes.editor import services as drafts
from recipes.editor.compare import draft_changes
from recipes.editor.suggestion_services import accept_suggestion
from recipes.models import RecipeSuggestion
from recipes.quality.suggestion_services import Wish, dismiss_suggestion
from recipes.queries import recipe as recipe_at
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_POST
@workspace_page(Role.EDITOR)
def suggestion_decide(request: WorkspaceRequest, key: str, suggestion_id: UUID) -> HttpResponse:
    """Write a suggestion into the draft and show what that changes, or put it away."""
    recipe, slug = recipe_at(workspace=request.workspace, key=key), request.workspace.slug
    try:
        if request.POST.get("decision") != "accept":
            dismiss_suggestion(recipe=recipe, suggestion_id=suggestion_id, user=request.user)
            messages.success(request, "The suggestion was dismissed.")
            return redirect("recipe_quality", slug, recipe.template_id)
        wish = Wish(agent_id=as_uuid(request.POST.get("agent_id", "")))
        accept_suggestion(recipe=recipe, suggestion_id=suggestion_id, user=request.user, wish=wish)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
        return redirect("recipe_quality", slug, recipe.template_id)
    messages.success(request, "It is in the draft. Nothing is published yet.")
    return redirect("recipe_changes", slug, recipe.template_id)


@never_cache
@require_safe
@workspace_page(Role.EDITOR)
def recipe_changes(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What publishing the draft would change, with the suggestions that it takes up."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    drafted = RecipeSuggestion.objects.filter(recipe=recipe, status=RecipeSuggestion.Status.DRAFTED)
    context = {
        "recipe": recipe,
        "draft": drafts.draft_of(recipe),
        "lines": draft_changes(recipe),
        "drafted": list(drafted.order_by("step", "type")),
    }
    return render(request, "recipes/editor/changes.html", context)
