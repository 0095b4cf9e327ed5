"""What starts recipes by itself, in a real browser: both themes, the widths, axe, silence; empty and full."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People, no_axe_violations
from recipes.editor import services as drafts
from recipes.models import RecipeTrigger, Schedule, ScheduleTick
from recipes.tests.kit import Cast
from recipes.triggers.delivery_services import take
from recipes.triggers.schedule_services import ScheduleInput, add_schedule
from workspaces.models import Role
from workspaces.scope.tenancy import workspace_scope

pytestmark = pytest.mark.browser


def kept(page: Page, name: str) -> None:
    """A picture for people to look at, where they say in which folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_the_pages_of_schedules_are_sound(people: People, stack: Stack) -> None:
    cast = Cast()
    inputs = {"topic": {"type": "string", "required": True}, "short": {"type": "boolean", "required": False}}
    recipe = cast.recipe("Write of {input.topic}.", inputs=inputs)
    needs = cast.recipe("Read {input.report}.", inputs={"report": {"type": "file"}, "also": {"type": "file"}})
    editor = people.member(cast.workspace, Role.EDITOR)
    base = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}"
    editor.check(f"{base}/triggers/")
    editor.check(f"/w/{cast.workspace.slug}/schedules/")
    given = {"topic": "tides " * 20}
    for name, cron, is_paused in (("Weekdays", "30 9 * * 1-5", False), ("A long name " * 9, "0 6 1 * *", True)):
        data = ScheduleInput(
            cron=cron, name=name, is_paused=is_paused, input_data=given, time_zone="America/Argentina/ComodRivadavia"
        )
        schedule = add_schedule(recipe=recipe, user=cast.owner, data=data)
    Schedule.objects.filter(pk=schedule.pk).update(suspended="Quill is paused. Take it up again first.")
    for hours, outcome in ((30, "started"), (6, "refused")):
        ScheduleTick.objects.create(
            workspace=cast.workspace, schedule=schedule, due_at=timezone.now() - timedelta(hours=hours),
            outcome=outcome, missed=3, reason="Quill is paused." if outcome == "refused" else "",
        )  # fmt: skip
    drafted = {**drafts.body_now(recipe, None), "schedule_config": {"type": "cron", "cron": "0 7 * * *"}}
    drafts.replace_body(recipe=recipe, body=drafted, writing=drafts.Writing(user=cast.owner))
    editor.check(f"{base}/triggers/", lambda page: page.get_by_text("Last times").click())
    filed = f"/w/{cast.workspace.slug}/recipes/{needs.template_id}/schedules/new/"
    editor.check(filed)
    kept(editor.open(filed, width=360), "schedule-file-360")
    editor.check(f"{base}/schedules/{schedule.pk}/")
    editor.check(f"/w/{cast.workspace.slug}/schedules/")
    kept(editor.open(f"{base}/triggers/"), "triggers-1440")
    kept(editor.open(f"{base}/triggers/", width=360, theme="dark"), "triggers-360")


def test_a_person_sees_the_next_times_while_typing(people: People, stack: Stack) -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    editor = people.member(cast.workspace, Role.EDITOR)
    page = editor.open(f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/schedules/new/")
    times = page.locator("#times")
    expect(times).to_contain_text("five fields")
    page.get_by_label("When").fill("0 9 * * 1-5")
    expect(times).to_contain_text("At 09:00 on Monday through Friday")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    expect(times).to_contain_text("by the clocks of Asia/Tokyo")
    expect(times.get_by_role("listitem")).to_have_count(5)
    page.get_by_label("When").fill("0 9 * * 1-")
    expect(times).to_contain_text("Bad day-of-week")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("One thing to fix")
    page.get_by_label("When").fill("0 9 * * 1-5")
    kept(page, "schedule-form-1440")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Schedules")).to_be_visible()
    expect(page.get_by_text("Active")).to_be_visible()


def test_the_pages_of_webhooks_are_sound(people: People, stack: Stack) -> None:
    cast = Cast()
    inputs = {"topic": {"type": "string", "required": True}, "short": {"type": "boolean", "required": False}}
    recipe = cast.recipe("Write of {input.topic}.", inputs=inputs)
    editor = people.member(cast.workspace, Role.EDITOR)
    base = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/triggers"
    page = editor.open(f"{base}/new/")
    page.get_by_label("Name", exact=True).fill("Issues of the tracker")
    page.get_by_label("Topic, from").fill("issue[")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Write a place in the body")
    page.get_by_label("Topic, from").fill("issue.title")
    kept(page, "webhook-form-1440")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Issues of the tracker is ready")).to_be_visible()
    no_axe_violations(page)
    expect(page.locator("#secret")).to_contain_text("whsec_")
    trigger = RecipeTrigger.objects.get(recipe=recipe)
    assert trigger.input_map == {"topic": "issue.title"}
    for key, body in (("id:a", {"issue": {"title": "Tides"}}), ("x" * 190, {"nothing": 1})):
        with workspace_scope(cast.workspace.pk):
            take(trigger, key, body, origins=["a webhook"])
    editor.check(f"{base}/")
    editor.check(f"{base}/{trigger.pk}/")
    editor.check(f"{base}/{trigger.pk}/deliveries/")
    page = editor.open(f"{base}/{trigger.pk}/deliveries/")
    kept(page, "deliveries-1440")
    page.get_by_role("listitem").filter(has_text="Started").get_by_role("button", name="Once more").click()
    expect(page.get_by_text("from a webhook")).to_be_visible()
    page.goto(f"{stack.url}{base}/")
    page.get_by_role("button", name="New secret").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    page.goto(f"{stack.url}{base}/")
    page.get_by_role("button", name="Remove Issues").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Issues of the tracker is back.")).to_be_visible()
