"""Usage: what a workspace holds of its plan and what its runs came to, counted from the rows themselves."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recipes.analytics.usage import usage
from recipes.models import Execution, ExecutionStep
from workspaces.models import Role, Workspace
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


def cooked(company: Company, recipe: dict[str, Any], *, days_ago: int = 0, status: str = "completed") -> None:
    """A run that is over: 30 tokens and 2 cents in its one step."""
    path = f"/api/workflow-recipes/{recipe['id']}/execute"
    run_id = company.editor.post(path, {"input_data": {}})[1]["execution_id"]
    cost: dict[str, Any] = {"input_tokens": 10, "output_tokens": 20, "cost": Decimal("0.02"), "status": status}
    when = timezone.now() - timedelta(days=days_ago)
    Execution.objects.filter(pk=run_id).update(created_at=when, **cost)
    ExecutionStep.objects.filter(execution_id=run_id).update(started_at=when, model="openai:test-model", **cost)


@pytest.fixture
def company() -> Company:
    company = Company()
    Workspace.objects.filter(pk=company.workspace.pk).update(plan="free", storage_bytes=1024**3 // 2)
    recipe = company.recipe("Write")
    for days_ago, status in ((0, "completed"), (0, "failed"), (29, "completed"), (31, "completed")):
        cooked(company, recipe, days_ago=days_ago, status=status)
    return company


def test_the_report_counts_limits_days_agents_and_models(company: Company) -> None:
    status, body = company.viewer.get(f"/api/workspaces/{company.workspace.pk}/usage")
    assert (status, body["plan"]) == (200, "free")
    used = {limit["name"]: (limit["used"], limit["limit"]) for limit in body["limits"]}
    assert used == {
        "agents": (1, 10),
        "recipes": (1, 10),
        "concurrent_runs": (0, 5),
        "storage_bytes": (1024**3 // 2, 1024**3),
    }
    assert (body["runs"], body["tokens"], Decimal(body["cost"])) == (3, 90, Decimal("0.06"))
    first, last = body["days"][0], body["days"][-1]
    assert len(body["days"]) == 30
    assert (first["runs"], last["runs"], last["completed"], last["failed"]) == (1, 2, 1, 1)
    assert [(one["name"], one["steps"], one["tokens"]) for one in body["agents"]] == [("Quill", 3, 90)]
    assert [(one["name"], Decimal(one["cost"])) for one in body["models"]] == [("openai:test-model", Decimal("0.06"))]


def test_a_strangers_usage_is_nobodys(company: Company) -> None:
    assert company.outsider.get(f"/api/workspaces/{company.workspace.pk}/usage")[0] == 404
    body = company.outsider.get(f"/api/workspaces/{company.elsewhere.pk}/usage")[1]
    assert (body["runs"], body["agents"]) == (0, [])


def test_the_page_shows_the_same(company: Company) -> None:
    client = Client()
    client.force_login(company.people[Role.VIEWER])
    text = client.get(f"/w/{company.workspace.slug}/settings/usage/").content.decode()
    for shown in ("Plan Free", "1 of 10", "512 MB of 1 GB", "3 runs, 90 tokens", "openai:test-model"):
        assert shown in text
    client.force_login(company.stranger)
    assert client.get(f"/w/{company.workspace.slug}/settings/usage/").status_code == 404
    empty = client.get(f"/w/{company.elsewhere.slug}/settings/usage/").content.decode()
    assert "Nothing cooked in 30 days" in empty


def test_more_rows_take_no_more_queries(company: Company) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        usage(company.workspace)
    for number in range(5):
        agent = company.agent(name=f"Pen {number}")
        cooked(company, company.recipe("Write", agent_id=agent["id"]))
    with CaptureQueriesContext(connection) as many:
        usage(company.workspace)
    assert len(few) == len(many) == 8
