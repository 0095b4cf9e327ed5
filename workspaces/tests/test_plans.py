"""Plans: what a workspace may hold and do at once, exactly, and in words that say what to do."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from automatos.errors import PlanLimit
from automatos.testing import Stack
from workspaces.limits import plans
from workspaces.models import AuditEntry, Role, Workspace
from workspaces.tests.http import ask
from workspaces.tests.rest import Company, Json


def on_plan(company: Company, plan: str = "free") -> Company:
    Workspace.objects.filter(pk=company.workspace.pk).update(plan=plan)
    return company


@pytest.fixture
def company(db: None) -> Company:
    return on_plan(Company())


def error_of(answer: tuple[int, Any]) -> tuple[int, str, str]:
    status, body = answer
    return status, body["error"]["code"], body["error"]["message"]


def test_one_agent_more_than_the_plan_holds_is_refused_in_words(company: Company) -> None:
    for number in range(10):
        company.agent(name=f"Quill {number}")
    status, code, message = error_of(company.editor.post("/api/agents", {"name": "One more"}))
    assert (status, code) == (402, "plan_limit")
    assert "The plan Free holds 10 agents, and this workspace has 10. Delete an agent" in message
    on_plan(company, "team")
    assert company.editor.post("/api/agents", {"name": "One more"})[0] == 201


def test_one_recipe_more_than_the_plan_holds_is_refused(company: Company) -> None:
    agent = company.agent()["id"]
    for _ in range(10):
        company.recipe("Write", agent_id=agent)
    body = {"name": "More", "steps": [{"agent_id": agent, "order": 1, "prompt_template": "Write"}]}
    assert error_of(company.editor.post("/api/workflow-recipes", body))[:2] == (402, "plan_limit")


def test_a_deleted_agent_makes_room_and_comes_back_only_into_room(company: Company, client: Any) -> None:
    made = [company.agent(name=f"Quill {number}")["id"] for number in range(10)]
    assert company.admin.delete(f"/api/agents/{made[0]}")[0] == 204
    company.agent(name="In its place")
    client.force_login(company.people[Role.ADMIN])
    answer = client.post(f"/w/{company.workspace.slug}/agents/{made[0]}/restore/")
    assert answer.status_code == 402
    assert "The plan Free holds 10 agents" in answer.content.decode()
    assert company.viewer.get("/api/agents")[1]["total"] == 10


def test_the_page_keeps_what_was_typed_when_the_plan_is_full(company: Company, client: Any) -> None:
    for number in range(10):
        company.agent(name=f"Quill {number}")
    client.force_login(company.people[Role.EDITOR])
    first = client.post(f"/w/{company.workspace.slug}/agents/new/")["Location"]
    client.post(first, {"name": "Eleventh", "category": "general", "do": "go:skills"})
    answer = client.post(first.replace("/config/", "/skills/"), {"do": "create"})
    assert answer.status_code == 402
    assert "The plan Free holds 10 agents" in answer.content.decode()
    assert 'value="Eleventh"' in client.get(first).content.decode()


def test_more_runs_than_the_plan_cooks_at_once_have_to_wait(company: Company) -> None:
    recipe = company.recipe("Write")
    path = f"/api/workflow-recipes/{recipe['id']}/execute"
    started = [company.editor.post(path, {"input_data": {}}) for _ in range(5)]
    assert {status for status, _ in started} == {202}
    refused = company.editor.client.post(path, {"input_data": {}}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "plan_limit")
    assert refused.headers["Retry-After"] == "5"
    assert "cooks 5 runs at once, and 5 are cooking" in refused.json()["error"]["message"]
    cancel = f"/api/workflow-recipes/{recipe['id']}/executions/{started[0][1]['execution_id']}/cancel"
    assert company.editor.post(cancel)[0] == 200
    assert company.editor.post(path, {"input_data": {}})[0] == 202


def test_storage_is_counted_and_refused_when_it_is_full(company: Company) -> None:
    plans.require_storage(company.workspace, plans.GIGABYTE - 10)
    with (
        pytest.raises(PlanLimit, match=r"1 GB of files, and 1,024 MB are used\. Delete documents"),
        transaction.atomic(),
    ):
        plans.require_storage(Workspace.objects.get(pk=company.workspace.pk), 11)
    plans.require_storage(company.workspace, 10)
    plans.release_storage(company.workspace, 2 * plans.GIGABYTE)
    assert Workspace.objects.get(pk=company.workspace.pk).storage_bytes == 0


def test_the_operators_command_changes_the_plan_on_record(company: Company) -> None:
    out = StringIO()
    call_command("plan", company.workspace.slug, "team", stdout=out)
    assert out.getvalue() == f"{company.workspace.name} is on the plan Team.\n"
    entry = AuditEntry.objects.get(action="workspace.plan_changed", workspace_id=company.workspace.pk)
    assert (entry.before, entry.after, entry.via) == ({"plan": "free"}, {"plan": "team"}, "command")
    with pytest.raises(CommandError):
        call_command("plan", "nowhere", "team")


def test_a_workspace_without_limits_asks_the_database_nothing(company: Company) -> None:
    on_plan(company, "unlimited")
    workspace = Workspace.objects.get(pk=company.workspace.pk)
    connection.queries_log.clear()
    connection.force_debug_cursor = True
    plans.require_room(workspace, "agents", lambda: pytest.fail("counted"))
    connection.force_debug_cursor = False
    assert not connection.queries


@pytest.fixture
def held_models(stack: Stack) -> Iterator[Stack]:
    """The running product, whose models answer nothing, so that every run goes on."""
    stack.models.clear()
    hold = stack.models.hold()
    yield stack
    hold.release()
    stack.models.clear()


@pytest.mark.slow
@pytest.mark.parametrize(("what", "most"), [("agents", 10), ("runs", 5)])
def test_of_parallel_requests_exactly_as_many_pass_as_there_is_room(held_models: Stack, what: str, most: int) -> None:
    company = Company()
    path, body, statuses = "/api/agents", Json(name="Quill"), (201, 402)
    if what == "runs":
        recipe = company.recipe("Write")
        path, body, statuses = f"/api/workflow-recipes/{recipe['id']}/execute", Json(input_data={}), (202, 429)
    on_plan(company)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(held_models, path, key=company.editor.key, body=body)[0], range(40)))
    assert Counter(answers) == dict(zip(statuses, (most, 40 - most), strict=True))
