"""Reads: budgets with what was spent of them, and which are nearly used up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from automatos.errors import NotFound
from workspaces.budgets.owners import owner_of
from workspaces.budgets.reserving import window_of
from workspaces.models import Budget, ModelUsage, Spend, Workspace

# Of a budget, from which on it is warned of.
WARNING = 80
Period = Budget.Period


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """A budget now. name: of what it limits, empty where that is gone. spent, reserved: US dollars in the period.

    is_each: every run has the limit for itself, so there is no one sum.
    """

    budget: Budget
    name: str
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)

    @property
    def is_each(self) -> bool:
        """Whether every run has it for itself."""
        return self.budget.period == Period.RUN and self.budget.scope != Budget.Scope.RUN

    @property
    def percent(self) -> float:
        """Spent and held back, of the limit, 0 to 100."""
        return float(min(Decimal(100), 100 * (self.spent + self.reserved) / self.budget.limit))

    @property
    def is_low(self) -> bool:
        """Whether little is left."""
        return not self.is_each and 100 * self.spent >= WARNING * self.budget.limit

    @property
    def what(self) -> str:
        """What it limits, as a title: "The workspace", "Recipe Brief"."""
        if self.budget.scope == Budget.Scope.WORKSPACE:
            return "The workspace"
        return f"{self.budget.scope.capitalize()} {self.name or 'that is gone'}"

    @property
    def per(self) -> str:
        """For which time: "a month", "each run"."""
        if self.is_each:
            return "each run"
        return "the run" if self.budget.period == Period.RUN else f"a {self.budget.period}"


def budgets_of(workspace: Workspace) -> QuerySet[Budget]:
    """The workspace's budgets that people made, its own first, then the oldest."""
    rows = Budget.objects.filter(workspace=workspace).exclude(scope=Budget.EVALUATION)
    return rows.order_by("-scope", "created_at", "pk")


def budget(*, workspace: Workspace, budget_id: UUID) -> Budget:
    """One budget; NotFound when it is unknown or another workspace's."""
    found = budgets_of(workspace).filter(pk=budget_id).first()
    if found is None:
        raise NotFound()
    return found


def statuses_of(budgets: Iterable[Budget]) -> list[BudgetStatus]:
    """The budgets as of now, in their order; as many queries for one as for a hundred."""
    rows, now = list(budgets), timezone.now()
    windows = {row.pk: str(row.scope_id) if row.period == Period.RUN else window_of(row.period, now) for row in rows}
    found = Spend.objects.filter(budget__in=rows, window__in=set(windows.values()))
    spent = {(one.budget_id, one.window): one for one in found}
    names: dict[UUID, str] = {}
    for scope in {row.scope for row in rows}:
        for workspace_id in {row.workspace_id for row in rows}:
            ids = [row.scope_id for row in rows if row.scope == scope and row.workspace_id == workspace_id]
            names |= owner_of(scope).names(workspace_id, ids)
    return [_status(row, names.get(row.scope_id, ""), spent.get((row.pk, windows[row.pk]))) for row in rows]


def _status(row: Budget, name: str, spend: Spend | None) -> BudgetStatus:
    if spend is None:
        return BudgetStatus(row, name)
    return BudgetStatus(row, name, spend.spent, spend.reserved)


def budgets_for(workspace: Workspace, scope: str, scope_id: UUID) -> list[BudgetStatus]:
    """Those of one recipe, agent or run."""
    return statuses_of(budgets_of(workspace).filter(scope=scope, scope_id=scope_id))


def budget_warnings(workspace: Workspace) -> list[BudgetStatus]:
    """The budgets of which four fifths and more are spent, the fullest first."""
    rows = list(budgets_of(workspace))
    found = [one for one in statuses_of(rows) if one.is_low] if rows else []
    return sorted(found, key=lambda one: -one.percent)


@dataclass(frozen=True, slots=True)
class UsageOfKind:
    """Calls of models outside of runs, of one purpose."""

    kind: str
    label: str
    calls: int
    tokens: int
    cost: Decimal
    is_estimated: bool


def usage_outside_runs(rows: QuerySet[ModelUsage]) -> Sequence[UsageOfKind]:
    """The rows summed by purpose, the dearest first."""
    sums: dict[str, UsageOfKind] = {}
    for row in rows:
        before = sums.get(row.kind) or UsageOfKind(row.kind, row.get_kind_display(), 0, 0, Decimal(0), False)
        sums[row.kind] = UsageOfKind(
            row.kind,
            before.label,
            before.calls + row.calls,
            before.tokens + row.input_tokens + row.output_tokens,
            before.cost + row.cost,
            before.is_estimated or row.is_estimated,
        )
    return sorted(sums.values(), key=lambda one: (-one.cost, -one.tokens))
