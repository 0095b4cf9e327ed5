"""Takes away one of the two walls between workspaces, so that the other is seen to hold alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import FullResultSet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE
from automatos.tests import app_role
from workspaces.models import Workspace
from workspaces.scope import tenancy

# The session's own role: in tests a superuser, whom no policy binds.
EVERYTHING = "none"


def drop_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's compiled WHERE loses each comparison of a workspace's column with a value.

    A lookup that raises FullResultSet is left out of the statement, as Django does with conditions that are always
    true. Joins (a column compared with a column) stay, since without them a statement has another meaning.
    """
    for lookup in (Exact, In):
        _wrap(monkeypatch, lookup)


def _wrap(monkeypatch: pytest.MonkeyPatch, lookup: Any) -> None:
    compiled = lookup.as_sql

    def as_sql(self: Any, compiler: Any, connection: Any, *args: Any) -> Any:
        if _is_of_workspace(self.lhs) and not hasattr(self.rhs, "resolve_expression"):
            raise FullResultSet
        return compiled(self, compiler, connection, *args)

    monkeypatch.setattr(lookup, "as_sql", as_sql)


def _is_of_workspace(left: Any) -> bool:
    if not isinstance(left, Col):
        return False
    target = left.target
    return target.name in ("workspace", "workspace_id") or (target.model is Workspace and target.primary_key)


@contextmanager
def without_policies() -> Iterator[None]:
    """For a while, as `drop_policies`."""
    with pytest.MonkeyPatch.context() as patch:
        drop_policies(patch)
        yield


def drop_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every scope keeps the superuser's role, so row-level security filters nothing; only our own filters do."""
    monkeypatch.setattr(tenancy, "APP_ROLE", EVERYTHING)
    monkeypatch.setattr(tenancy, "SYSTEM_ROLE", EVERYTHING)
    monkeypatch.setattr(app_role, "APP_ROLE", EVERYTHING)


def with_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes `drop_policies` back."""
    monkeypatch.setattr(tenancy, "APP_ROLE", APP_ROLE)
    monkeypatch.setattr(tenancy, "SYSTEM_ROLE", SYSTEM_ROLE)
    monkeypatch.setattr(app_role, "APP_ROLE", APP_ROLE)
