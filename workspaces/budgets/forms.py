"""The forms of budgets: what a person types; the services judge it."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.forms import Select

from automatos.fields import choice_field, number_field
from workspaces.forms import WorkspaceForm
from workspaces.models import Budget

PERIODS = (("month", "A month"), ("day", "A day"), ("run", "Each run"))
NOT_AN_AMOUNT = Decimal(-1)


class BudgetChangeForm(WorkspaceForm):
    """What may be changed of a budget."""

    limit = number_field("Limit in US dollars", hint="Calls of models that do not fit any more are not made.")

    def amount(self) -> Decimal:
        """The limit; for anything that is no amount one that the service refuses."""
        try:
            amount = Decimal(self.text("limit").replace(",", "").lstrip("$"))
        except InvalidOperation:
            return NOT_AN_AMOUNT
        return amount if amount.is_finite() else NOT_AN_AMOUNT


class BudgetForm(BudgetChangeForm):
    """A new budget. targets: what can be limited, as (scope:id, label) by group."""

    target = choice_field("What to limit", [])
    period = choice_field("For", PERIODS, hint="Days and months begin at midnight UTC.")
    field_order = ("target", "period", "limit")

    def __init__(self, targets: Sequence[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["target"].widget
        if isinstance(widget, Select):
            widget.choices = targets

    def values(self) -> dict[str, Any]:
        """As create_budget takes them."""
        scope, _, key = self.text("target").partition(":")
        try:
            scope_id = UUID(key)
        except ValueError:
            scope_id = None
        return {
            "scope": scope if scope in Budget.Scope.values else Budget.Scope.WORKSPACE,
            "scope_id": scope_id,
            "period": self.text("period"),
            "limit": self.amount(),
        }
