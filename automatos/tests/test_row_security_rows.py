"""The policies of every table, tried on a row of each: no row moves to, or points into, another workspace."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

from automatos.tests.test_row_security import protected
from workspaces.models import Workspace
from workspaces.scope import tenancy
from workspaces.tests.matrix import World
from workspaces.tests.matrix_rows import Company, planted_models

pytestmark = pytest.mark.django_db
REFUSED = "row-level security"


def refusal(statement: str, parameters: list[Any]) -> str:
    """Why it is refused; empty when it is not. Nothing of it stays."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error)
    return ""


def pointing(model: type[models.Model]) -> list[Any]:
    """Its foreign keys to tables that have policies, but for the workspace itself."""
    keys: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
    known = protected()
    return [key for key in keys if key.related_model._meta.db_table in known and key.related_model is not Workspace]


def test_no_row_can_be_given_to_another_workspace(world: World) -> None:
    tried = 0
    with tenancy.workspace_scope(world.ours.workspace.pk):
        for model in planted_models():
            if any(field.column == "workspace_id" for field in model._meta.concrete_fields):
                table = model._meta.db_table
                why = refusal(f"UPDATE {table} SET workspace_id = %s", [world.theirs.workspace.pk])
                assert REFUSED in why or "permission denied" in why, f"{table}: {why or 'it was not refused'}"
                tried += 1
    assert tried > 15


def test_no_row_can_point_into_another_workspace(world: World) -> None:
    """PostgreSQL checks foreign keys past all policies, so each policy has to look at what a row points to."""
    tried, open_ones = 0, []
    with tenancy.workspace_scope(world.ours.workspace.pk):
        for model in planted_models():
            for key in pointing(model):
                target = id_of(world.theirs, key.related_model)
                if target is None:
                    continue
                table, own = model._meta.db_table, world.ours.rows[model.__name__].pk
                why = refusal(f"UPDATE {table} SET {key.column} = %s WHERE {model._meta.pk.column} = %s", [target, own])
                if REFUSED not in why and "permission denied" not in why:
                    open_ones.append(f"{table}.{key.column}: {why or 'it was not refused'}")
                tried += 1
    assert tried > 20
    assert not open_ones, "\n".join(open_ones)


def id_of(company: Company, model: type[models.Model]) -> Any:
    """The id of the company's row; None where it has none."""
    row = company.rows.get(model.__name__)
    return row.pk if row else None


def test_no_row_of_another_workspace_can_be_read_changed_or_removed(world: World) -> None:
    assert len(planted_models()) > 20
    with tenancy.workspace_scope(world.ours.workspace.pk), connection.cursor() as cursor:
        for model in planted_models():
            theirs, table = world.theirs.rows[model.__name__].pk, model._meta.db_table
            key = model._meta.pk.column
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {key} = %s", [theirs])
            assert cursor.fetchone() == (0,), table
            for statement in (
                f"UPDATE {table} SET {key} = {key} WHERE {key} = %s",
                f"DELETE FROM {table} WHERE {key} = %s",
            ):
                assert unchanged(statement, [theirs]), statement


def unchanged(statement: str, parameters: list[Any]) -> bool:
    """Whether it finds no row to change, or is not allowed to a process at all."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return bool(cursor.rowcount == 0)
    except DatabaseError as error:
        return "permission denied" in str(error)
