"""Budgets over REST and on their pages, and the gate for calls of models outside of runs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from automatos.llm.types import Message, ModelReply, ModelRequest, Usage
from workspaces.budgets import gate
from workspaces.budgets.gate import Kind, passage
from workspaces.budgets.queries import budget_warnings
from workspaces.budgets.reserving import BudgetReached
from workspaces.models import AuditEntry, ModelUsage, Reservation, Role, Spend
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db
NOTHING = Decimal(0)
MODEL = "openai:gpt-4o"


@pytest.fixture
def company() -> Company:
    return Company()


def made(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"scope": "workspace", "period": "month", "limit": "5", **fields}
    status, answer = caller.post("/api/budgets", body)
    assert status == 201, answer
    found: dict[str, Any] = answer
    return found


def test_a_budget_is_set_listed_changed_and_removed(company: Company) -> None:
    recipe = company.recipe("Write")
    own = made(company.admin)
    assert (own["scope_id"], own["name"]) == (str(company.workspace.pk), company.workspace.name)
    assert [Decimal(own[name]) for name in ("limit", "spent", "reserved")] == [5, 0, 0]
    made(company.admin, scope="Recipe", scope_id=recipe["id"], period="run")
    items = company.viewer.get("/api/budgets?limit=10")[1]["items"]
    assert [(one["scope"], one["name"]) for one in items] == [
        ("workspace", company.workspace.name),
        ("recipe", "Brief"),
    ]
    assert [one["scope"] for one in company.viewer.get("/api/budgets?scope=recipe")[1]["items"]] == ["recipe"]
    path = f"/api/budgets/{own['id']}"
    assert Decimal(company.admin.patch(path, {"limit": "7.5"})[1]["limit"]) == Decimal("7.5")
    assert company.outsider.get(path)[0] == company.outsider.patch(path, {"limit": "9"})[0] == 404
    assert company.admin.delete(path)[0] == 204
    assert company.admin.get(path)[0] == 404
    actions = AuditEntry.objects.filter(workspace_id=company.workspace.pk, action__startswith="budget.")
    assert sorted(actions.values_list("action", flat=True)) == [
        "budget.changed", "budget.created", "budget.created", "budget.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"limit": "0"}, 400, "limit"),
        ({"limit": "lots"}, 400, "limit"),
        ({"limit": "NaN"}, 400, "limit"),
        ({"scope": "planet"}, 400, "scope"),
        ({"period": "year"}, 400, "period"),
        ({"scope": "recipe"}, 400, "scope_id"),
        ({"scope": "agent", "scope_id": "00000000-0000-4000-8000-000000000000"}, 400, "scope_id"),
        ({"scope": "run", "period": "day", "scope_id": "00000000-0000-4000-8000-000000000000"}, 400, "period"),
        ({"scope": "\u0000", "limit": "1"}, 400, "scope"),
    ],
)
def test_what_cannot_be_is_refused_by_name(company: Company, body: Any, status: int, field: str) -> None:
    fields = {"scope": "workspace", "period": "month", "limit": "5", **body}
    answer = company.admin.post("/api/budgets", fields)
    assert answer[0] == status
    assert field in str(answer[1]["error"])


def test_one_budget_for_one_thing_and_only_admins_set_it(company: Company) -> None:
    made(company.admin)
    again = {"scope": "workspace", "period": "month", "limit": "6"}
    assert company.admin.post("/api/budgets", again)[1]["error"]["code"] == "budget_exists"
    assert company.editor.post("/api/budgets", again)[0] == 403


def test_calls_outside_of_runs_are_held_back_settled_and_counted(company: Company) -> None:
    own = made(company.admin, limit="1")
    workspace_id = company.workspace.pk
    spend = Spend.objects.filter(budget_id=own["id"])
    with passage(workspace_id, Kind.TRIAL, MODEL, {}, most=Decimal("0.4"), seconds=9) as call:
        assert spend.get().reserved == Decimal("0.4")
        call.replied(ModelReply("Yes.", MODEL, "stop", Usage(100, 10), Decimal("0.85")))
    assert (spend.get().reserved, spend.get().spent) == (NOTHING, Decimal("0.85"))
    assert not Reservation.objects.exists()
    row = ModelUsage.objects.get(workspace=workspace_id)
    assert (row.kind, row.calls, row.input_tokens, row.cost) == ("trial", 1, 100, Decimal("0.85"))
    (warning,) = budget_warnings(company.workspace)
    assert (warning.what, round(warning.percent)) == ("The workspace", 85)
    request = ModelRequest(MODEL, (Message("user", "Hello"),), max_tokens=100_000)
    with pytest.raises(BudgetReached, match="budget of the workspace for a month"):
        gate.call_model(request, workspace_id=workspace_id, kind=Kind.PROPOSAL)
    usage = company.viewer.get(f"/api/workspaces/{workspace_id}/usage")[1]
    assert [(one["kind"], one["calls"]) for one in usage["others"]] == [("trial", 1)]
    assert (Decimal(usage["cost"]), usage["tokens"]) == (Decimal("0.85"), 110)


def test_the_pages_set_show_change_and_remove_a_budget(company: Company) -> None:
    client, home = Client(), f"/w/{company.workspace.slug}/settings/budgets/"
    client.force_login(company.people[Role.ADMIN])
    assert "Set the first budget" in client.get(home).content.decode()
    target = f"workspace:{company.workspace.pk}"
    refused = client.post(f"{home}new/", {"target": target, "period": "month", "limit": "lots"})
    assert refused.status_code == 422
    assert "Use an amount" in refused.content.decode()
    client.post(f"{home}new/", {"target": target, "period": "month", "limit": "1,000"})
    budget = company.workspace.budgets.get()
    month = f"{datetime.now(UTC):%Y-%m}"
    Spend.objects.create(workspace=company.workspace, budget=budget, window=month, spent="900", reserved="1")
    text = client.get(home).content.decode()
    for shown in ("$900.00 of $1,000.00 for a month", "$1.00 held back", "Nearly used up"):
        assert shown in text
    client.post(f"{home}{budget.pk}/", {"limit": "2000"})
    assert "$900.00 of $2,000.00" in client.get(home).content.decode()
    client.force_login(company.people[Role.VIEWER])
    assert "Remove" not in client.get(home).content.decode()
    assert client.post(f"{home}{budget.pk}/delete/").status_code == 403
    client.force_login(company.people[Role.ADMIN])
    assert "Nothing limits it" in client.get(f"{home}{budget.pk}/delete/").content.decode()
    client.post(f"{home}{budget.pk}/delete/")
    assert not company.workspace.budgets.exists()
