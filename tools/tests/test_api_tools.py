"""The list of tools over REST."""

import pytest

from tools.builtin import BUILTIN
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def test_a_viewer_sees_every_tool_with_its_schema(company: Company) -> None:
    status, body = company.viewer.get("/api/tools")
    assert status == 200
    assert [item["name"] for item in body["items"]] == list(BUILTIN)
    assert body["total"] == len(BUILTIN)
    calculator = next(item for item in body["items"] if item["name"] == "calculator")
    assert set(calculator) == {"name", "title", "description", "schema", "effects"}
    assert calculator["schema"]["required"] == ["expression"]
    assert calculator["effects"] == "none"


def test_nobody_else_sees_or_changes_them(company: Company) -> None:
    assert company.anonymous.get("/api/tools")[0] == 401
    assert company.outsider.get(f"/api/tools?workspace_id={company.workspace.pk}")[0] == 404
    assert company.owner.post("/api/tools", {})[0] == 405
