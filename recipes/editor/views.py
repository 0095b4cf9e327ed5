"""The editor's pages: a recipe's draft, its drawing and its code, and what its buttons do."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from automatos.errors import AppError, InvalidInput
from automatos.events import streamed_text
from recipes.editor import body as bodies
from recipes.editor import files_services as files
from recipes.editor import services as drafts
from recipes.editor import trying_services as trying
from recipes.editor.compare import conflict_of, part_lines
from recipes.editor.drawing import drawn
from recipes.editor.editing import Editing
from recipes.editor.page import EditorPage
from recipes.models import StepKind
from recipes.queries import recipe as recipe_at
from recipes.triggers import config_services as starts
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role

FETCHED = "fetch"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def recipe_edit(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The editor of a recipe. A POST keeps what was typed in the draft and does what the button says."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    if request.method != "POST":
        return _shown(request, EditorPage(request.workspace, recipe, request.GET))
    editing = Editing(recipe, request.user, request.POST, request.access)
    try:
        editing.save()
        editing.carry_out()
    except drafts.PartConflict as error:
        return _conflicting(request, editing, error)
    except AppError as error:
        return _refused(request, editing, error)
    if editing.published is not None:
        messages.success(request, f"{editing.published.name} is published as version {editing.published.version}.")
        if editing.secrets:
            told = {"recipe": editing.published, "number": len(editing.secrets)}
            messages.info(request, render_to_string("recipes/new_webhooks.html", told, request))
        return redirect("recipe_detail", request.workspace.slug, editing.published.template_id)
    if editing.order in ("", "autosave"):
        page = EditorPage(request.workspace, recipe, request.POST)
        return _shown(request, page) if _is_fetched(request) else redirect(editing.address())
    if editing.said:
        messages.info(request, editing.said)
    return redirect(editing.address())


def _is_fetched(request: WorkspaceRequest) -> bool:
    return request.headers.get("X-Requested-With") == FETCHED


def _shown(request: WorkspaceRequest, page: EditorPage, status: int = 200, **more: Any) -> HttpResponse:
    """The whole page, or its trial alone where a live one asks for it."""
    context = {**page.context(), **_trial(page), **more}
    if request.headers.get("HX-Request") and request.GET.get("trial"):
        return render(request, "recipes/editor/trial.html", context)
    if page.view == "graph":
        context["drawing"] = drawn(context["nodes"], page.address, page.part)
    if page.view == "code":
        shown = {bodies.STARTS: starts.file_config(page.recipe), **page.body}
        context.setdefault("code", files.as_code(request.workspace, shown))
    return render(request, "recipes/editor/page.html", context, status=status)


def _trial(page: EditorPage) -> dict[str, Any]:
    """The panel beside the step: values, the prompt as it is sent, and the newest trial."""
    if page.step is None or page.step.get("kind", StepKind.AGENT) != StepKind.AGENT:
        return {"trial": None}
    values = trying.values_of(page.recipe, page.draft, page.body, trying.wanted(page.body, page.part))
    tried = trying.trial_of(page.recipe, page.draft, page.part)
    text = streamed_text(tried.pk, tried.attempt) if tried and tried.execution.is_live else ""
    unknown = {cure.old.strip("{}") for one in page.problems if one.step_id == page.part for cure in one.cures}
    return {
        "trial": {
            "values": [(name, text, name in unknown) for name, text in values.texts.items()],
            "source": values.source,
            "run": values.run,
            "prompt": trying.rendered(page.body, page.part, values.texts),
            "step": tried,
            "streamed": text,
            "offset": len(text),
        }
    }


def _conflicting(request: WorkspaceRequest, editing: Editing, error: drafts.PartConflict) -> HttpResponse:
    """Somebody wrote the same part: theirs beside mine, nothing overwritten."""
    page = EditorPage(request.workspace, editing.recipe, request.POST)
    mine = editing.typed(page.body)
    conflict = {"who": error.who or "Somebody", "when": error.when, "lines": part_lines(error.theirs, mine)}
    part = request.POST.get("part", "")
    page.body = bodies.with_part(page.body, part, mine)
    context = {"clash": conflict, "was_now": bodies.digest(error.theirs)}
    return _shown(request, page, status=409, **context)


def _refused(request: WorkspaceRequest, editing: Editing, error: AppError) -> HttpResponse:
    """What could not be done, and why; everything typed is kept in the draft."""
    query = request.POST.copy()
    query["check"] = "1"
    page = EditorPage(request.workspace, editing.recipe, query)
    more: dict[str, Any] = {"refusal": error.message, "refused": error.fields}
    if editing.order == "code":
        more |= {"code": request.POST.get("yaml", ""), "refused": error.fields}
    if editing.order == "publish" and error.http_status == 409 and error.code == "conflict":
        more["conflict"] = conflict_of(
            editing.recipe, drafts.as_input(page.body), page.draft.base_version if page.draft else 0
        )
    status = 422 if isinstance(error, InvalidInput) else error.http_status
    return _shown(request, page, status=status, **more)


@require_safe
@workspace_page()
def recipe_export(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The recipe and its agents as a YAML file."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    answer = HttpResponse(
        files.export(recipe, starts=starts.file_config(recipe)), content_type="application/yaml; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{recipe.template_id}.yaml"'
    return answer
