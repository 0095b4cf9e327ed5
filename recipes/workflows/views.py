"""The pages of workflows: list, goal, plan, and what is done with a run."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos import listing
from automatos.errors import Conflict, InvalidInput, PlanLimit, TooMany
from recipes.cook_forms import pressed_once, start_once
from recipes.models import Trigger, Workflow, WorkflowStatus
from recipes.workflows import hiring_services, queries, run_services, services
from recipes.workflows.editing import act_on_plan, plan_context
from recipes.workflows.examples import EXAMPLES
from recipes.workflows.forms import WorkflowForm
from recipes.workflows.planning import SUBTASK_ID
from recipes.workflows.recipe_services import save_as_recipe
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role


@require_safe
@workspace_page()
def workflow_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's workflows, filtered as the address says."""
    rows, asked = queries.workflows_of(request.workspace), listing.words(request.GET)
    status = listing.choice(request.GET, "status", WorkflowStatus.values)
    for word in asked.split():
        rows = rows.filter(Q(name__icontains=word) | Q(goal__icontains=word))
    rows = rows.filter(status=status) if status else rows
    page = listing.page_of(rows, request.GET)
    runs = queries.last_runs(page.object_list)
    context = {
        "page": page,
        "rows": [{"workflow": one, "run": runs.get(one.pk)} for one in page.object_list],
        "asked": asked,
        "status": status,
        "statuses": WorkflowStatus.choices,
        "examples": EXAMPLES,
        **_rights(request),
    }
    return render(request, "recipes/workflows/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def workflow_new(request: WorkspaceRequest) -> HttpResponse:
    """The form of a goal; a POST keeps it, and plans it where that was asked for."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def workflow_edit(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """The same form for a workflow that is there, with its stages."""
    return _edit(request, queries.workflow(workspace=request.workspace, workflow_id=workflow_id))


def _edit(request: WorkspaceRequest, workflow: Workflow | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    goal = {"goal": request.GET.get("goal", "")[:4000].replace("\x00", "")} if workflow is None else {}
    form = WorkflowForm(request.workspace, workflow, posted, **goal)
    if posted is not None:
        try:
            saved = _saved(request, workflow, form)
        except InvalidInput as error:
            form.take_problems(error.fields)
        except Conflict as error:
            form.add_error(None, error.message)
        else:
            if request.POST.get("do") == "plan":
                _plan(request, saved)
            return redirect("workflow", request.workspace.slug, saved.pk)
    context = {"form": form, "workflow": workflow, "examples": EXAMPLES, "recent": _recent(request), **_lead(request)}
    return render(request, "recipes/workflows/form.html", context, status=422 if posted is not None else 200)


def _saved(request: WorkspaceRequest, workflow: Workflow | None, form: WorkflowForm) -> Workflow:
    data = form.to_input()
    if workflow is None:
        return services.create_workflow(workspace=request.workspace, user=request.user, data=data)
    return services.update_workflow(workflow=workflow, data=data)


@never_cache
@require_safe
@workspace_page()
def workflow_detail(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """The plan of a workflow, or how far planning is; and its runs."""
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    context = {**plan_context(workflow, request.GET.get("subtask", "")), **_rights(request)}
    return render_live(request, "recipes/workflows/plan.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def workflow_plan(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Make a plan, or another one."""
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    _plan(request, workflow)
    return redirect("workflow", request.workspace.slug, workflow.pk)


@require_POST
@workspace_page(Role.EDITOR)
def workflow_change(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Move, edit, add or take out a subtask, or swap its agent, as the button says."""
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    subtask = request.POST.get("subtask", "")
    try:
        act_on_plan(workflow, request.POST)
    except (InvalidInput, Conflict) as error:
        messages.error(request, error.message)
    response = redirect("workflow", request.workspace.slug, workflow.pk)
    if SUBTASK_ID.fullmatch(subtask) and request.POST.get("do") != "remove":
        response["Location"] += f"?subtask={subtask}#who"
    return response


@require_POST
@workspace_page(Role.EDITOR)
def workflow_hire(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Install the agent of the marketplace that fits a subtask, `listing`, or make one, and let it do the subtask."""
    request.access.require("agents:write")
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    subtask, slug = request.POST.get("subtask", ""), request.POST.get("listing", "").replace("\x00", "")
    act = partial(hiring_services.install_for, slug=slug) if slug else hiring_services.make_for
    try:
        hired = pressed_once(
            workspace=request.workspace,
            user=request.user,
            route=f"hire:{workflow.pk}:{subtask}:{slug}",
            token=request.POST.get("token", ""),
            act=lambda: act(workflow=workflow, user=request.user, subtask=subtask).told(),
        )
    except (InvalidInput, Conflict, PlanLimit) as error:
        messages.error(request, error.message)
        return redirect("workflow", request.workspace.slug, workflow.pk)
    done = "was installed" if slug else "was made"
    messages.success(request, " ".join([f"{hired['name']} {done} and has the subtask.", *hired["said"]]))
    response = redirect("workflow", request.workspace.slug, workflow.pk)
    response["Location"] += f"?subtask={subtask}#who"
    return response


@require_POST
@workspace_page(Role.EDITOR)
def workflow_start(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Start cooking with the plan as it is, and go to the kitchen."""
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    try:
        started = start_once(
            workspace=request.workspace,
            user=request.user,
            route=f"workflow:{workflow.pk}",
            token=request.POST.get("token", ""),
            start=partial(
                run_services.execute,
                workspace=request.workspace,
                workflow=workflow,
                user=request.user,
                trigger=Trigger.PAGE,
            ),
        )
    except (Conflict, TooMany) as error:
        messages.error(request, error.message)
        return redirect("workflow", request.workspace.slug, workflow.pk)
    return redirect("run", request.workspace.slug, started)


@require_POST
@workspace_page(Role.EDITOR)
def workflow_status(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Draft, active or archived."""
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    try:
        services.set_status(workflow=workflow, status=request.POST.get("status", ""))
    except InvalidInput as error:
        messages.error(request, error.message)
    return redirect("workflow", request.workspace.slug, workflow.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def workflow_delete(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Ask first; a POST deletes, and offers to undo."""
    workflow = queries.workflow(workspace=request.workspace, workflow_id=workflow_id)
    if request.method != "POST":
        runs = queries.runs_of(workflow).count()
        return render(request, "recipes/workflows/delete.html", {"workflow": workflow, "runs": runs})
    services.delete_workflow(workflow=workflow)
    undo = {"text": f"{workflow.name} was deleted.", "route": "workflow_restore", "key": workflow.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("workflows", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def workflow_restore(request: WorkspaceRequest, workflow_id: UUID) -> HttpResponse:
    """Bring a deleted workflow back."""
    workflow = services.restore_workflow(workspace=request.workspace, workflow_id=workflow_id)
    messages.success(request, f"{workflow.name} is back.")
    return redirect("workflow", request.workspace.slug, workflow.pk)


@require_POST
@workspace_page(Role.EDITOR)
def workflow_save_recipe(request: WorkspaceRequest, execution_id: UUID) -> HttpResponse:
    """Make a recipe of a run, and open it."""
    execution = queries.run_of(workspace=request.workspace, execution_id=execution_id)
    name, words = request.POST.get("name", "").strip(), request.POST.getlist("word")
    try:
        recipe = save_as_recipe(
            workspace=request.workspace, user=request.user, execution=execution, name=name, words=words
        )
    except (InvalidInput, Conflict) as error:
        messages.error(request, f"This run cannot be saved as a recipe. {error.message}")
        return redirect("run", request.workspace.slug, execution.pk)
    messages.success(request, f"{recipe.name} was saved as a recipe.")
    return redirect("recipe_detail", request.workspace.slug, recipe.template_id)


def _plan(request: WorkspaceRequest, workflow: Workflow) -> None:
    """Start a dry run; what hinders it becomes a message."""
    try:
        run_services.plan(workspace=request.workspace, workflow=workflow, user=request.user, trigger=Trigger.PAGE)
    except (Conflict, TooMany) as error:
        messages.error(request, error.message)


def _recent(request: WorkspaceRequest) -> list[Workflow]:
    return list(queries.workflows_of(request.workspace)[:3])


def _lead(request: WorkspaceRequest) -> dict[str, Any]:
    """Whether rules plan here, since the first agent has the embedded model."""
    lead = queries.lead_of(Workflow(workspace=request.workspace))
    by_rules = lead is not None and not run_services.Lead(lead, lead.agent_model_config.model).can_plan
    return {"by_rules": run_services.BY_RULES if by_rules else "", "has_agents": lead is not None}


def _rights(request: WorkspaceRequest) -> dict[str, object]:
    can = request.access.allows
    return {
        "can_write": can("workflows:write"),
        "can_cook": can("executions:run"),
        "can_delete": can("workflows:delete"),
        "can_hire": can("agents:write"),
        "ask": "" if can("workflows:delete") else whom_to_ask(request.workspace),
    }
