"""What a run that is over cost, and why: for each model its calls, tokens, price and part of the whole."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from automatos import words
from automatos.llm.pricing import rates_of
from recipes.models import Call, Execution

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one model took. share: percent of the run's cost. why: its price, or why it cost nothing."""

    model: str
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: Decimal
    share: int
    why: str


def costs_of(execution: Execution) -> list[ModelCost]:
    """The dearest model first, with the runs inside of this one; empty while it is live and where none was asked."""
    if execution.is_live:
        return []
    calls = Call.objects.filter(_within(execution), kind=Call.Kind.MODEL)
    rows = calls.order_by().values("name").annotate(
        n=Count("pk"), read=Sum("input_tokens"), kept=Sum("cached_tokens"), wrote=Sum("output_tokens"), paid=Sum("cost")
    )  # fmt: skip
    found = sorted(rows, key=lambda row: (-row["paid"], row["name"]))
    whole = sum((row["paid"] for row in found), Decimal(0))
    return [
        ModelCost(
            row["name"].partition(":")[2] or row["name"], row["n"], row["read"], row["kept"], row["wrote"], row["paid"],
            round(100 * row["paid"] / whole) if whole else 0, _why(row["name"], row["paid"]),
        )
        for row in found
    ]  # fmt: skip


def _within(execution: Execution) -> Q:
    """Its steps, and those of the runs inside of it."""
    own = Q(step__execution=execution)
    if execution.root_id is None:
        return own | Q(step__execution__root_id=execution.pk)
    level = list(Execution.objects.filter(parent_step__execution=execution).values_list("pk", flat=True))
    below = list(level)
    while level := list(Execution.objects.filter(parent_step__execution__in=level).values_list("pk", flat=True)):
        below += level
    return own | Q(step__execution__in=below)


def _why(model: str, paid: Decimal) -> str:
    provider, _, name = model.partition(":")
    if provider == LOCAL:
        return "runs on this machine and costs nothing"
    rates = rates_of(provider, name)
    if rates is None:
        return "its price is not known, so nothing is counted" if not paid else "its price is not known today"
    prices = f"{words.money(float(rates.input.base))} in, {words.money(float(rates.output.base))} out"
    return f"{prices} for a million tokens, by today's prices"
