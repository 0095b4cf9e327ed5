"""Pages of runs: the dashboard and the kitchen; stop, pause, resume, retry, begin at a step, cook again."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import Conflict, InvalidInput, PlanLimit, TooMany
from automatos.local_time import today, zone_of
from recipes.analytics.dashboard import dashboard as read_dashboard
from recipes.cook_forms import start_once
from recipes.editor.draft_run_services import recipe_tested_by
from recipes.kitchen.going_on import going_on
from recipes.kitchen.page import kitchen
from recipes.kitchen.run_rows import rows_of
from recipes.models import Execution, ExecutionStep, Trigger
from recipes.quality.queries import alarms, rating_of
from recipes.queries import recipe as find_recipe
from recipes.runs import rerun_services as reruns
from recipes.runs import services as runs
from recipes.runs.filters import RunFilter, narrowed
from recipes.runs.input_files import of_run
from recipes.runs.reading import bare_execution as find_execution
from recipes.runs.services import Cause
from recipes.services import cook
from recipes.triggers.queries import next_schedules
from recipes.waits.queries import waiting
from recipes.workflows.page import chosen_step, workflow_run
from tools.composio.page import broken_apps
from workspaces.budgets.queries import budget_warnings, budgets_of, statuses_of
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Budget, Role

# Of what needs somebody, of what failed and of what comes next, the dashboard shows so many.
MOST_LISTED = 5
# Why no new run begins: told in the kitchen of the old one.
REFUSED = (Conflict, PlanLimit, TooMany)
# The session's place for a prompt or arguments that could not be used, and how much of them it keeps.
MENDED = "mended"
LONGEST_MENDED = 100_000


@require_safe
@workspace_page()
def dashboard(request: WorkspaceRequest) -> HttpResponse:
    """What cooks now and what the last days came to."""
    can_write = request.access.allows("agents:write")
    failed = narrowed(request.workspace, RunFilter(zone=zone_of(request), tab="failed", since=week_ago(request)))
    shown = {
        "board": read_dashboard(request.workspace),
        "failed": rows_of(
            list(failed.select_related("user").defer("output_data", "learning", "quality")[:MOST_LISTED])
        ),
        "schedules": next_schedules(request.workspace, MOST_LISTED),
        "budgets": statuses_of(budgets_of(request.workspace).filter(scope=Budget.Scope.WORKSPACE)),
        "warnings": budget_warnings(request.workspace),
        "asked": waiting(request.workspace),
        "broken": broken_apps(request.workspace),
        "alarms": alarms(request.workspace),
        "can_connect": request.access.allows("apps:connect"),
        "can_write": can_write,
        "ask": "" if can_write else whom_to_ask(request.workspace),
    }
    return render_live(request, "dashboard.html", shown)


def week_ago(request: WorkspaceRequest) -> date:
    """Seven days ago, in the reader's zone."""
    return today(zone_of(request)) - timedelta(days=7)


@require_safe
@workspace_page()
def run(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """The kitchen: one run, live or afterwards. `?step=` and `?tab=` choose what is on the stage."""
    asked = request.GET.get("step", "")
    page = kitchen(
        workspace=request.workspace,
        execution_id=execution_id,
        step=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None,
        tab=request.GET.get("tab", ""),
        shown=request.headers.get("Shown-Blocks", "") if request.htmx else "",
        otherwise=chosen_step,
    )
    of_workflow = page.execution.workflow_id is not None
    shown: dict[str, object] = {
        "kitchen": page,
        "going": going_on(page.execution),
        "tested": recipe_tested_by(page.execution),
        "flow": workflow_run(page.execution, page.stage.step.order) if of_workflow else None,
        "may_run": request.access.allows("executions:run"),
        "may_decide": request.access.allows("approvals:decide"),
        "asked_step": asked,
        "said": rating_of(page.execution, request.user),
        "mended": _mended(request, page.stage.step),
    }
    return render_live(request, "recipes/workflows/run.html" if of_workflow else "recipes/kitchen.html", shown)


def _mended(request: WorkspaceRequest, step: ExecutionStep) -> dict[str, str] | None:
    """What was typed for this step and could not be used, once: its text, and what is wrong with it."""
    kept: dict[str, str] = request.session.get(MENDED) or {}
    if kept.get("step") != str(step.pk):
        return None
    del request.session[MENDED]
    return kept


@require_POST
@workspace_page(Role.EDITOR)
def stop(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Cancel a live run, then show what it came to."""
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    runs.cancel(execution=found, user=request.user)
    messages.success(request, "The run was stopped. What was done until then stays readable.")
    return redirect("run", workspace=request.workspace.slug, execution_id=execution_id)


@require_POST
@workspace_page(Role.EDITOR)
def pause(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Let nothing new begin in a live run."""
    return _held(request, execution_id, runs.pause, "The run is paused. What is under way ends; nothing new begins.")


@require_POST
@workspace_page(Role.EDITOR)
def resume(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Let a paused run go on."""
    return _held(request, execution_id, runs.resume, "The run goes on with the time it had left.")


def _held(request: WorkspaceRequest, execution_id: UUID, act: Callable[..., Execution], told: str) -> HttpResponse:
    """Do it and show the run; where its state refuses it, say why."""
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    try:
        with transaction.atomic():
            act(execution=found, user=request.user)
        messages.success(request, told)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect("run", workspace=request.workspace.slug, execution_id=execution_id)


@require_POST
@workspace_page(Role.EDITOR)
def retry(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Go on with a run that failed, was cancelled or stopped, in a new run that does what was not finished."""
    return _gone_on(request, execution_id, "retry", reruns.retry)


@require_POST
@workspace_page(Role.EDITOR)
def begin_at(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Do the step `from_step` of a run that is over anew, and what follows from it, in a new run.

    prompt: what the step is asked this time, in place of what it was asked; arguments: the same of a tool's call.
    """
    place = request.POST.get("from_step", "")
    typed = (request.POST.get("prompt") or request.POST.get("arguments", "")).replace("\r\n", "\n")
    try:
        changes = (
            reruns.Changes(steps=_changed(place, typed, "arguments" in request.POST)) if typed.strip() else reruns.NONE
        )
        start = partial(reruns.rerun, from_step=place, changes=changes)
        return _gone_on(request, execution_id, f"begin-{place}", start)
    except InvalidInput as error:
        steps = ExecutionStep.objects.filter(workspace=request.workspace, execution_id=execution_id)
        step = steps.filter(order=int(place)).first() if place.isdecimal() and len(place) < 6 else None
        if step is None or not typed.strip():
            messages.error(request, error.message)
            return redirect("run", workspace=request.workspace.slug, execution_id=execution_id)
        # What was typed stands there again, beside what is wrong with it.
        wrong = next((texts[0] for texts in error.fields.values() if texts), error.message)
        request.session[MENDED] = {"step": str(step.pk), "text": typed[:LONGEST_MENDED], "wrong": wrong}
        address = reverse("run", args=[request.workspace.slug, execution_id])
        return redirect(f"{address}?step={step.order}")


def _changed(place: str, typed: str, is_call: bool) -> dict[str, reruns.StepChange]:
    """What is different of the step: its prompt, or the arguments of its call, as JSON."""
    if not is_call:
        return {place: reruns.StepChange(prompt_template=typed)}
    try:
        arguments = json.loads(typed)
    except (ValueError, RecursionError) as error:
        said = f"This is not JSON: {error}." if isinstance(error, json.JSONDecodeError) else "This is not JSON."
        raise InvalidInput(said, fields={"arguments": [said]}) from error
    if not isinstance(arguments, dict):
        said = 'Write an object, for example {"expression": "1 + 1"}.'
        raise InvalidInput(said, fields={"arguments": [said]})
    return {place: reruns.StepChange(arguments=arguments)}


def _gone_on(request: WorkspaceRequest, execution_id: UUID, what: str, start: Callable[..., Execution]) -> HttpResponse:
    """Start the new run, once, and go to its kitchen; where that is refused, say why in the old one's."""
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    try:
        if found.workflow_id is not None:
            raise Conflict("This is a run of a workflow. Start it again from the workflow's page.")
        with transaction.atomic():
            made = _once(
                request, f"{what}:{found.pk}", partial(start, execution=found, user=request.user, trigger=Trigger.PAGE)
            )
    except REFUSED as error:
        messages.error(request, error.message)
        return redirect("run", workspace=request.workspace.slug, execution_id=execution_id)
    messages.success(request, f"This run goes on from run {found.label}. What was finished there is taken over.")
    return redirect("run", workspace=request.workspace.slug, execution_id=made)


@require_POST
@workspace_page(Role.EDITOR)
def cook_again(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Start a new run of the recipe as it is now, with the same inputs, and go to its kitchen."""
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    if found.workflow_id is not None:
        raise Conflict("This is a run of a workflow. Start it again from the workflow's page.")
    if found.recipe_id is None:
        raise Conflict("This is an answer of a conversation. Ask again in the agent's playground.")
    recipe = find_recipe(workspace=request.workspace, key=found.recipe_id)
    files = of_run(found, recipe.inputs)
    start = partial(
        cook,
        workspace=request.workspace,
        recipe=recipe,
        input_data={name: value for name, value in found.input_data.items() if name not in files},
        uploads=files,
        user=request.user,
        trigger=Trigger.PAGE,
        cause=Cause(untrusted=found.untrusted_inputs or {}),
    )
    try:
        made = _once(request, f"again:{found.pk}", start)
    except (Conflict, InvalidInput, PlanLimit, TooMany) as error:
        messages.error(request, error.message)
        made = found.pk
    return redirect("run", request.workspace.slug, made)


def _once(request: WorkspaceRequest, route: str, start: Callable[[], Execution]) -> UUID:
    """The run that this form started, however often it is sent."""
    token = request.POST.get("token", "")
    return start_once(workspace=request.workspace, user=request.user, route=route, token=token, start=start)
