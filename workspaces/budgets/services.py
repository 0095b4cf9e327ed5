"""Changes: budgets."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput
from automatos.rows import locked, only_one
from workspaces.audit import log as audit
from workspaces.budgets.owners import owner_of
from workspaces.budgets.reserving import window_of
from workspaces.models import Budget, Spend, User, Workspace

LARGEST = Decimal(1_000_000)
SMALLEST = Decimal("0.000001")


@transaction.atomic
def create_budget(
    *,
    workspace: Workspace,
    user: User | None,
    scope: str,
    period: str,
    limit: Decimal,
    scope_id: UUID | None = None,
) -> Budget:
    """A limit of money. scope_id: the recipe's, agent's or run's id; the workspace's own needs none.

    What was spent in the period already counts. Raises InvalidInput naming the field, and Conflict where there is such
    a budget.
    """
    problems = Problems()
    problems.choice("scope", scope, Budget.Scope.values)
    problems.choice("period", period, Budget.Period.values)
    _check_limit(problems, limit)
    problems.raise_any()
    if scope == Budget.Scope.RUN and period != Budget.Period.RUN:
        raise InvalidInput("A run has one budget.", fields={"period": ["The budget of one run is for the run."]})
    if scope == Budget.Scope.WORKSPACE:
        scope_id = workspace.pk
    owner = owner_of(scope)
    if scope_id is None or scope_id not in owner.names(workspace.pk, [scope_id]):
        raise InvalidInput("There is nothing to limit.", fields={"scope_id": [f"There is no such {scope} here."]})
    budget = Budget(workspace=workspace, scope=scope, scope_id=scope_id, period=period, limit=limit, created_by=user)
    exists = Conflict("There is a budget for this already. Change its limit instead.", code="budget_exists")
    with only_one(Budget.objects.filter(workspace=workspace, scope=scope, scope_id=scope_id, period=period), exists):
        budget.save(force_insert=True)
    _open_account(budget)
    audit.record_row("budget.created", budget, str(budget), after=_shown(budget))
    return budget


def _open_account(budget: Budget) -> None:
    """Count what was spent since the period began."""
    if budget.period == Budget.Period.RUN:
        if budget.scope != Budget.Scope.RUN:
            return  # each run begins anew
        window, since = str(budget.scope_id), None
    else:
        now = timezone.now()
        window = window_of(budget.period, now)
        since = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = since.replace(day=1) if budget.period == Budget.Period.MONTH else since
    spent = owner_of(budget.scope).spent(budget.workspace_id, budget.scope_id, since)
    if spent:
        Spend.objects.create(workspace_id=budget.workspace_id, budget=budget, window=window, spent=spent)


@transaction.atomic
def change_budget(*, budget: Budget, limit: Decimal) -> Budget:
    """Another limit; it holds from the next call on. Raises InvalidInput."""
    problems = Problems()
    _check_limit(problems, limit)
    problems.raise_any()
    budget = locked(Budget.objects.all(), pk=budget.pk)
    before = _shown(budget)
    budget.limit = limit
    budget.save(update_fields=["limit", "updated_at"])
    audit.record_row("budget.changed", budget, str(budget), before=before, after=_shown(budget))
    return budget


@transaction.atomic
def delete_budget(*, budget: Budget) -> None:
    """Nothing is limited by it any more; what was spent stays in the usage."""
    before, name = _shown(budget), str(budget)
    target = ("budget", budget.pk, name)
    budget.delete()
    audit.record("budget.deleted", workspace_id=budget.workspace_id, target=target, before=before)


def _check_limit(problems: Problems, limit: Decimal) -> None:
    if not SMALLEST <= limit <= LARGEST:
        problems.add("limit", f"Use an amount from {SMALLEST} to {LARGEST:,} US dollars.")


def _shown(budget: Budget) -> dict[str, str]:
    return {
        "scope": budget.scope,
        "scope_id": str(budget.scope_id),
        "period": budget.period,
        "limit": f"{budget.limit:f}",
    }
