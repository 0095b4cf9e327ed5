"""Schedules at work: each tick starts one run, whoever looks and however late; doors, rights and pages."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from automatos.testing import Stack
from automatos.tests.app_role import app_role
from recipes.models import Execution, Schedule, ScheduleTick
from recipes.tasks import run_schedules
from recipes.tests.kit import Cast, ended
from recipes.tests.test_quality_doors import client_of
from recipes.triggers.queries import next_schedules
from workspaces.models import AuditEntry, Membership, Role
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db(transaction=True)
HOURLY = {"cron": "0 * * * *"}


def schedule_of(company: Company, recipe: dict[str, Any], **body: Any) -> Schedule:
    status, made = company.editor.post(f"/api/workflow-recipes/{recipe['id']}/schedules", {**HOURLY, **body})
    assert status == 201, made
    return Schedule.objects.get(pk=made["id"])


def make_late(schedule: Schedule, **ago: float) -> None:
    """As if nobody had looked for so long."""
    due_at = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(**ago)
    Schedule.objects.filter(pk=schedule.pk).update(next_due_at=due_at, look_at=due_at)


def runs_of(schedule: Schedule) -> list[Execution]:
    return list(Execution.objects.filter(trigger_id=schedule.pk).order_by("created_at"))


@pytest.mark.parametrize(("policy", "runs"), [("skip", 0), ("run_once", 1), ("run_all", 24)])
def test_two_beats_at_once_after_a_day_without_any_start_each_tick_once(policy: str, runs: int) -> None:
    company = Company()
    schedule = schedule_of(company, company.recipe("Write."), missed_policy=policy, name="Early")
    make_late(schedule, hours=23)
    ready, failures = threading.Barrier(4), list[BaseException]()

    def beat() -> None:
        try:
            ready.wait(30)
            with app_role():
                run_schedules()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for one in beats:
        one.start()
    for one in beats:
        one.join()
    assert not failures
    run_schedules()
    ticks = list(ScheduleTick.objects.filter(schedule=schedule).order_by("due_at"))
    started = [tick for tick in ticks if tick.outcome == "started"]
    assert len(started) == len(runs_of(schedule)) == len({tick.execution_id for tick in started})
    if policy == "skip":
        assert len(started) in (0, 1)  # the one of this hour where it is not five minutes past it
    else:
        assert len(started) == runs
    assert sum(tick.missed + 1 for tick in ticks) == 24
    schedule.refresh_from_db()
    assert schedule.next_due_at is not None
    assert timedelta(0) < schedule.next_due_at - timezone.now() <= timedelta(hours=1)


def test_a_tick_that_is_looked_at_again_starts_no_second_run() -> None:
    company = Company()
    schedule = schedule_of(company, company.recipe("Write."), missed_policy="run_once")
    make_late(schedule, hours=1)
    run_schedules()
    tick = ScheduleTick.objects.get(schedule=schedule)
    # As if the first time had been forgotten.
    Schedule.objects.filter(pk=schedule.pk).update(next_due_at=tick.due_at, look_at=tick.due_at)
    run_schedules()
    assert len(runs_of(schedule)) == 1
    assert ScheduleTick.objects.filter(schedule=schedule).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduleTick.objects.create(
            workspace=company.workspace, schedule=schedule, due_at=tick.due_at, outcome="started"
        )


def test_a_worker_cooks_what_a_schedule_starts(stack: Stack) -> None:
    cast = Cast()
    recipe = cast.recipe("Write of {input.topic}.", inputs={"topic": {"type": "string", "required": True}})
    schedule = Schedule.objects.create(
        workspace=cast.workspace, recipe=recipe, owner=cast.owner, name="Hourly", cron="0 * * * *", time_zone="UTC",
        input_data={"topic": "tides"}, missed_policy="run_once",
    )  # fmt: skip
    make_late(schedule, hours=2)
    run_schedules()
    (run,) = runs_of(schedule)
    run = ended(run)
    assert run.status == "completed", run.error
    assert (run.triggered_by, run.user, run.input_data) == ("schedule", cast.owner, {"topic": "tides"})


def _leave(company: Company, recipe: dict[str, Any]) -> None:
    Membership.objects.filter(user=company.people[Role.EDITOR]).delete()


def _demote(company: Company, recipe: dict[str, Any]) -> None:
    Membership.objects.filter(user=company.people[Role.EDITOR]).update(role=Role.VIEWER)


def _delete(company: Company, recipe: dict[str, Any]) -> None:
    assert company.admin.delete(f"/api/workflow-recipes/{recipe['id']}")[0] == 204


def _pause_agent(company: Company, recipe: dict[str, Any]) -> None:
    agent = recipe["steps"][0]["agent_id"]
    assert company.editor.post(f"/api/agents/{agent}/status", {"status": "paused"})[0] == 200


def _ask_more(company: Company, recipe: dict[str, Any]) -> None:
    inputs = {"topic": {"type": "string", "required": True}}
    assert company.editor.patch(f"/api/workflow-recipes/{recipe['id']}", {"inputs": inputs})[0] == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_leave, "not a member"),
        (_demote, "viewer"),
        (_delete, "deleted"),
        (_pause_agent, "paused"),
        (_ask_more, "topic"),
    ],
)
def test_what_cannot_start_is_suspended_and_says_why(change: Any, words: str) -> None:
    company = Company()
    recipe = company.recipe("Write.")
    schedule = schedule_of(company, recipe, missed_policy="run_all")
    change(company, recipe)
    make_late(schedule, hours=3)
    run_schedules()
    run_schedules()
    schedule.refresh_from_db()
    assert runs_of(schedule) == []
    assert schedule.state == "suspended"
    assert words in schedule.suspended
    assert (schedule.next_due_at, schedule.look_at) == (None, None)
    (tick,) = ScheduleTick.objects.filter(schedule=schedule)
    assert (tick.outcome, words in tick.reason) == ("refused", True)
    assert AuditEntry.objects.filter(workspace_id=company.workspace.pk, action="schedule.suspended").count() == 1
    # Somebody who may lets it go on, on their own behalf, and nothing is made good that stood still.
    if change in (_leave, _demote):
        path = f"/api/workflow-recipes/{recipe['id']}/schedules/{schedule.pk}"
        status, body = company.admin.patch(path, {"is_paused": False})
        assert (status, body["state"], body["owner"]) == (200, "active", company.people[Role.ADMIN].email)
        run_schedules()
        assert runs_of(schedule) == []


def test_a_full_plan_keeps_the_tick_until_there_is_room(settings: Any) -> None:
    company = Company()
    recipe = company.recipe("Write.")
    schedule = schedule_of(company, recipe, missed_policy="run_all")
    company.workspace.plan = "free"
    company.workspace.save()
    make_late(schedule, hours=23)
    run_schedules()
    held = len(runs_of(schedule))
    assert 0 < held < 24
    Execution.objects.filter(trigger_id=schedule.pk).update(status="completed", completed_at=timezone.now())
    Schedule.objects.filter(pk=schedule.pk).update(look_at=timezone.now())
    run_schedules()
    assert len(runs_of(schedule)) == min(24, 2 * held)
    assert ScheduleTick.objects.filter(schedule=schedule, outcome="refused").count() == 0


def test_the_doors_make_change_list_and_remove() -> None:
    company = Company()
    recipe = company.recipe("Write of {input.topic}.", inputs={"topic": {"type": "string", "required": True}})
    base = f"/api/workflow-recipes/{recipe['template_id']}/schedules"
    good = {"cron": "30 9 * * 1-5", "time_zone": "Europe/Berlin", "name": "Weekdays", "input_data": {"topic": "tides"}}
    status, made = company.editor.post(base, {**good, "missed_policy": "RUN_ONCE"})
    assert status == 201, made
    assert (made["explained"], made["missed_policy"]) == ("At 09:30 on Monday through Friday", "run_once")
    assert len(made["next_times"]) == 5
    for body, field in (
        ({**good, "cron": "61 * * * *"}, "cron"),
        ({**good, "time_zone": "Mars/Base"}, "time_zone"),
        ({**good, "missed_policy": "later"}, "missed_policy"),
        ({**good, "input_data": {}}, "input_data.topic"),
        ({**good, "input_data": {"topic": "a\x00b"}}, "input_data.topic"),
        ({**good, "name": "n" * 121}, "name"),
        ({**good, "crom": "* * * * *"}, "crom"),
        ({}, "cron"),
    ):
        status, answer = company.editor.post(base, body)
        assert (status, field in answer["error"]["fields"]) == (400, True), answer
    one = f"{base}/{made['id']}"
    status, changed = company.editor.patch(one, {"is_paused": True})
    assert (status, changed["state"], changed["next_times"], changed["cron"]) == (200, "paused", [], good["cron"])
    assert company.editor.patch(one, {"cron": "x"})[0] == 400
    assert company.viewer.get(base)[1]["items"] == [changed]
    assert company.viewer.post(base, good)[0] == company.viewer.patch(one, {})[0] == 403
    status, times = company.viewer.get(f"{base}/times?cron=0%20*%20*%20*%20*&time_zone=Europe/Berlin")
    assert (status, len(times["next_times"]), times["explained"]) == (200, 5, "At the start of every hour")
    assert company.viewer.get(f"{base}/times?cron=nonsense")[0] == 400
    assert company.editor.delete(one)[0] == 204
    assert company.editor.get(one)[0] == 404
    assert company.editor.post(f"{one}/restore")[0] == 200
    assert company.viewer.get(f"{one}/ticks")[1]["items"] == []
    assert company.outsider.get(one)[0] == company.outsider.patch(one, {})[0] == 404
    assert company.editor.get(f"{base}/{uuid4()}")[0] == 404


def test_the_pages_show_add_pause_remove_and_undo() -> None:
    cast = Cast()
    recipe = cast.recipe("Write of {input.topic}.", inputs={"topic": {"type": "string", "required": True}})
    client, base = client_of(cast), f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}"
    assert "No schedule yet" in client.get(f"{base}/triggers/").content.decode()
    assert "Weekdays at 9:00" in client.get(f"{base}/schedules/new/").content.decode()
    times = client.get(f"{base}/schedules/times/?cron=0 9 * * 1-5&time_zone=Europe/Berlin").content.decode()
    assert times.count("09:00") == 6
    assert "five fields" in client.get(f"{base}/schedules/times/?cron=0 9").content.decode()
    form = {"cron": "0 9 * * 1", "time_zone": "Asia/Tokyo", "missed_policy": "skip", "name": "", "input-topic": ""}
    answer = client.post(f"{base}/schedules/new/", form)
    assert (answer.status_code, "This input is required." in answer.content.decode()) == (422, True)
    assert client.post(f"{base}/schedules/new/", {**form, "input-topic": "tides"}).status_code == 302
    schedule = Schedule.objects.get(recipe=recipe)
    assert (schedule.name, schedule.input_data, schedule.owner) == ("0 9 * * 1", {"topic": "tides"}, cast.owner)
    shown = client.get(f"{base}/triggers/").content.decode()
    assert shown.count(", 09:00</li>") == 5
    assert [one.pk for one in next_schedules(cast.workspace)] == [schedule.pk]
    assert "tides" in client.get(f"{base}/schedules/{schedule.pk}/").content.decode()
    edited = client.post(f"{base}/schedules/{schedule.pk}/", {**form, "name": "Mondays", "input-topic": "moon"})
    assert edited.status_code == 302
    for action, state in (("pause", "paused"), ("resume", "active")):
        client.post(f"{base}/schedules/{schedule.pk}/change/", {"action": action})
        schedule.refresh_from_db()
        assert (schedule.state, schedule.name, schedule.input_data) == (state, "Mondays", {"topic": "moon"})
    assert client.post(f"{base}/schedules/{schedule.pk}/change/", {"action": "explode"}).status_code == 404
    client.post(f"{base}/schedules/{schedule.pk}/change/", {"action": "remove"})
    assert "Undo" in client.get(f"{base}/triggers/").content.decode()
    assert next_schedules(cast.workspace) == []
    client.post(f"{base}/schedules/{schedule.pk}/change/", {"action": "restore"})
    assert "Mondays" in client.get(f"{base}/triggers/").content.decode()


def test_a_schedule_says_that_it_sends_no_files() -> None:
    company = Company()
    need, may = {"type": "file", "required": True}, {"type": "file", "required": False}
    recipe = company.recipe("Read {input.report} {input.also}", inputs={"report": need, "also": may})
    path = f"/api/workflow-recipes/{recipe['id']}/schedules"
    for sent, fields in (({}, ["report"]), ({"also": "a.csv"}, ["also", "report"])):
        status, body = company.editor.post(path, {**HOURLY, "input_data": sent})
        assert (status, sorted(body["error"]["fields"])) == (400, [f"input_data.{name}" for name in fields])
        assert "sends no files" in body["error"]["message"]
    pages = Client()
    pages.force_login(company.people[Role.EDITOR])
    page = f"/w/{company.workspace.slug}/recipes/{recipe['template_id']}/schedules/new/"
    for answer in (pages.get(page), pages.post(page, {"cron": "0 9 * * *", "time_zone": "UTC"})):
        shown = answer.content.decode()
        assert "This recipe cannot run on a schedule yet: it asks for a file." in shown
        assert "Also: a schedule sends no files; its runs start without it." in shown
        assert 'type="file"' not in shown
    assert answer.status_code == 422
    recipe = company.recipe("Read {input.also}", inputs={"also": may})
    make_late(schedule_of(company, recipe, missed_policy="run_once"), hours=1)
    run_schedules()
    assert Execution.objects.get(recipe_id=recipe["id"]).input_data == {"also": ""}
