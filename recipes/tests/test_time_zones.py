"""In which time zone a person reads times: the browser's, until they choose one; it is said beside them."""

import csv
import io
from datetime import UTC, datetime

import pytest

from recipes.models import Execution
from recipes.tests.kit import Cast
from recipes.tests.test_dashboard import browser_of, ran
from recipes.tests.test_run_list import step_of
from workspaces.audit import log as audit
from workspaces.models import AuditEntry, User

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def test_a_person_who_chose_a_zone_reads_every_page_in_it_whatever_browser_they_sit_at() -> None:
    cast = Cast()
    run = ran(cast, cast.recipe("one"))
    other = ran(cast, cast.recipe("two"))
    for one in (run, other):
        step_of(one, "completed")
    Execution.objects.filter(pk__in=[run.pk, other.pk]).update(created_at=LATE)
    root, client = f"/w/{cast.workspace.slug}/", browser_of(cast.owner)
    pages = (
        f"{root}runs/",
        f"{root}runs/?run={run.pk}",
        f"{root}runs/{run.pk}/",
        root,
        f"{root}runs/compare/?a={run.pk}&b={other.pk}",
    )
    for zone, clock, said in (("", "23:30", "UTC"), ("Asia/Tokyo", "08:30", "JST"), ("Europe/Berlin", "00:30", "CET")):
        client.cookies["zone"] = zone
        for page in pages:
            text = client.get(page).content.decode()
            assert clock in text, (zone, page)
            assert said in text or f"Times are {zone}." in text, (zone, page)
    profile = client.get("/accounts/").content.decode()
    assert "That of the browser: Europe/Berlin in this one" in profile
    assert client.post("/accounts/", {"name": "Lea", "time_zone": "America/New_York"}).status_code == 302
    for page in pages:
        text = client.get(page).content.decode()
        assert "18:30" in text, page
        assert "EST" in text or "Times are America/New_York." in text, page
    entry = AuditEntry.objects.filter(action="account.time_zone_chosen").get()
    assert (entry.before, entry.after) == ({"time_zone": ""}, {"time_zone": "America/New_York"})


def test_an_unknown_zone_is_refused_and_a_form_without_one_leaves_it() -> None:
    cast = Cast()
    client = browser_of(cast.owner)
    answer = client.post("/accounts/", {"name": "Lea", "time_zone": "Mars/Base"})
    assert (answer.status_code, "There is no such time zone." in answer.content.decode()) == (422, True)
    User.objects.filter(pk=cast.owner.pk).update(time_zone="Asia/Tokyo")
    assert client.post("/accounts/", {"name": "Lea"}).status_code == 302
    assert User.objects.get(pk=cast.owner.pk).time_zone == "Asia/Tokyo"
    assert client.post("/accounts/", {"name": "Lea", "time_zone": ""}).status_code == 302
    assert User.objects.get(pk=cast.owner.pk).time_zone == ""


def test_days_of_the_audit_log_and_new_schedules_go_by_the_persons_zone() -> None:
    cast = Cast()
    User.objects.filter(pk=cast.owner.pk).update(time_zone="Pacific/Kiritimati")
    audit.record("agent.updated", workspace_id=cast.workspace.pk, target=("agent", "1", "Quill"))
    entry = AuditEntry.objects.filter(workspace_id=cast.workspace.pk).latest("seq")
    ahead = entry.at.timestamp() + 14 * 3600
    day = datetime.fromtimestamp(ahead, UTC).date()
    root, client = f"/w/{cast.workspace.slug}/", browser_of(cast.owner)
    page = f"{root}settings/audit/?since={day}&until={day}"
    assert f'id="entry-{entry.seq}"' in client.get(page).content.decode()
    assert "+14" in client.get(page).content.decode()
    recipe = cast.recipe("Write of it.")
    form = client.get(f"{root}recipes/{recipe.template_id}/schedules/new/").content.decode()
    assert '<option value="Pacific/Kiritimati" selected>' in form


def test_an_export_says_its_zone_in_every_time() -> None:
    cast = Cast()
    run = ran(cast, cast.recipe("one"))
    Execution.objects.filter(pk=run.pk).update(created_at=LATE)
    User.objects.filter(pk=cast.owner.pk).update(time_zone="Asia/Tokyo")
    answer = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/export.csv?from=2026-11-21&to=2026-11-21")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert row["created_at"] == "2026-11-20T23:30:00.000000Z"
