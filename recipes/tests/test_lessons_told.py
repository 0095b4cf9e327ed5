"""Whose first agent is told what earlier runs taught, whatever started the run; where people and programs see it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from recipes.engine.lessons_told import HEADING
from recipes.lessons.services import add_lesson, forget_lesson
from recipes.models import Execution, Lesson, Recipe, Schedule
from recipes.tasks import follow_runs, run_schedules
from recipes.tests.kit import Cast
from recipes.tests.quality_cases import CASES
from recipes.tests.quality_kit import ended_run
from recipes.tests.test_engine import claim, done, failed
from recipes.tests.test_loops import begun, cast_recipe
from recipes.tests.test_quality_doors import client_of, in_workspace
from recipes.tests.test_schedules import make_late
from recipes.tests.test_sub_recipes import child_of, inner, outer
from recipes.tests.test_triggers import TOPIC, form_of
from recipes.tests.test_webhooks import standard
from recipes.triggers.trigger_services import TriggerInput, add_trigger
from tools.models import ComposioConnection, ComposioEntity, ComposioEvent, ComposioTrigger

WORDS = "Mind the gap."


def topical(cast: Cast) -> Recipe:
    return cast.recipe("Write of {input.topic}.", inputs=TOPIC)


def by_form(cast: Cast) -> Recipe:
    trigger, path = form_of(cast, audience="link")
    add_lesson(recipe=trigger.recipe, user=cast.owner, text=WORDS)
    assert Client().post(path, {"input-topic": "tides"}).status_code == 302
    return trigger.recipe


def by_webhook(cast: Cast) -> Recipe:
    recipe = topical(cast)
    trigger, secret = add_trigger(recipe=recipe, user=cast.owner, data=TriggerInput(name="Issues", kind="webhook"))
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    body = json.dumps({"topic": "tides"}).encode()
    headers = standard(secret, body)
    assert Client().post(f"/hooks/{trigger.pk}", body, "application/json", headers=headers).status_code == 202
    return recipe


def by_app(cast: Cast) -> Recipe:
    entity = ComposioEntity.objects.create(workspace=cast.workspace, entity_id=uuid4().hex)
    connection = ComposioConnection.objects.create(
        workspace=cast.workspace, entity=entity, app="github", status="active", account_id=uuid4().hex
    )
    event = ComposioTrigger.objects.create(
        workspace=cast.workspace, connection=connection, slug="GITHUB_ISSUE", trigger_id=uuid4().hex
    )
    recipe = topical(cast)
    data = TriggerInput(name="Issues", kind="app", input_map={"topic": "issue.title"}, listens_to=str(event.pk))
    add_trigger(recipe=recipe, user=cast.owner, data=data)
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    ComposioEvent.objects.create(
        workspace=cast.workspace, message_id=uuid4().hex, kind="trigger", trigger=event, app="github",
        data={"issue": {"title": "Tides"}},
    )  # fmt: skip
    follow_runs()
    return recipe


def by_the_end_of_a_run(cast: Cast) -> Recipe:
    before, recipe = cast.recipe("Write."), topical(cast)
    data = TriggerInput(
        name="Then", kind="recipe", config={"on": ["completed"]}, input_map={"topic": "output"},
        listens_to=str(before.pk),
    )  # fmt: skip
    add_trigger(recipe=recipe, user=cast.owner, data=data)
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    ended_run(cast, before, CASES[0], completed_at=timezone.now())
    follow_runs()
    return recipe


def by_schedule(cast: Cast) -> Recipe:
    recipe = topical(cast)
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    schedule = Schedule.objects.create(
        workspace=cast.workspace, recipe=recipe, owner=cast.owner, name="Hourly", cron="0 * * * *", time_zone="UTC",
        input_data={"topic": "tides"}, missed_policy="run_once",
    )  # fmt: skip
    make_late(schedule, hours=2)
    run_schedules()
    return recipe


def by_page(cast: Cast) -> Recipe:
    recipe = cast.recipe("Write.")
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    address = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/cook/"
    assert client_of(cast).post(address, {}).status_code == 302
    return recipe


def by_api(cast: Cast) -> Recipe:
    recipe = topical(cast)
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    execute(cast, recipe, topic="tides")
    return recipe


def execute(cast: Cast, recipe: Recipe, **given: Any) -> Execution:
    """A run that the API starts."""
    address = f"/api/workflow-recipes/{recipe.pk}/execute"
    body = {"input_data": given}
    answer = client_of(cast).post(address, body, "application/json", headers=in_workspace(cast))
    assert answer.status_code == 202, answer.content
    return Execution.objects.get(pk=answer.json()["execution_id"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "start",
    [by_page, by_api, by_form, by_webhook, by_app, by_schedule, by_the_end_of_a_run],
    ids=lambda one: one.__name__,
)
def test_whatever_starts_a_run_its_first_agent_is_told_the_lessons(start: Callable[[Cast], Recipe]) -> None:
    recipe = start(Cast())
    run = Execution.objects.get(recipe=recipe)
    (job,) = [job for job in claim() if job.execution_id == run.pk]
    assert job.task.messages[-1].content.endswith(f"{HEADING}\n\n- {WORDS}")


@pytest.mark.django_db(transaction=True)
def test_lessons_are_a_part_of_the_context_that_the_api_and_the_kitchen_show() -> None:
    cast = Cast()
    recipe, client = cast.recipe("Write of {input.topic}.", "Shorten it.", inputs=TOPIC), client_of(cast)
    add_lesson(recipe=recipe, user=cast.owner, text=WORDS)
    source = ended_run(cast, recipe, CASES[0])
    source.refresh_from_db()
    outside = Lesson.objects.create(
        workspace=cast.workspace, recipe=recipe, text="The page is slow.", key="x", execution=source,
        origins=["https://example.org/"],
    )  # fmt: skip
    path = f"/api/workflow-recipes/{recipe.template_id}/assembled-context"
    told = client.get(path, {"input_data": '{"topic": "tides"}'}, headers=in_workspace(cast)).json()
    run = execute(cast, recipe, topic="tides")
    (job,) = claim()
    system, prompt = job.task.messages[0].content, job.task.messages[-1].content
    assert (told["system_prompt"], told["prompt"], told["step_id"]) == (system, prompt, "step_1")
    assert [one["text"] for one in told["lessons"]] == ["The page is slow.", WORDS]
    assert told["lessons"][0]["execution_id"] == str(source.pk)
    assert told["lessons_tokens"] > 10
    done(job, "Long")
    steps = client.get(f"/api/executions/{run.pk}", headers=in_workspace(cast)).json()["step_results"]
    assert steps[0]["prompt"] == prompt
    assert [(one["text"], one["origins"]) for one in steps[0]["lessons"]] == [
        ("The page is slow.", ["https://example.org/"]), (WORDS, []),
    ]  # fmt: skip
    assert steps[1]["lessons"] == []
    page = f"/w/{cast.workspace.slug}/runs/{run.pk}/?step=1"
    assert "told\n        2 lessons" in client.get(page).content.decode()
    forget_lesson(recipe=recipe, lesson_id=outside.pk)
    shown = client.get(f"{page}&tab=prompt").content.decode()
    part = shown.partition("Lessons in this prompt")[2].partition("</section>")[0]
    assert all(text in part for text in (WORDS, f"run {source.label}", "forgotten since", "https://example.org/"))
    assert "Lessons in this prompt" not in client.get(page.replace("step=1", "step=2&tab=prompt")).content.decode()
    lessons = client.get(f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/lessons/").content.decode()
    assert "Write of tides." in lessons
    assert "1 of at most 10" in lessons


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["[1]", "{", '"x"', "nonsense"])
def test_inputs_that_are_no_object_are_refused_by_name(text: str) -> None:
    cast = Cast()
    path = f"/api/workflow-recipes/{cast.recipe('Write.').pk}/assembled-context"
    answer = client_of(cast).get(path, {"input_data": text}, headers=in_workspace(cast))
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["input_data"])


@pytest.mark.django_db
def test_a_run_that_goes_on_is_told_the_lessons_of_now() -> None:
    cast = Cast()
    recipe = cast.recipe("One", "Two")
    old = add_lesson(recipe=recipe, user=cast.owner, text="Old words.")
    run = execute(cast, recipe)
    (job,) = claim()
    assert "Old words." in job.task.messages[-1].content
    failed(job)
    forget_lesson(recipe=recipe, lesson_id=old.pk)
    add_lesson(recipe=recipe, user=cast.owner, text="New words.")
    for path in ("retry", "rerun"):
        body = {"from_step": "1"} if path == "rerun" else {}
        answer = client_of(cast).post(
            f"/api/executions/{run.pk}/{path}", body, "application/json", headers=in_workspace(cast)
        )
        assert answer.status_code == 202, answer.content
        (job,) = claim()
        assert job.task.messages[-1].content == f"One\n\n{HEADING}\n\n- New words."
        (job,) = done(job, "one")
        assert HEADING not in job.task.messages[-1].content
        done(job, "two")


@pytest.mark.django_db
def test_a_step_inside_a_loop_is_told_and_told_anew() -> None:
    cast = Cast()
    step = {"agent_id": cast.agent.id, "prompt_template": "Count {item}", "under": "rounds", "branch": "body"}
    loop = {"kind": "loop", "step_id": "rounds", "config": {"over": "[1]"}}
    recipe = cast_recipe(cast, [loop, step])
    old = add_lesson(recipe=recipe, user=cast.owner, text="Old words.")
    run = execute(cast, recipe)
    (job,) = begun()
    assert "- Old words." in job.task.messages[-1].content
    done(job, "one")
    forget_lesson(recipe=recipe, lesson_id=old.pk)
    add_lesson(recipe=recipe, user=cast.owner, text="New words.")
    body = {"from_step": "rounds"}
    answer = client_of(cast).post(
        f"/api/executions/{run.pk}/rerun", body, "application/json", headers=in_workspace(cast)
    )
    assert answer.status_code == 202, answer.content
    (job,) = begun()
    assert job.task.messages[-1].content.endswith("- New words.")


@pytest.mark.django_db
def test_a_recipe_inside_is_told_its_own_lessons() -> None:
    cast = Cast()
    recipe = inner(cast)
    add_lesson(recipe=recipe, user=cast.owner, text="Write of fish.")
    execution = cast.cook(outer(cast, recipe))
    done(claim()[0], "the sea")
    (job,) = begun()
    assert job.task.messages[-1].content == f"Write the sea, 5 words\n\n{HEADING}\n\n- Write of fish."
    assert child_of(execution).steps.order_by("order")[0].config is not None
