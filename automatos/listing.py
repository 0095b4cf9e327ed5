"""What every list page shares: reading search words and choices from its address, and cutting it into pages."""

from collections.abc import Iterable
from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import QueryDict

PAGE_SIZE = 24
LONGEST_SEARCH = 200

Row = TypeVar("Row", bound=Model)


def words(query: QueryDict, name: str = "q") -> str:
    """The search words, safe for the database."""
    return query.get(name, "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def choice(query: QueryDict, name: str, choices: Iterable[str], otherwise: str = "") -> str:
    """The value when it is one of the choices, else `otherwise`: an old or mistyped address still shows a list."""
    value = query.get(name, "")
    return value if value in set(choices) else otherwise


def page_of(rows: QuerySet[Row], query: QueryDict, *, total: int | None = None) -> Page[Row]:
    """The page that `?page=` asks for; the last one when there are fewer. total: how many there are, where known."""
    pages: Paginator[Row] = Paginator(rows, PAGE_SIZE)
    if total is not None:
        pages.count = total
    return pages.get_page(query.get("page"))
