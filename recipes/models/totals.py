"""What a run came to with the runs inside of it: each row counts its own calls, and nothing is counted twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Count, JSONField, OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, JSONObject


@dataclass(frozen=True, slots=True)
class Totals:
    """Tokens, US dollars and calls of tools. inside: how many runs stand below."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    tool_calls: int = 0
    is_estimated: bool = False
    inside: int = 0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost + other.cost,
            self.tool_calls + other.tool_calls,
            self.is_estimated or other.is_estimated,
            self.inside + other.inside,
        )


def sums_of(runs: QuerySet[Any]) -> Totals:
    """What these runs came to, added up, each by its own calls."""
    found = runs.order_by().aggregate(**_SUMS)
    return _read({name: value for name, value in found.items() if value is not None})


def with_inside(runs: QuerySet[Any]) -> QuerySet[Any]:
    """The runs, each at the top with what stands below it, for `Execution.whole`, in the same statement."""
    below = runs.model._base_manager.filter(root_id=OuterRef("pk")).order_by().values("root_id")
    sums = below.annotate(sums=JSONObject(**{**_SUMS, "cost": Cast(Sum("cost"), TextField())})).values("sums")
    found: QuerySet[Any] = runs.annotate(inside=Subquery(sums, output_field=JSONField()))
    return found


def read_inside(found: Mapping[str, Any] | None) -> Totals:
    """What the annotation of `with_inside` says."""
    return _read(found or {})


_SUMS: dict[str, Any] = {
    "input_tokens": Sum("input_tokens"),
    "output_tokens": Sum("output_tokens"),
    "cost": Sum("cost"),
    "tool_calls": Sum("tool_calls"),
    "is_estimated": BoolOr("is_estimated"),
    "inside": Count("pk"),
}


def _read(found: Mapping[str, Any]) -> Totals:
    return Totals(**{**found, "cost": Decimal(found.get("cost", 0))})
