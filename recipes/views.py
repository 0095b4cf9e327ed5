"""The recipe pages: list, one recipe with its Cook form, its editor, its versions, and taking it away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.work.queries import unusable
from automatos.durations import words_of
from automatos.errors import Conflict, InvalidInput, NotFound, PlanLimit, TooMany
from automatos.listing import page_of
from recipes import kinds, services
from recipes.cook_forms import CookForm, cook_once
from recipes.editor import compare
from recipes.listing import SORTS, STATES, VIEWS, RecipeFilter, figures_of, tags_of
from recipes.models import Recipe, RecipeStep
from recipes.quality.effects_queries import newest_effect
from recipes.quality.page import tabs_of
from recipes.quality.queries import quality_of
from recipes.queries import recipe as recipe_at
from recipes.queries import recipes_of, versions_of
from recipes.runs.reading import executions_of
from recipes.validation import SLUG
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.limits import plans
from workspaces.models import Role

RUNS_SHOWN = 6


@require_safe
@workspace_page()
def recipe_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's recipes as cards, filtered as the address says."""
    wanted = RecipeFilter.of(request.GET)
    page = page_of(wanted.recipes(request.workspace).prefetch_related("steps__agent"), request.GET)
    recipes = list(page.object_list)
    known = figures_of(recipes)
    context = {
        "page": page,
        "rows": [_row(recipe, known[recipe.pk]) for recipe in recipes],
        "wanted": wanted,
        "states": STATES.items(),
        "sorts": SORTS.items(),
        "views": VIEWS.items(),
        "tags": tags_of(request.workspace),
        "full": plans.full(request.workspace, "recipes", recipes_of(request.workspace).count),
        **_rights(request),
    }
    return render(request, "recipes/list.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def recipe_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Do the same to all chosen recipes: delete them, or give them a tag."""
    keys = [key for key in request.POST.getlist("chosen")[:100] if SLUG.fullmatch(key)]
    chosen = list(recipes_of(request.workspace).filter(template_id__in=keys, version__gt=0))
    order, tag = request.POST.get("do", ""), request.POST.get("tag", "").strip()
    try:
        if order == "delete":
            request.access.require("recipes:delete")
            services.delete_recipes(recipes=chosen, user=request.user)
            messages.success(request, f"Deleted: {len(chosen)}. For 30 days they are under the state Deleted.")
        elif tag:
            services.tag_recipes(recipes=chosen, user=request.user, tag=tag)
            messages.success(request, f"Tagged {tag}: {len(chosen)}.")
    except InvalidInput as error:
        messages.error(request, error.message)
    return redirect("recipes", request.workspace.slug)


@never_cache
@require_safe
@workspace_page()
def recipe_detail(request: WorkspaceRequest, key: str) -> HttpResponse:
    """One recipe: its steps, its inputs with Cook, its runs and versions."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    if recipe.version == 0 and request.access.allows("recipes:write"):
        return redirect("recipe_edit", request.workspace.slug, recipe.template_id)
    return render(request, "recipes/detail.html", _detail(request, recipe, CookForm(recipe)))


@require_POST
@workspace_page(Role.EDITOR)
def recipe_cook(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Start a run and go to its kitchen; the same form sent twice leads to the same run."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    form = CookForm(recipe, request.POST, request.FILES)
    if form.is_valid():
        try:
            run_id = cook_once(workspace=request.workspace, recipe=recipe, user=request.user, form=form)
        except InvalidInput as error:
            form.take_problems(error.fields)
        except (Conflict, PlanLimit, TooMany) as error:
            form.add_error(None, error.message)
        else:
            return redirect("run", request.workspace.slug, run_id)
    return render(request, "recipes/detail.html", _detail(request, recipe, form), status=422)


@require_safe
@workspace_page()
def recipe_versions(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The recipe's versions, and what changed between the two the address names."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    versions = list(versions_of(recipe))
    if not versions:
        return redirect("recipe_edit", request.workspace.slug, recipe.template_id)
    by_number = {str(version.version): version for version in versions}
    new = by_number.get(request.GET.get("to", ""), versions[0])
    old = by_number.get(request.GET.get("from", "")) or by_number.get(str(new.version - 1), new)
    context = {"recipe": recipe, "versions": versions, "old": old, "new": new, "lines": compare.between(old, new)}
    return render(request, "recipes/versions.html", {**context, **_rights(request)})


@require_POST
@workspace_page(Role.EDITOR)
def recipe_take_back(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Make an earlier version the newest one again."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    number = request.POST.get("version", "")
    try:
        version = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        saved = services.restore_version(recipe=recipe, version=version, user=request.user)
    except (Conflict, InvalidInput) as error:
        messages.error(request, f"Version {number} cannot come back as it was. {error.message}")
        return redirect("recipe_versions", request.workspace.slug, recipe.template_id)
    messages.success(request, f"Version {number} is back, as version {saved.version}.")
    return redirect("recipe_detail", request.workspace.slug, saved.template_id)


@require_POST
@workspace_page(Role.EDITOR)
def recipe_copy(request: WorkspaceRequest, key: str) -> HttpResponse:
    """A copy of the recipe, opened in the editor."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    try:
        copy = services.duplicate_recipe(recipe=recipe, user=request.user)
    except InvalidInput as error:
        messages.error(request, f"{recipe.name} cannot be copied until it is mended. {error.message}")
        return redirect("recipe_edit", request.workspace.slug, recipe.template_id)
    messages.success(request, f"This is your copy of {recipe.name}.")
    return redirect("recipe_edit", request.workspace.slug, copy.template_id)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def recipe_delete(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Ask first; a POST deletes, and offers to undo."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    if request.method != "POST":
        figures = figures_of([recipe])[recipe.pk]
        return render(request, "recipes/delete.html", {"recipe": recipe, "figures": figures})
    services.delete_recipe(recipe=recipe, user=request.user)
    undo = {"text": f"{recipe.name} was deleted.", "route": "recipe_restore", "key": recipe.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("recipes", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def recipe_restore(request: WorkspaceRequest, recipe_id: UUID) -> HttpResponse:
    """Bring a deleted recipe back."""
    recipe = Recipe.objects.filter(workspace=request.workspace, pk=recipe_id).first()
    if recipe is None:
        raise NotFound()
    recipe = services.restore_recipe(recipe=recipe, user=request.user)
    messages.success(request, f"{recipe.name} is back.")
    return redirect("recipe_detail", request.workspace.slug, recipe.template_id)


def _row(recipe: Recipe, figures: Any) -> dict[str, Any]:
    steps = list(recipe.steps.all())
    agents = list({step.agent_id: step.agent for step in steps if step.agent}.values())
    return {
        "recipe": recipe,
        "figures": figures,
        "steps": len(steps),
        "agents": agents[:5],
        "more": max(0, len(agents) - 5),
        "stuck": next((text for step in steps if (text := _trouble(step))), ""),
    }


def _detail(request: WorkspaceRequest, recipe: Recipe, form: CookForm) -> dict[str, Any]:
    steps = list(recipe.steps.all())
    runs = executions_of(request.workspace).filter(recipe=recipe).select_related("user")
    versions = versions_of(recipe).defer("body")
    return {
        "recipe": recipe,
        "steps": [_step_shown(step, steps) for step in steps],
        "troubles": _troubles(steps),
        "form": form,
        "complaints": form.complaints() if form.is_bound else [],
        "general": list(form.non_field_errors()) if form.is_bound else [],
        "figures": figures_of([recipe])[recipe.pk],
        "tabs": tabs_of("recipe_detail"),
        "quality": quality_of(recipe),
        "effect": newest_effect(recipe),
        "runs": list(runs.defer("input_data", "output_data", "error", "learning")[:RUNS_SHOWN]),
        "versions": list(versions[:5]),
        **_rights(request),
    }


def _step_shown(step: RecipeStep, steps: list[RecipeStep]) -> dict[str, Any]:
    above = next((one.title for one in steps if one.step_id == step.under), "")
    return {
        "step": step,
        "trouble": _trouble(step),
        "icon": kinds.ICONS.get(step.kind, ""),
        "text": kinds.shown(step),
        "longest": words_of(step.timeout),
        "when": kinds.when(above, step.branch) if above else "",
    }


def _troubles(steps: list[RecipeStep]) -> list[dict[str, Any]]:
    """The steps that cannot cook as things stand: the step, why and how to mend it."""
    return [{"step": step, "text": text} for step in steps if (text := _trouble(step))]


def _trouble(step: RecipeStep) -> str | None:
    """Why the step's agent cannot work; nothing where it can, or where the step needs none."""
    return unusable(step.agent) if step.agent else None


def _rights(request: WorkspaceRequest) -> dict[str, object]:
    can = request.access.allows
    return {
        "can_write": can("recipes:write"),
        "can_cook": can("executions:run"),
        "can_delete": can("recipes:delete"),
        "ask": "" if can("recipes:delete") else whom_to_ask(request.workspace),
    }
