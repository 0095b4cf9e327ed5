"""What happens by itself stands in the audit log too: the ends of runs, what agents remember, what sweeps take away."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Memory
from automatos.testing import Stack
from recipes.models import Execution
from recipes.quality.tasks import sweep_assessments
from recipes.runs import ends, purging, retention
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.kit import Cast, ended, error_of, wait_for
from recipes.tests.test_retention import aged
from workspaces.audit.chain import verify
from workspaces.models import AuditEntry, Workspace
from workspaces.tests.rest import Company

LONG_AGO = timedelta(days=90)


def entries(workspace: Workspace, action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(workspace_id=workspace.pk, action=action).order_by("seq"))


def after(entry: AuditEntry) -> dict[str, Any]:
    assert entry.after is not None
    return dict(entry.after)


def test_each_end_of_a_run_is_recorded_once(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    stack.models.on("Fail", status=400, error="bad")
    stack.models.on("", reply="Done.")
    runs = [ended(cast.cook(cast.recipe(prompt))) for prompt in ("Write.", "Fail")]
    wait_for(lambda: len(entries(cast.workspace, "run.ended")) == len(runs))
    found = {entry.target_id: entry for entry in entries(cast.workspace, "run.ended")}
    said = [after(found[str(run.pk)]) for run in runs]
    assert [one["status"] for one in said] == ["completed", "failed"]
    assert said[1]["error"] == error_of(runs[1])["code"]
    assert {(entry.actor, entry.via) for entry in found.values()} == {("Automatos", "system")}
    assert not ends.record_end(cast.workspace.pk, runs[0].pk)
    assert verify(cast.workspace.pk).intact


def test_what_an_agent_remembers_is_recorded_without_its_text(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    with_tools(cast.agent, "remember")
    text = f"The soup is on, {'and on, ' * 30} with a planted word."
    stack.models.conversation("Note it", {"tool_calls": [call("remember", text=text)]}, {"reply": "Noted."})
    run = ended(cast.cook(cast.recipe("Note it")))
    memory = Memory.objects.get(workspace=cast.workspace)
    (entry,) = entries(cast.workspace, "memory.added")
    assert (entry.target_id, entry.actor, entry.via) == (str(memory.pk), "Agent Quill", "system")
    assert after(entry) == {"kind": "note", "origins": [], "run_id": str(run.pk)}
    assert "planted" not in str(vars(entry))


@pytest.mark.django_db(transaction=True)
def test_the_end_that_no_message_told_of_is_recorded_by_the_sweep() -> None:
    company = Company()
    recipe = company.recipe("Write.")
    run = company.editor.post(f"/api/workflow-recipes/{recipe['id']}/execute", {"input_data": {}})[1]["execution_id"]
    ago = timezone.now() - timedelta(minutes=1)
    Execution.objects.filter(pk=run).update(status="completed", completed_at=ago)
    sweep_assessments()
    sweep_assessments()
    (entry,) = entries(company.workspace, "run.ended")
    assert (entry.target_id, after(entry)["status"]) == (run, "completed")


@pytest.mark.django_db(transaction=True)
def test_what_sweeps_take_away_is_recorded_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    company, other = Company(), Company()
    for one in (company, other):
        recipe = one.recipe("Hello")
        assert one.editor.post(f"/api/workflow-recipes/{recipe['template_id']}/execute", {})[0] == 202
    aged(company, 5, 90)
    Workspace.objects.filter(pk=company.workspace.pk).update(keep_runs_days=60)
    monkeypatch.setattr(retention, "RUNS_AT_ONCE", 3)
    assert retention.sweep() == (5, False)
    assert [after(one)["number"] for one in entries(company.workspace, "run.purged")] == [3, 2]
    agent = other.agent(name="Gone")
    assert other.admin.delete(f"/api/agents/{agent['id']}")[0] == 204
    aged(other, 2, 90, deleted_at=timezone.now() - LONG_AGO)
    other.workspace.agents.filter(pk=agent["id"]).update(deleted_at=timezone.now() - LONG_AGO)
    purging.purge()
    assert [after(one) for one in entries(other.workspace, "run.purged")] == [{"number": 2}]
    (entry,) = entries(other.workspace, "agent.purged")
    assert (after(entry), entry.target, entry.via) == ({"number": 1}, other.workspace.name, "system")
    assert not entries(company.workspace, "agent.purged")
