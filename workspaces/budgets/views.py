"""The pages of budgets: the list, setting one, changing and removing it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from automatos import listing
from automatos.errors import Conflict, InvalidInput, NotAllowed
from workspaces.budgets import queries, services
from workspaces.budgets.forms import BudgetChangeForm, BudgetForm
from workspaces.budgets.owners import owner_of
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Budget, Role

LIST = "workspace_budgets"
REFUSALS = (InvalidInput, Conflict, NotAllowed)
# Recipes, and agents, that the form offers; each one's own page leads to the form with it chosen.
MOST_OFFERED = 200


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """What may be spent, and what is."""
    request.access.require("budgets:read")
    page = listing.page_of(queries.budgets_of(request.workspace), request.GET)
    context = {
        "page": page,
        "budgets": queries.statuses_of(page.object_list),
        "may_change": request.access.allows("budgets:write"),
        "ask": whom_to_ask(request.workspace),
    }
    return render(request, "workspaces/budgets.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def new(request: WorkspaceRequest) -> HttpResponse:
    """The form of a new budget; `?target=scope:id` chooses what to limit."""
    request.access.require("budgets:write")
    chosen = request.GET.get("target", "")
    posted = request.POST if request.method == "POST" else None
    form = BudgetForm(_targets(request, chosen), posted, initial={"target": chosen, "period": "month"})
    if form.is_bound:
        try:
            made = services.create_budget(workspace=request.workspace, user=request.user, **form.values())
        except REFUSALS as error:
            form.take_refusal(error)
        else:
            messages.success(request, f"{queries.statuses_of([made])[0].what} has a budget now.")
            return redirect(LIST, request.workspace.slug)
    return render(request, "workspaces/budget_form.html", {"form": form}, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def change(request: WorkspaceRequest, budget_id: UUID) -> HttpResponse:
    """Another limit."""
    request.access.require("budgets:write")
    budget = queries.budget(workspace=request.workspace, budget_id=budget_id)
    posted = request.POST if request.method == "POST" else None
    form = BudgetChangeForm(posted, initial={"limit": f"{budget.limit.normalize():f}"})
    if form.is_bound:
        try:
            services.change_budget(budget=budget, limit=form.amount())
        except REFUSALS as error:
            form.take_refusal(error)
        else:
            messages.success(request, "The budget was saved. It holds from the next call on.")
            return redirect(LIST, request.workspace.slug)
    context = {"form": form, "one": queries.statuses_of([budget])[0]}
    return render(request, "workspaces/budget_form.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def delete(request: WorkspaceRequest, budget_id: UUID) -> HttpResponse:
    """Ask first; a POST removes it."""
    request.access.require("budgets:write")
    budget = queries.budget(workspace=request.workspace, budget_id=budget_id)
    if request.method != "POST":
        return render(request, "workspaces/budget_delete.html", {"one": queries.statuses_of([budget])[0]})
    services.delete_budget(budget=budget)
    messages.success(request, "The budget was removed. Nothing is limited by it any more.")
    return redirect(LIST, request.workspace.slug)


def _targets(request: WorkspaceRequest, chosen: str) -> list[Any]:
    """What can be limited, by group."""
    groups: list[Any] = [(f"workspace:{request.workspace.pk}", "The workspace")]
    for scope, label in ((Budget.Scope.RECIPE, "Recipes"), (Budget.Scope.AGENT, "Agents")):
        offered = {f"{scope}:{key}": name for key, name in owner_of(scope).all(request.workspace.pk, MOST_OFFERED)}
        kind, _, key = chosen.partition(":")
        if kind == scope and chosen not in offered:
            offered |= {f"{scope}:{one}": name for one, name in _named(request, scope, key)}
        if offered:
            groups.append((label, list(offered.items())))
    return groups


def _named(request: WorkspaceRequest, scope: str, key: str) -> list[tuple[UUID, str]]:
    try:
        found = owner_of(scope).names(request.workspace.pk, [UUID(key)])
    except ValueError:
        return []
    return list(found.items())
