"""Pages beside the kitchen: rerun with changed inputs, two runs compared, one replayed, outputs to keep."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from automatos.errors import Conflict, InvalidInput, NotFound, PlanLimit, TooMany
from automatos.ids import as_uuid
from recipes.cook_forms import CookForm, cook_once
from recipes.engine.templating import as_text
from recipes.kitchen.compare import compare, offered
from recipes.kitchen.downloads import TYPES, document
from recipes.queries import recipe as find_recipe
from recipes.runs.input_files import of_run
from recipes.runs.reading import bare_execution as find_execution
from recipes.runs.replay_queries import MOST_SHOWN, replay
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def rerun(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """The inputs of a run to change; a POST cooks its recipe, as it is now, with them."""
    run = find_execution(workspace=request.workspace, execution_id=execution_id)
    if run.recipe_id is None:
        raise Conflict("This is an answer of a conversation. Ask again in the agent's playground.")
    recipe = find_recipe(workspace=request.workspace, key=run.recipe_id)
    is_sent = request.method == "POST"
    form = CookForm(recipe, request.POST if is_sent else None, request.FILES if is_sent else None)
    kept = of_run(run, recipe.inputs)
    for name in kept:
        form.fields[name].help_text = f"{run.input_data[name]}, where you choose no other one."
    for name in form.fields.keys() & run.input_data.keys():
        value = run.input_data[name]
        form.initial[name] = value if isinstance(value, bool) else as_text(value)
    if form.is_bound and form.is_valid():
        try:
            outside = run.untrusted_inputs or {}  # it stays theirs, also where a person changed some of it
            user = request.user
            started = cook_once(
                workspace=request.workspace, recipe=recipe, user=user, form=form, untrusted=outside, kept=kept
            )
        except InvalidInput as error:
            form.take_problems(error.fields)
        except (Conflict, PlanLimit, TooMany) as error:
            form.add_error(None, error.message)
        else:
            return redirect("run", request.workspace.slug, started)
    shown = {
        "run": run,
        "form": form,
        "complaints": form.complaints() if form.is_bound else [],
        "general": list(form.non_field_errors()) if form.is_bound else [],
    }
    return render(request, "recipes/rerun.html", shown, status=422 if form.is_bound else 200)


@require_safe
@workspace_page()
def runs_compare(request: WorkspaceRequest) -> HttpResponse:
    """`?a=` and `?b=` side by side, `?step=` as lines; with one of them, runs to choose the other from."""
    keys = [key for name in ("a", "b") if (key := as_uuid(request.GET.get(name, "")))]
    if not keys:
        raise NotFound()
    run = find_execution(workspace=request.workspace, execution_id=keys[-1])
    shown = {"run": run, "offered": offered(request.workspace, run), "found": None}
    if len(keys) == 2:
        shown["found"] = compare(request.workspace, keys[0], keys[1], request.GET.get("step", ""))
    return render(request, "recipes/compare.html", shown)


@never_cache
@require_safe
@workspace_page()
def run_replay(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """The run gone through again from its record, with what does not come out the same."""
    run = find_execution(workspace=request.workspace, execution_id=execution_id)
    try:
        found = replay(run)
    except Conflict as refusal:
        return render(request, "recipes/replay.html", {"run": run, "refused": refusal.message}, status=409)
    return render(request, "recipes/replay.html", {"run": run, "found": found, "shown": found.differences[:MOST_SHOWN]})


@require_safe
@workspace_page()
def run_download(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """The run as a file, or `?step=` of it (0: the result); `?format=` md, docx or pdf."""
    run = find_execution(workspace=request.workspace, execution_id=execution_id)
    kind, step = request.GET.get("format", "md"), request.GET.get("step", "")
    if kind not in TYPES or (step and not (step.isascii() and step.isdigit() and len(step) < 6)):
        raise NotFound()
    name, content = document(run, step=int(step) if step else None, kind=kind)
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
