"""Statements of a workspace's own role, written by hand: what moderators and scans decide cannot be filled in."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from automatos.tests.app_role import app_role
from marketplace.models import PluginScan, PluginVersion
from marketplace.tests.desk_kit import Desk, package
from workspaces.scope.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
REFUSED = "row-level security"


def added(desk: Desk, table: str, row: Any, **columns: str) -> None:
    """A copy of the row, with these columns as SQL, added in the scope of its workspace."""
    values = {"id": "gen_random_uuid()", **columns}
    names = [field.column for field in row._meta.concrete_fields]
    chosen = ", ".join(values.get(name, name) for name in names)
    statement = f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM {table} WHERE id = %s"
    with app_role(), workspace_scope(desk.workspace.pk), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [row.pk])


@pytest.fixture
def submitted() -> tuple[Desk, PluginVersion]:
    desk = Desk()
    desk.submit(package())
    return desk, PluginVersion.objects.get(workspace=desk.workspace)


@pytest.mark.parametrize(
    "column",
    [
        {"first_reviewer_id": "submitted_by_id"},
        {"first_reason": "'fine'"},
        {"scan_id": "gen_random_uuid()"},
        {"worst": "'low'"},
        {"risk_score": "0"},
        {"static_score": "0"},
        {"card": """'[{"kind": "nothing"}]'"""},
        {"sha256": "'anything'"},
        {"signed_by_id": "gen_random_uuid()"},
    ],
    ids=lambda column: next(iter(column)),
)
def test_a_version_is_added_without_what_others_decide(
    submitted: tuple[Desk, PluginVersion], column: dict[str, str]
) -> None:
    desk, version = submitted
    added(desk, "plugin_versions", version, version="'1.0.1'")
    with pytest.raises(ProgrammingError, match=REFUSED):
        added(desk, "plugin_versions", version, version="'1.0.2'", **column)


@pytest.mark.parametrize(
    "column",
    [
        {"static_report": """'{"findings": []}'"""},
        {"findings": """'[{"rule": "x"}]'"""},
        {"rules_version": "'1'"},
        {"model_state": "'done'"},
        {"risk_score": "0"},
        {"finished_at": "now()"},
        {"sha256": f"'{'0' * 64}'"},
    ],
    ids=lambda column: next(iter(column)),
)
def test_a_scan_is_added_without_a_result(submitted: tuple[Desk, PluginVersion], column: dict[str, str]) -> None:
    desk, version = submitted
    scan = PluginScan.objects.get(version=version)
    added(desk, "plugin_security_scans", scan)
    with pytest.raises(ProgrammingError, match=REFUSED):
        added(desk, "plugin_security_scans", scan, **column)


def test_nobody_answers_for_a_version_of_another_workspace(submitted: tuple[Desk, PluginVersion]) -> None:
    desk, version = submitted
    PluginVersion.objects.filter(pk=version.pk).update(published_at=version.submitted_at, status="approved")
    other = Desk()
    statement = (
        "INSERT INTO plugin_answers (id, version_id, workspace_id, finding, text, updated_at) "
        "VALUES (gen_random_uuid(), %s, %s, '', 'all is well', now())"
    )

    def answer(where: Desk) -> None:
        with app_role(), workspace_scope(where.workspace.pk), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [version.pk, where.workspace.pk])

    with pytest.raises(ProgrammingError, match=REFUSED):
        answer(other)
    answer(desk)
