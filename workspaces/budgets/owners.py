"""What budgets may limit. Recipes, agents and runs belong to other apps, which say what they are called and cost."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Protocol
from uuid import UUID

from django.apps import apps
from django.utils.module_loading import import_string


class Owner(Protocol):
    """A kind of things with budgets. Its app's config names it in `budget_owners`, by the budget's scope."""

    def names(self, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What those of the workspace are called; the others are left out."""
        ...

    def all(self, workspace_id: UUID, most: int) -> Sequence[tuple[UUID, str]]:
        """Ids and names of those a person may choose from, by name."""
        ...

    def spent(self, workspace_id: UUID, key: UUID, since: datetime | None) -> Decimal:
        """US dollars that one of them took since then, or ever."""
        ...


@cache
def owners() -> dict[str, Owner]:
    """By the budget's scope."""
    paths = {scope: path for config in apps.get_app_configs() for scope, path in _named(config).items()}
    return {scope: import_string(path)() for scope, path in paths.items()}


def _named(config: object) -> Mapping[str, str]:
    named: Mapping[str, str] = getattr(config, "budget_owners", {})
    return named


def owner_of(scope: str) -> Owner:
    """The owner of a budget's scope."""
    return owners()[scope]
