"""REST: the budgets of a workspace."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from automatos.rest_lists import choice, list_parameters, listing, page_of
from workspaces.budgets import queries, services
from workspaces.budgets.queries import BudgetStatus
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.models import Budget

BUDGET = OpenApiParameter("budget_id", UUID, OpenApiParameter.PATH)
FILTERS: dict[str, Sequence[str]] = {"scope": Budget.Scope.values, "period": Budget.Period.values}
DOLLARS = "US dollars."


class BudgetOut(serializers.Serializer[BudgetStatus]):
    """A budget, and what was spent of it in the period that runs now."""

    id = serializers.UUIDField(source="budget.id")
    scope = serializers.ChoiceField(source="budget.scope", choices=Budget.Scope.choices)
    scope_id = serializers.UUIDField(source="budget.scope_id")
    name = serializers.CharField(help_text="Of what it limits; empty where that is gone.")
    period = serializers.ChoiceField(
        source="budget.period", choices=Budget.Period.choices, help_text="Days and months begin at midnight UTC."
    )
    limit = serializers.DecimalField(source="budget.limit", max_digits=14, decimal_places=6, help_text=DOLLARS)
    spent = serializers.DecimalField(
        max_digits=18, decimal_places=8, help_text=f"{DOLLARS} Zero where every run has the limit for itself."
    )
    reserved = serializers.DecimalField(
        max_digits=18, decimal_places=8, help_text=f"{DOLLARS} Held back for calls under way."
    )
    created_at = serializers.DateTimeField(source="budget.created_at")


class BudgetChange(InputSerializer):
    """Another limit."""

    limit = serializers.DecimalField(max_digits=14, decimal_places=6, help_text=DOLLARS)


class BudgetIn(BudgetChange):
    """A new budget."""

    scope = WordField(help_text=", ".join(Budget.Scope.values))
    scope_id = serializers.UUIDField(
        required=False, help_text="The recipe's, agent's or run's id; not needed for the workspace."
    )
    period = WordField(help_text=f"{', '.join(Budget.Period.values)}; run: every run has the limit for itself.")


class BudgetList(WorkspaceView):
    """The workspace's budgets."""

    needs = {"GET": "budgets:read", "POST": "budgets:write"}

    @extend_schema(
        operation_id="budgets_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False, filters=FILTERS)],
        responses={200: page_of(BudgetOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The workspace's own first."""
        rows = queries.budgets_of(self.workspace)
        for name, choices in FILTERS.items():
            if value := choice(request, name, choices):
                rows = rows.filter(**{name: value})
        return listing(request, rows, BudgetOut, prepare=queries.statuses_of)

    @extend_schema(
        operation_id="budgets_create",
        parameters=[WORKSPACE_HEADER],
        request=BudgetIn,
        responses={201: BudgetOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """What was spent in the period before counts. 409 where there is a budget for the same."""
        body = BudgetIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.create_budget(workspace=self.workspace, user=self.caller, **body.validated_data)
        return Response(_shown(made), status=201)


class BudgetDetail(WorkspaceView):
    """One budget."""

    needs = {"GET": "budgets:read", "PATCH": "budgets:write", "DELETE": "budgets:write"}

    @extend_schema(
        operation_id="budgets_get", parameters=[WORKSPACE_HEADER, BUDGET], responses={200: BudgetOut, **errors(404)}
    )
    def get(self, request: Request, budget_id: UUID) -> Response:
        """The budget as of now."""
        return Response(_shown(queries.budget(workspace=self.workspace, budget_id=budget_id)))

    @extend_schema(
        operation_id="budgets_change",
        parameters=[WORKSPACE_HEADER, BUDGET],
        request=BudgetChange,
        responses={200: BudgetOut, **errors(404, 415)},
    )
    def patch(self, request: Request, budget_id: UUID) -> Response:
        """Another limit, which holds from the next call of a model on."""
        found = queries.budget(workspace=self.workspace, budget_id=budget_id)
        body = BudgetChange(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_shown(services.change_budget(budget=found, limit=body.validated_data["limit"])))

    @extend_schema(
        operation_id="budgets_delete", parameters=[WORKSPACE_HEADER, BUDGET], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, budget_id: UUID) -> Response:
        """Nothing is limited by it any more."""
        services.delete_budget(budget=queries.budget(workspace=self.workspace, budget_id=budget_id))
        return Response(status=204)


def _shown(budget: Budget) -> dict[str, Any]:
    (status,) = queries.statuses_of([budget])
    shown: dict[str, Any] = BudgetOut(status).data
    return shown
