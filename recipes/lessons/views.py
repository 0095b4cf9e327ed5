"""Pages: a recipe's lessons, to read, add, edit, pin and forget."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from automatos.errors import Conflict, InvalidInput
from automatos.listing import page_of, words
from recipes.engine.templating import as_text
from recipes.lessons import services
from recipes.lessons.context_queries import first_context, last_inputs, learns
from recipes.models import Lesson, Recipe
from recipes.quality.page import tabs_of
from recipes.queries import recipe as recipe_at
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role, User

WORDS = ("vouch", "unvouch")
SAID = {
    "forget": "The lesson is forgotten. Bring it back from the forgotten ones below.",
    "vouch": "You vouch for this lesson. It taints no run that begins from now on.",
    "unvouch": "Nobody vouches for this lesson any more. Runs that are told it are tainted by it.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def recipe_lessons(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The lessons; a POST adds one."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    if request.method != "POST":
        return _page(request, recipe)
    request.access.require("recipes:write")
    try:
        services.add_lesson(recipe=recipe, user=request.user, text=request.POST.get("text", ""))
    except InvalidInput as error:
        return _page(request, recipe, error=error, status=422)
    messages.success(request, "The next run is told this lesson.")
    return redirect("recipe_lessons", request.workspace.slug, recipe.template_id)


@require_POST
@workspace_page(Role.EDITOR)
def lesson_change(request: WorkspaceRequest, key: str, lesson_id: UUID) -> HttpResponse:
    """Edit, pin, forget, bring back, vouch for it or take that back, as the button says."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    action, text = request.POST.get("action", "edit"), request.POST.get("text", "")
    if action in WORDS:
        request.access.require("approvals:decide")
    try:
        _act(recipe, lesson_id, action, text, request.user)
    except (InvalidInput, Conflict) as error:
        messages.error(request, error.message)
    else:
        if said := SAID.get(action):
            messages.success(request, said)
    return redirect("recipe_lessons", request.workspace.slug, recipe.template_id)


def _act(recipe: Recipe, lesson_id: UUID, action: str, text: str, user: User) -> None:
    match action:
        case "vouch":
            services.vouch_for_lesson(recipe=recipe, lesson_id=lesson_id, user=user, text=text)
        case "unvouch":
            services.withdraw_vouch(recipe=recipe, lesson_id=lesson_id)
        case "pin" | "unpin":
            services.change_lesson(recipe=recipe, lesson_id=lesson_id, is_pinned=action == "pin")
        case "forget":
            services.forget_lesson(recipe=recipe, lesson_id=lesson_id)
        case "restore":
            services.restore_lesson(recipe=recipe, lesson_id=lesson_id)
        case _:
            services.change_lesson(recipe=recipe, lesson_id=lesson_id, text=text)


def _page(
    request: WorkspaceRequest, recipe: Recipe, *, error: InvalidInput | None = None, status: int = 200
) -> HttpResponse:
    every = (
        Lesson.objects.filter(recipe=recipe).select_related("execution", "created_by", "vouched_by").defer("embedding")
    )
    wanted = words(request.GET)
    rows = every.filter(forgotten_at=None, text__icontains=wanted).order_by("-is_pinned", "-updated_at", "id")
    given = last_inputs(recipe)
    context = {
        "recipe": recipe,
        "tabs": tabs_of("recipe_lessons"),
        "page": page_of(rows, request.GET),
        "wanted": wanted,
        "forgotten": list(every.filter(forgotten_at__isnull=False).order_by("-forgotten_at")[:20]),
        "first": first_context(recipe, given),
        "given": ", ".join(text for value in given.values() if (text := " ".join(as_text(value).split())))[:200],
        "learns": learns(recipe),
        "can_write": request.access.allows("recipes:write"),
        "can_vouch": request.access.allows("approvals:decide"),
        "error": error.message if error else "",
        "typed": request.POST.get("text", "") if error else "",
    }
    return render(request, "recipes/lessons.html", context, status=status)
