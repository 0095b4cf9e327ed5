"""How long runs are kept: said before, set by admins, carried out in batches, never for a run under way."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from automatos.storage import objects
from recipes.models import Event, Execution
from recipes.runs import retention
from recipes.tests.test_input_files import execute
from tools.files import run_folder
from workspaces.models import AuditEntry, Role, Workspace
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db(transaction=True)


def aged(company: Company, number: int, days: int, **columns: Any) -> list[Execution]:
    """Runs of the company that ended so many days ago."""
    at = timezone.now() - timedelta(days=days)
    run = Execution.objects.filter(workspace=company.workspace).latest("created_at")
    plain: dict[str, Any] = {"recipe_id": run.recipe_id, "recipe_name": "Brief", "recipe_version": 1, "total_steps": 0}
    plain |= {"unfinished_steps": 0, "triggered_by": "api", "deadline_at": at, "created_at": at, "completed_at": at}
    rows = [
        Execution(workspace=company.workspace, **{"status": "completed", **plain, **columns}) for _ in range(number)
    ]
    return Execution.objects.bulk_create(rows)


def test_what_is_past_goes_in_batches_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    company, other = Company(), Company()
    for one in (company, other):
        recipe = one.recipe("Read {input.report}", inputs={"report": {"type": "file"}})
        assert execute(one, recipe, {"report": SimpleUploadedFile("a.txt", b"12345")})[0] == 202
    address = f"/api/workspaces/{company.workspace.pk}/retention"
    assert company.viewer.get(address) == (200, {"keep_runs_days": None, "runs_past": 0})
    with_file = Execution.objects.get(workspace=company.workspace)
    old = timezone.now() - timedelta(days=90)
    Execution.objects.filter(pk=with_file.pk).update(status="failed", created_at=old, completed_at=old)
    aged(company, 9, 90)
    kept = aged(company, 2, 50) + aged(company, 1, 90, status="running", completed_at=None) + aged(other, 3, 90)
    young = aged(company, 1, 90, completed_at=timezone.now())
    # Said before: nothing is set by asking, and whoever may not set it cannot.
    assert company.viewer.get(f"{address}?days=60")[1] == {"keep_runs_days": 60, "runs_past": 10}
    assert company.editor.put(address, {"keep_runs_days": 60})[0] == 403
    assert company.outsider.get(address)[0] == 404
    for wrong in (29, 4000, "x", -1):
        status, answer = company.owner.put(address, {"keep_runs_days": wrong})
        assert (status, list(answer["error"]["fields"])) == (400, ["keep_runs_days"])
    assert company.owner.get(f"{address}?days=1")[0] == 400
    assert retention.sweep() == (0, False)
    assert company.owner.put(address, {"keep_runs_days": 60}) == (200, {"keep_runs_days": 60, "runs_past": 10})
    assert AuditEntry.objects.filter(action="workspace.updated", workspace_id=company.workspace.pk).exists()
    # More than a round takes: the next one follows.
    monkeypatch.setattr(retention, "RUNS_AT_ONCE", 3)
    monkeypatch.setattr(retention, "MOST_A_ROUND", 6)
    assert [retention.sweep() for _ in range(3)] == [(6, True), (4, False), (0, False)]
    left = set(Execution.objects.filter(workspace=company.workspace).values_list("pk", flat=True))
    assert left == {run.pk for run in [*kept[:3], *young]}
    assert Execution.objects.filter(workspace=other.workspace).count() == 4
    assert not objects.listing(run_folder(company.workspace.pk, with_file.pk))
    assert Workspace.objects.get(pk=company.workspace.pk).storage_bytes == 0
    assert not Event.objects.filter(execution=with_file).exists()
    assert company.owner.put(address, {"keep_runs_days": None})[1]["keep_runs_days"] is None


def test_the_page_says_how_many_would_go_before_it_is_set() -> None:
    company = Company()
    recipe = company.recipe("Hello")
    assert company.editor.post(f"/api/workflow-recipes/{recipe['template_id']}/execute", {})[0] == 202
    aged(company, 2, 90)
    page = f"/w/{company.workspace.slug}/settings/retention/"
    viewer, owner = Client(), Client()
    viewer.force_login(company.people[Role.VIEWER])
    owner.force_login(company.people[Role.OWNER])
    assert "Admins can change it" in viewer.get(page).content.decode()
    assert viewer.post(page, {"days": "60"}).status_code == 403
    assert owner.post(page, {"days": "5"}).status_code == 422
    asked = owner.post(page, {"days": "60"}).content.decode()
    assert "2 runs ended more than 60 days" in asked
    assert Workspace.objects.get(pk=company.workspace.pk).keep_runs_days is None
    assert owner.post(page, {"days": "60", "sure": "1"}).status_code == 302
    assert "60 days" in owner.get(page).content.decode()
    assert owner.post(page, {"days": ""}).status_code == 302
    assert Workspace.objects.get(pk=company.workspace.pk).keep_runs_days is None
