"""What stands in the tables of some workspaces: whatever a stranger does, it stays as it is."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import connection, models

from workspaces.models import Membership, Workspace
from workspaces.tests.matrix_rows import planted_models

State = list[tuple[str, str]]


def state_of(workspaces: Iterable[Workspace]) -> State:
    """Every row of these workspaces as (table, JSON), in a fixed order. Asked as the owner of the tables."""
    ids = [workspace.pk for workspace in workspaces]
    connection.ensure_connection()
    # Past Django, which never lets PostgreSQL keep a plan; planning this takes longer than running it.
    return list(connection.connection.execute(_statement(), {"ids": ids}, prepare=True).fetchall())


@cache
def _statement() -> str:
    parts = [
        f"SELECT '{table}', to_jsonb(t)::text FROM {table} t WHERE {condition}"
        for table, condition in sorted(_conditions(), key=lambda pair: pair[0])
    ]
    return " UNION ALL ".join(parts) + " ORDER BY 1, 2"


def _conditions() -> Iterable[tuple[str, str]]:
    yield Workspace._meta.db_table, "id = ANY(%(ids)s)"
    for model in {*planted_models(), Membership, *_more()}:
        if condition := _of_workspace(model):
            yield model._meta.db_table, condition


def _more() -> list[Any]:
    from workspaces.models import Credential

    return [Credential]


def _of_workspace(model: type[models.Model], depth: int = 2) -> str:
    """A condition for a model's rows: by its own workspace, or by the row they hang under."""
    fields: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
    if any(field.column == "workspace_id" for field in fields):
        return "workspace_id = ANY(%(ids)s)"
    for field in fields:
        other: Any = field.related_model
        above = _of_workspace(other, depth - 1) if depth and field.remote_field.on_delete is models.CASCADE else ""
        if above:
            return f"{field.column} IN (SELECT id FROM {other._meta.db_table} WHERE {above})"
    return ""
