"""Lists at the API: `limit`, `offset`, `search`, `ordering`, and the shape they come back in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from automatos.checking import Problems
from automatos.errors import InvalidInput

Row = TypeVar("Row", bound=Model)
MOST = 100
USUAL = 25
FARTHEST = 1_000_000_000
# From here on pages are found by their keys first.
FAR = 1000


def number(request: Request, name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from the query; InvalidInput naming the parameter when it is not one within low and high."""
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 18 and low <= int(text) <= high:
        return int(text)
    cure = f"Use a whole number from {low} to {high:,}."
    raise InvalidInput(f"{name}: {cure}", fields={name: [cure]})


def choice(request: Request, name: str, choices: Iterable[str]) -> str:
    """A word from the query in any case, empty when absent; InvalidInput listing the choices when it is none."""
    value, choices = request.query_params.get(name, ""), list(choices)
    value = value.lower() if value.lower() in choices else value
    if value:
        problems = Problems()
        problems.choice(name, value, choices)
        problems.raise_any()
    return value


def searched(rows: QuerySet[Row], request: Request, columns: Sequence[str]) -> QuerySet[Row]:
    """The rows that contain every word of `search` in one of the columns."""
    for word in request.query_params.get("search", "").split()[:10]:
        matches = Q()
        for column in columns:
            matches |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(matches)
    return rows


def ordered(rows: QuerySet[Row], request: Request, allowed: Sequence[str]) -> QuerySet[Row]:
    """The rows by `ordering`, one allowed column, `-` in front for descending; as they are without it."""
    ordering = choice(request, "ordering", [sign + name for name in allowed for sign in ("", "-")])
    return rows.order_by(ordering, "pk") if ordering else rows


def listing(
    request: Request,
    rows: QuerySet[Row],
    item: type[serializers.Serializer[Any]],
    *,
    prepare: Callable[[Sequence[Row]], Sequence[Any]] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Response:
    """One page of the rows, each as `item` shows it. prepare: turns the page's rows into what `item` takes.

    context: what `item` is told of who asks.
    """
    limit = number(request, "limit", USUAL, low=1, high=MOST)
    offset = number(request, "offset", 0, low=0, high=FARTHEST)
    total = rows.count()
    span = slice(offset, offset + limit)
    if offset >= total:
        page = []
    elif offset > FAR:
        # Whole rows are fetched for the page alone; what is passed over is found in an index, where there is one.
        page = list(rows.filter(pk__in=list(rows.values_list("pk", flat=True)[span])))
    else:
        page = list(rows[span])
    return Response(
        {
            "items": item(prepare(page) if prepare else page, many=True, context=dict(context or {})).data,
            **paging(request, total, limit, offset),
        }
    )


def paging(request: Request, total: int, limit: int, offset: int) -> dict[str, Any]:
    """What a page of a list says about the others: how many entries there are, and where the next ones stand."""
    return {
        "total": total,
        "limit": limit,
        "offset": offset,
        "next": address(request, limit, offset + limit) if offset + limit < total else None,
        "previous": address(request, limit, max(0, offset - limit)) if offset > 0 else None,
    }


def address(request: Request, limit: int, offset: int) -> str:
    """Where another page of the same list stands."""
    limited = replace_query_param(request.build_absolute_uri(), "limit", str(limit))
    return str(replace_query_param(limited, "offset", str(offset)))


@cache
def page_of(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The documented shape of a list of such items."""
    name = item.__name__.removesuffix("Out")
    fields = {
        "__doc__": f"One page of {name} entries.",
        "items": item(many=True),
        "total": serializers.IntegerField(help_text="How many there are in all."),
        "limit": serializers.IntegerField(),
        "offset": serializers.IntegerField(),
        "next": serializers.CharField(allow_null=True, help_text="Address of the next page."),
        "previous": serializers.CharField(allow_null=True, help_text="Address of the page before."),
    }
    return type(f"{name}Page", (serializers.Serializer,), fields)


def list_parameters(
    *, search: bool = True, orderings: Sequence[str] = (), filters: Mapping[str, Sequence[str]] | None = None
) -> list[OpenApiParameter]:
    """The documented query parameters of a list. filters: name and its values; no values means free text."""
    parameters = [
        OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST}, by default {USUAL}."),
        OpenApiParameter("offset", OpenApiTypes.INT, description="How many to leave out from the start."),
    ]
    if search:
        parameters.append(OpenApiParameter("search", str, description="Words that all have to occur."))
    if orderings:
        enum = [sign + name for name in orderings for sign in ("", "-")]
        parameters.append(OpenApiParameter("ordering", str, enum=enum))
    for name, values in (filters or {}).items():
        parameters.append(OpenApiParameter(name, str, enum=list(values) or None))
    return parameters
