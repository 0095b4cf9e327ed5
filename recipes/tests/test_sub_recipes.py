"""Recipes inside recipes: pinned, bounded, and one with the run above in its end, its stop and its time."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from automatos.testing import Stack
from recipes.engine import turns
from recipes.engine.steps import Outcome
from recipes.models import Call, Execution, Recipe
from recipes.runs import services
from recipes.services import as_input, update_recipe
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output, wait_for
from recipes.tests.test_engine import ME, claim, done, failed, reply
from recipes.tests.test_loops import begun, cast_recipe
from workspaces.models import Role
from workspaces.tests.rest import Caller, Company, key_of


def inner(cast: Cast) -> Recipe:
    return cast.recipe("Write {input.topic}, {input.words} words", "Mend {previous_output}",
                       inputs={"topic": {"required": True}, "words": {"type": "integer", "default": 9}})  # fmt: skip


def outer(cast: Cast, recipe: Recipe, **step: Any) -> Recipe:
    config = {"recipe": recipe.template_id, "inputs": {"topic": "{plan}", "words": "{input.n}"}}
    return cast_recipe(
        cast,
        [
            {"agent_id": cast.agent.id, "prompt_template": "Plan", "output_key": "plan"},
            {"kind": "recipe", "step_id": "inside", "output_key": "text", "config": config, **step},
            {"agent_id": cast.agent.id, "prompt_template": "Close {text}"},
        ],
        inputs={"n": {"type": "integer", "default": 5}},
    )


def child_of(execution: Execution) -> Execution:
    return Execution.objects.get(parent_step__execution=execution)


@pytest.mark.django_db
def test_a_step_cooks_the_version_it_is_pinned_to() -> None:
    cast = Cast()
    recipe = inner(cast)
    whole = outer(cast, recipe)
    saved = whole.steps.get(step_id="inside").config or {}
    assert (saved["recipe"], saved["version"]) == (str(recipe.pk), 1)
    update_recipe(recipe=recipe, user=cast.owner, data=replace(as_input(cast.recipe("Other")), template_id=""))
    execution = cast.cook(whole)
    done(claim()[0], "the sea")
    (job,) = begun()
    child = child_of(execution)
    assert (child.root_id, child.depth, child.recipe_version, child.user) == (execution.pk, 1, 1, cast.owner)
    assert job.task.messages[-1].content == "Write the sea, 5 words"
    held = execution.steps.get(step_id="inside")
    assert (held.status, held.owner) == ("running", None)
    (last,) = done(job, "wavs")
    turn = turns.take_turn(ME, [Outcome(last.step_id, last.fence, reply=reply("waves"))], 10)
    assert turn.more, "the step above goes on at once, and not at the next poll"
    (job,) = begun()
    assert job.task.messages[-1].content == "Close waves"
    done(job, "closed")
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", "closed")
    assert "subrun.started" in assert_numbered_without_gap(execution)
    assert_numbered_without_gap(child)
    assert execution.steps.get(step_id="inside").output == "waves"


@pytest.mark.django_db
def test_what_happens_above_and_below() -> None:
    cast = Cast()
    recipe = inner(cast)
    whole = outer(cast, recipe)
    # The child fails: the step does, as its error handling says.
    execution = cast.cook(whole)
    done(claim()[0], "plan")
    failed(begun()[0])
    begun()
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "sub_run_failed")
    # Going on begins it anew, and the plan is taken over.
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    status, made = api.post(f"/api/executions/{execution.pk}/retry")
    assert status == 202
    (job,) = begun()
    again = Execution.objects.get(pk=made["execution_id"])
    assert (job.execution_id, child_of(again).status) == (child_of(again).pk, "running")
    # Paused and stopped from above, all of it is.
    services.pause(execution=again, user=cast.owner)
    assert done(job, "text") == []
    assert [run.status for run in (Execution.objects.get(pk=again.pk), child_of(again))] == ["waiting", "waiting"]
    services.resume(execution=again, user=cast.owner)
    assert len(begun()) == 1
    services.cancel(execution=again, user=cast.owner)
    assert (child_of(again).status, again.status) == ("cancelled", "cancelled")


@pytest.mark.django_db
def test_what_a_recipe_inside_had_finished_is_taken_over() -> None:
    cast = Cast()
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))

    def again(execution: Execution, way: str = "retry", **body: Any) -> Execution:
        status, made = api.post(f"/api/executions/{execution.pk}/{way}", body or None)
        assert status == 202, made
        return Execution.objects.get(pk=made["execution_id"])

    execution = cast.cook(outer(cast, inner(cast), error_handling="retry", max_retries=1))
    done(claim()[0], "plan")
    failed(done(begun()[0], "wavs")[0])
    begun()
    # Another attempt of the step, in the same run.
    execution.steps.filter(step_id="inside").update(runnable_at=timezone.now())
    (job,) = begun()
    assert (job.task.messages[-1].content, execution.steps.get(step_id="inside").attempt) == ("Mend wavs", 2)
    failed(job)
    begun()
    # Another run that goes on from it, and one from that.
    for _ in range(2):
        execution = again(execution)
        (job,) = begun()
        child = child_of(execution)
        first = child.steps.get(order=1)
        assert (job.task.messages[-1].content, first.output, first.input_tokens) == ("Mend wavs", "wavs", 0)
        assert (child.unfinished_steps, child.source is None, first.taken_from is None) == (1, False, False)
        execution.steps.filter(step_id="inside").update(error_handling="stop")
        failed(job)
        begun()
    # Told something else, or begun at anew, it takes nothing over.
    other = again(execution, "rerun", from_step="1", overrides={"input_data": {"n": 7}})
    done(begun()[0], "plan")
    assert begun()[0].task.messages[-1].content == "Write plan, 7 words"
    assert child_of(other).source is None
    again(execution, "rerun", from_step="inside")
    assert begun()[0].task.messages[-1].content == "Write plan, 5 words"


@pytest.mark.django_db
def test_its_time_is_that_of_the_run_above() -> None:
    cast = Cast()
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    execution = cast.cook(outer(cast, inner(cast)))
    Execution.objects.filter(pk=execution.pk).update(deadline_at=timezone.now() + timedelta(seconds=50))
    done(claim()[0], "plan")
    begun()
    child = child_of(execution)
    assert child.deadline_at <= timezone.now() + timedelta(seconds=50)
    Execution.objects.filter(pk__in=[child.pk, execution.pk]).update(deadline_at=timezone.now())
    turns.end_overdue()
    begun()
    execution.refresh_from_db()
    assert (child_of(execution).status, error_of(execution)["code"]) == ("failed", "sub_run_failed")
    shown = api.get(f"/api/executions/{child.pk}")[1]
    assert (shown["parent_execution_id"], shown["root_id"]) == (str(execution.pk), str(execution.pk))
    assert all(one["execution_id"] != str(child.pk) for one in api.get("/api/executions")[1]["items"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["pause", "cancel"])
def test_a_recipe_inside_that_begins_at_that_moment_is_held_too(act: str) -> None:
    cast = Cast()
    inside = {"recipe": inner(cast).template_id, "inputs": {"topic": "x"}}
    execution = cast.cook(cast_recipe(cast, [{"kind": "recipe", "config": inside}]))

    def is_awaited() -> bool:
        with connection.cursor() as cursor:
            # Not of pg_stat_activity: inside a transaction it shows only those who were there when it was asked first.
            cursor.execute("SELECT pg_backend_pid() = ANY(pg_blocking_pids(pid)) FROM pg_locks WHERE NOT granted")
            return (True,) in cursor.fetchall()

    def hold() -> None:
        getattr(services, act)(execution=execution, user=cast.owner)
        connection.close()

    thread = threading.Thread(target=hold)
    with transaction.atomic():
        turns.take_turn(ME, [], 1)
        thread.start()
        wait_for(is_awaited, 30)
    thread.join(30)
    assert begun() == []
    child = child_of(execution)
    assert (child.status, child.paused_at is None) == {"pause": ("waiting", False), "cancel": ("cancelled", True)}[act]


@pytest.mark.django_db
@pytest.mark.parametrize("timeout", [600, 3600])
def test_time_that_a_recipe_inside_stood_still_is_given_back_once(timeout: int) -> None:
    cast = Cast()
    recipe = cast.recipe("Write {input.topic}", "Mend it", inputs={"topic": {}},
                         execution_config={"total_timeout": timeout})  # fmt: skip
    steps = [
        {"kind": "recipe", "config": {"recipe": recipe.template_id, "inputs": {"topic": topic}}} for topic in ("x", "y")
    ]
    last = {"agent_id": cast.agent.id, "prompt_template": "Close {step_1_output} {step_2_output}"}
    settings = {"mode": "parallel", "total_timeout": 1000}
    whole = cast_recipe(cast, [*steps, last], execution_config=settings)

    def inside(run: Execution) -> Any:
        return Execution.objects.filter(root_id=run.pk)

    def left(run: Execution) -> float:
        run.refresh_from_db()
        return (run.deadline_at - timezone.now()).total_seconds()

    # Both stand for longer than the run above may take, at the same moment, and its own clock goes on.
    execution = cast.cook(whole)
    second = [job for first in begun() for job in done(first)]
    Execution.objects.filter(pk=execution.pk).update(deadline_at=F("deadline_at") - timedelta(seconds=1100))
    inside(execution).update(created_at=F("created_at") - timedelta(seconds=1100))
    for job in second:
        done(job, limit=0)
    turns.end_overdue()
    assert len(begun()) == 1
    assert left(execution) == pytest.approx(1000, abs=5)
    # All of it is paused so long.
    execution = cast.cook(whole)
    first = begun()
    services.pause(execution=execution, user=cast.owner)
    assert [done(job) for job in first] == [[], []]
    inside(execution).update(created_at=F("created_at") - timedelta(seconds=300))
    services.resume(execution=execution, user=cast.owner)
    for job in begun():
        done(job)
    assert len(begun()) == 1
    assert left(execution) == pytest.approx(1000, abs=5)


@pytest.mark.django_db
def test_a_run_without_its_parent_is_cancelled() -> None:
    cast = Cast()
    steps: list[dict[str, Any]] = [
        {"kind": "recipe", "config": {"recipe": inner(cast).template_id, "inputs": {"topic": "x"}}},
        {"agent_id": cast.agent.id, "prompt_template": "Beside"},
    ]
    execution = cast.cook(cast_recipe(cast, steps, execution_config={"mode": "parallel"}))
    beside = next(job for job in begun() if job.execution_id == execution.pk)
    failed(beside)
    assert child_of(execution).status == "running"
    turns.end_orphans()
    assert child_of(execution).status == "cancelled"


@pytest.mark.django_db
def test_what_is_wrong_with_a_recipe_inside_is_named() -> None:
    company, other = Company(), Company()
    api, agent = company.editor, company.agent()["id"]
    foreign = other.editor.post(
        "/api/workflow-recipes", {"name": "X", "steps": [{"agent_id": other.agent()["id"], "prompt_template": "x"}]}
    )[1]
    base = {"name": "One", "inputs": {"topic": {"required": True}},
            "steps": [{"agent_id": agent, "prompt_template": "Do {input.topic}"}]}  # fmt: skip
    first = api.post("/api/workflow-recipes", base)[1]

    def wraps(key: str, name: str, **config: Any) -> tuple[int, Any]:
        given = {"recipe": key, "inputs": {"topic": "{input.topic}"}, **config}
        return api.post("/api/workflow-recipes", {**base, "name": name, "steps": [{"kind": "recipe", "config": given}]})

    for config, field in [
        ({"recipe": "nowhere"}, "recipe"), ({"recipe": foreign["id"]}, "recipe"), ({"recipe": 7}, "recipe"),
        ({"version": 2}, "version"), ({"version": "1"}, "version"), ({"inputs": {}}, "inputs"),
        ({"inputs": {"topic": "{gone}"}}, "inputs"), ({"inputs": {"topic": "x", "more": "y"}}, "inputs"),
        ({"inputs": []}, "inputs"), ({"leaves": "all"}, "leaves"), ({"more": 1}, "more"),
    ]:  # fmt: skip
        status, answer = wraps(first["id"], "Wrong", **config)
        assert (status, f"steps.0.config.{field}" in answer["error"]["fields"]) == (400, True), (config, answer)
    key = first["id"]
    for depth in range(5):
        status, made = wraps(key, f"Wrap {depth}")
        assert status == 201, made
        key = made["id"]
    status, answer = wraps(key, "Too deep")
    assert (status, "5 deep" in answer["error"]["fields"]["steps.0.config.recipe"][0]) == (400, True)
    loop = [{"kind": "recipe", "config": {"recipe": key, "inputs": {"topic": "x"}}}]
    status, answer = api.patch(f"/api/workflow-recipes/{first['id']}", {"steps": loop})
    assert (status, "cook itself" in answer["error"]["fields"]["steps.0.config.recipe"][0]) == (400, True)


@pytest.mark.slow
@pytest.mark.chaos
def test_a_worker_killed_inside_loses_nothing(stack: Stack) -> None:
    room = Room(stack)
    cast, word = room.cast, room.cast.workspace.slug
    recipe = cast.recipe(f"inner {word} {{input.topic}}", inputs={"topic": {}})
    steps: list[dict[str, Any]] = [
        {"kind": "loop", "step_id": "each", "config": {"over": "input.names"}},
        {"kind": "recipe", "step_id": "inside", "under": "each", "branch": "body",
         "config": {"recipe": recipe.template_id, "inputs": {"topic": "{item}"}}},
        {"agent_id": cast.agent.id, "prompt_template": f"close {word} {{previous_output}}"},
    ]  # fmt: skip
    held = stack.models.hold(f"inner {word} b")
    execution = cast.cook(cast_recipe(cast, steps, inputs={"names": {"type": "array"}}), names=["a", "b", "c"])
    held.wait_for_requests(1)
    stack.worker.kill()
    held.release()
    stack.worker.start()
    assert ended(execution).status == "completed"
    inside = Execution.objects.filter(root_id=execution.pk)
    assert sorted(inside.values_list("status", "recipe_version")) == [("completed", 1)] * 3
    sends = Call.objects.filter(step__execution__in=inside).values_list("step__prompt", "sends")
    assert sorted(sends)[1] == (f"inner {word} b", 2), "only what was under way is sent again"
    assert len(sends) == 3
    assert_numbered_without_gap(execution)


@pytest.mark.django_db
def test_what_came_from_outside_stays_marked_in_loops_conditions_recipes_inside_and_reruns() -> None:
    cast = Cast()
    agent = str(cast.agent.pk)
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    inside = cast.recipe("Write {input.topic}, {input.who}", inputs={"topic": {}, "who": {"untrusted": True}})
    steps: list[dict[str, Any]] = [
        {"kind": "loop", "step_id": "each", "config": {"over": "input.rows", "at_once": 1}},
        {"agent_id": agent, "prompt_template": "Do {item.name}", "under": "each", "branch": "body"},
        {"kind": "condition", "step_id": "long", "config": {"expression": "len(input.rows) > 0"}},
        {"kind": "recipe", "step_id": "inside", "output_key": "inside", "under": "long", "branch": "then",
         "config": {"recipe": inside.template_id, "inputs": {"topic": "{input.rows}", "who": "us"}}},
        {"agent_id": agent, "prompt_template": "Close {inside} {input.own}", "step_id": "close"},
    ]  # fmt: skip
    body = {"name": "Whole", "inputs": {"rows": {"type": "array"}, "own": {"untrusted": True}}, "steps": steps}
    status, made = api.post("/api/workflow-recipes", body)
    assert status == 201, made
    given = {"input_data": {"rows": [{"name": "tides"}], "own": "my"}, "untrusted_inputs": ["rows"]}
    status, started = api.post(f"/api/workflow-recipes/{made['template_id']}/execute", given)
    assert status == 202, started
    execution = Execution.objects.get(pk=started["execution_id"])
    (job,) = begun()
    assert job.task.messages[-1].content.startswith('Do <untrusted origin="input rows">\ntides\n</untrusted>')
    assert job.origins == ("input rows",)
    assert "tides" not in "".join(job.heard)
    done(job, "did")
    (job,) = begun()
    assert child_of(execution).untrusted_inputs == {"topic": ["input rows"], "who": ["input who"]}
    assert job.task.messages[-1].content.count("<untrusted ") == 2
    turns.take_turn(ME, [Outcome(job.step_id, job.fence, reply=reply("waves"), origins=job.origins)], 0)
    (job,) = begun()
    assert job.origins == ("input own", "input rows", "input who")
    assert execution.steps.get(step_id="long").origins == ["input rows"]
    done(job, "closed")
    overrides = {"input_data": {"own": "hers"}}
    status, again = api.post(f"/api/executions/{execution.pk}/rerun", {"from_step": "close", "overrides": overrides})
    assert status == 202, again
    (job,) = begun()
    assert job.origins == ("input own", "input rows", "input who")
