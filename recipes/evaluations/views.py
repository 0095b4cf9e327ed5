"""Pages: a recipe's evaluation sets, their cases, and what evaluations came to."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import Conflict, InvalidInput, NotFound
from recipes.cook_forms import pressed_once
from recipes.evaluations import case_services, page, queries, set_services, start_services
from recipes.evaluations.forms import CaseForm, SetForm, wish_of
from recipes.models import Recipe
from recipes.quality.page import tabs_of
from recipes.queries import recipe as recipe_at
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


def _shown(
    request: WorkspaceRequest, recipe: Recipe, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    common = {
        "recipe": recipe,
        "tabs": tabs_of("recipe_evaluations"),
        "can_write": request.access.allows("recipes:write"),
        "can_run": request.access.allows("executions:run"),
    }
    return render(request, f"recipes/evaluations/{template}.html", common | context, status=status)


@never_cache
@require_safe
@workspace_page()
def recipe_evaluations(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The recipe's sets, each with what it came to last."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    return _shown(request, recipe, "list", {"rows": page.set_rows(recipe)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def evaluation_set_new(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The form of a new set; a POST makes it."""
    return _set_form(request, recipe_at(workspace=request.workspace, key=key), None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def evaluation_set_edit(request: WorkspaceRequest, key: str, evaluation_set_id: UUID) -> HttpResponse:
    """The form of a set; a POST changes it."""
    return _set_form(request, recipe_at(workspace=request.workspace, key=key), evaluation_set_id)


def _set_form(request: WorkspaceRequest, recipe: Recipe, set_id: UUID | None) -> HttpResponse:
    one = queries.set_of(recipe, set_id) if set_id else None
    posted = request.POST if request.method == "POST" else None
    form = SetForm(posted, one)
    if posted is not None:
        data = form.to_input()
        try:
            if one is None:
                one = set_services.create_set(recipe=recipe, user=request.user, data=data)
            else:
                one = set_services.change_set(recipe=recipe, set_id=one.pk, user=request.user, data=data)
        except InvalidInput as error:
            form.take_problems(error.fields)
        else:
            messages.success(request, "The set was saved.")
            return redirect("evaluation_set", request.workspace.slug, recipe.template_id, one.pk)
    complaints = form.complaints() if posted is not None else []
    context = {"form": form, "set": one, "complaints": complaints}
    return _shown(request, recipe, "set_form", context, 200 if posted is None else 422)


@never_cache
@require_safe
@workspace_page()
def evaluation_set(request: WorkspaceRequest, key: str, evaluation_set_id: UUID) -> HttpResponse:
    """A set: its cases, and its evaluations."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    return _shown(request, recipe, "set", page.set_page(recipe, queries.set_of(recipe, evaluation_set_id)))


@require_POST
@workspace_page(Role.EDITOR)
def evaluation_set_change(request: WorkspaceRequest, key: str, evaluation_set_id: UUID) -> HttpResponse:
    """Remove a set or one of its cases, or bring it back, as the button says."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    action, number = request.POST.get("action", ""), page.number_of(request.POST.get("number"))
    slug, at = request.workspace.slug, recipe.template_id
    case_acts = {"remove-case": case_services.remove_case, "restore-case": case_services.restore_case}
    set_acts = {"remove": set_services.remove_set, "restore": set_services.restore_set}
    try:
        if action in case_acts and number is not None:
            case = case_acts[action](recipe=recipe, set_id=evaluation_set_id, number=number)
            undo = {"text": f"Case {case} was removed.", "number": case.number, "action": "restore-case"}
        elif action in set_acts:
            one = set_acts[action](recipe=recipe, set_id=evaluation_set_id)
            undo = {"text": f"{one} was removed.", "action": "restore"}
        else:
            raise NotFound()
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        page.tell_undo(request, recipe, evaluation_set_id, undo, action)
    if action == "remove":
        return redirect("recipe_evaluations", slug, at)
    return redirect("evaluation_set", slug, at, evaluation_set_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def evaluation_case_new(request: WorkspaceRequest, key: str, evaluation_set_id: UUID) -> HttpResponse:
    """The form of a new case; a POST adds it."""
    return _case_form(request, recipe_at(workspace=request.workspace, key=key), evaluation_set_id, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def evaluation_case_edit(request: WorkspaceRequest, key: str, evaluation_set_id: UUID, number: int) -> HttpResponse:
    """The form of a case; a POST changes it."""
    return _case_form(request, recipe_at(workspace=request.workspace, key=key), evaluation_set_id, number)


def _case_form(request: WorkspaceRequest, recipe: Recipe, set_id: UUID, number: int | None) -> HttpResponse:
    one = queries.set_of(recipe, set_id)
    case = queries.case_of(one, number) if number is not None else None
    posted = request.POST if request.method == "POST" else None
    form = CaseForm(recipe, case, posted)
    if posted is not None:
        try:
            if number is None:
                case_services.add_case(recipe=recipe, set_id=set_id, data=form.to_input())
            else:
                case_services.change_case(recipe=recipe, set_id=set_id, number=number, data=form.to_input())
        except InvalidInput as error:
            form.take(error)
        else:
            messages.success(request, "The case was saved.")
            return redirect("evaluation_set", request.workspace.slug, recipe.template_id, set_id)
    context = {"set": one, "case": case, **form.context()}
    return _shown(request, recipe, "case_form", context, 200 if posted is None else 422)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def evaluation_cases_add(request: WorkspaceRequest, key: str, evaluation_set_id: UUID) -> HttpResponse:
    """Cases from CSV or from past runs; a POST adds them."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    one, problems = queries.set_of(recipe, evaluation_set_id), list[str]()
    if request.method == "POST":
        try:
            if "run" in request.POST or request.POST.get("from") == "runs":
                keys = page.uuids_of(request.POST.getlist("run"))
                added = case_services.add_from_runs(recipe=recipe, set_id=one.pk, execution_ids=keys)
            else:
                added = case_services.add_from_csv(recipe=recipe, set_id=one.pk, text=page.sent_csv(request))
        except InvalidInput as error:
            problems = [text for texts in error.fields.values() for text in texts]
        else:
            messages.success(request, f"{len(added)} case{'' if len(added) == 1 else 's'} added.")
            return redirect("evaluation_set", request.workspace.slug, recipe.template_id, one.pk)
    inputs = ",".join(case_services.schemas_of(recipe)[-1])
    context = {"set": one, "runs": page.runs_to_take(recipe), "problems": problems, "columns": inputs}
    context["typed"] = request.POST.get("csv", "")[: page.LONGEST_SHOWN]
    return _shown(request, recipe, "add", context, 422 if problems else 200)


@require_POST
@workspace_page(Role.EDITOR)
def evaluation_start(request: WorkspaceRequest, key: str, evaluation_set_id: UUID) -> HttpResponse:
    """Begin an evaluation and go to its table."""
    recipe, slug = recipe_at(workspace=request.workspace, key=key), request.workspace.slug
    request.access.require("executions:run")
    wish = wish_of(request.POST)

    def act() -> dict[str, Any]:
        made = start_services.start_evaluation(recipe=recipe, set_id=evaluation_set_id, user=request.user, wish=wish)
        return {"id": str(made.pk)}

    route, token = f"evaluate:{evaluation_set_id}", request.POST.get("token", "")
    try:
        made = pressed_once(workspace=request.workspace, user=request.user, route=route, token=token, act=act)
    except (Conflict, InvalidInput) as error:
        texts = [text for texts in error.fields.values() for text in texts] or [error.message]
        messages.error(request, " ".join(texts)[:1000])
        return redirect("evaluation_set", slug, recipe.template_id, evaluation_set_id)
    return redirect("evaluation", slug, recipe.template_id, made["id"])


@never_cache
@require_safe
@workspace_page()
def evaluation(request: WorkspaceRequest, key: str, evaluation_id: UUID) -> HttpResponse:
    """What an evaluation came to: versions and models, cases, and the difference of one."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    found = queries.evaluation_of(recipe, evaluation_id)
    return _shown(
        request, recipe, "result", {"set": found.evaluation_set, "shown": page.result_page(found, request.GET)}
    )


@require_POST
@workspace_page(Role.EDITOR)
def evaluation_stop(request: WorkspaceRequest, key: str, evaluation_id: UUID) -> HttpResponse:
    """Stop an evaluation."""
    request.access.require("executions:run")
    recipe = recipe_at(workspace=request.workspace, key=key)
    try:
        start_services.stop_evaluation(recipe=recipe, evaluation_id=evaluation_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The evaluation is being stopped.")
    return redirect("evaluation", request.workspace.slug, recipe.template_id, evaluation_id)
