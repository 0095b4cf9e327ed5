"""Page: a test run of a draft, with inputs to fill in."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from automatos.errors import Conflict, InvalidInput, PlanLimit, TooMany
from recipes.cook_forms import CookForm, start_once
from recipes.editor import services as drafts
from recipes.editor.checks_queries import ERROR, check
from recipes.editor.draft_run_services import draft_as_recipe, newest_test_run, start_test_run
from recipes.editor.estimates_queries import estimate
from recipes.editor.trying_services import input_texts, outside_inputs
from recipes.queries import recipe as recipe_at
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def recipe_test(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What a test run of the draft asks for; a POST starts it and opens its kitchen."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    draft = drafts.draft_of(recipe)
    body = drafts.body_now(recipe, draft)
    is_sent = request.method == "POST"
    form = CookForm(
        draft_as_recipe(recipe, body), request.POST if is_sent else None, request.FILES if is_sent else None
    )
    for name, text in input_texts(recipe, draft, body).items():
        if name in form.fields and text:
            form.initial[name] = text
    if is_sent and form.is_valid():
        try:
            return redirect("run", request.workspace.slug, _start(request, key, form))
        except InvalidInput as error:
            # What is wrong with the draft itself stands above the form.
            form.take_problems({name: texts for name, texts in error.fields.items() if name.startswith("input_data.")})
        except (Conflict, PlanLimit, TooMany) as error:
            form.add_error(None, error.message)
    shown = {
        "recipe": recipe,
        "title": str(body.get("name") or "").strip() or recipe.name,
        "form": form,
        "errors": [one for one in check(request.workspace, body, recipe) if one.severity == ERROR],
        "estimate": estimate(request.workspace, recipe, body),
        "newest": newest_test_run(recipe, draft),
        "complaints": form.complaints() if form.is_bound else [],
        "general": list(form.non_field_errors()) if form.is_bound else [],
    }
    return render(request, "recipes/editor/test.html", shown, status=422 if is_sent else 200)


def _start(request: WorkspaceRequest, key: str, form: CookForm) -> UUID:
    recipe = recipe_at(workspace=request.workspace, key=key)
    return start_once(
        workspace=request.workspace,
        user=request.user,
        route=f"test:{recipe.pk}",
        token=form.token,
        start=lambda: start_test_run(
            recipe=recipe,
            user=request.user,
            input_data=form.input_data(),
            uploads=form.uploads(),
            untrusted=outside_inputs(recipe),
        ),
    )
