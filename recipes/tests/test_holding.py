"""Runs that are held: by a person who pauses them, and by the most steps that they may have at work."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from automatos.errors import Conflict
from automatos.testing import Stack
from recipes.engine import turns
from recipes.models import Execution
from recipes.runs import services
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, final_output
from recipes.tests.test_engine import claim, done, failed
from recipes.tests.test_loops import begun, cast_recipe
from workspaces.tests.rest import Caller


@pytest.mark.django_db
def test_no_more_steps_are_at_work_than_the_recipe_allows() -> None:
    cast = Cast()
    config = {"mode": "parallel", "parallel_limit": 2}
    step = {"error_handling": "retry", "max_retries": 3}
    recipe = cast.recipe(*[f"Do {number}" for number in range(7)], execution_config=config, step=step)
    execution, other = cast.cook(recipe), cast.cook(cast.recipe("Alone"))
    jobs = claim(3)
    assert [job.execution_id for job in jobs].count(execution.pk) == 2
    jobs += claim()
    assert [job.execution_id for job in jobs].count(other.pk) == 1, "what is held keeps nobody else waiting"
    held = Execution.objects.get(pk=execution.pk).held_steps
    assert (held, execution.steps.filter(status="pending", runnable_at=None).count()) == (5, 5)
    rng = random.Random(3)
    while jobs:
        job = jobs.pop(rng.randrange(len(jobs)))
        if rng.random() < 0.2:
            jobs += failed(job)
            execution.steps.filter(status="pending", attempt__gt=1).update(runnable_at=timezone.now())
            jobs += claim()
        else:
            jobs += done(job, "fine")
        assert execution.steps.filter(status="running").count() <= 2
        assert execution.steps.filter(status="running").count() == min(2, execution.steps.exclude(
            status="completed").count())  # fmt: skip
    execution.refresh_from_db()
    assert (execution.status, execution.held_steps) == ("completed", 0)
    assert_numbered_without_gap(execution)


@pytest.mark.django_db
def test_a_paused_run_begins_nothing_and_its_clock_stands() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("One", "Two {step_1}", execution_config={"total_timeout": 100}))
    (job,) = claim()
    services.pause(execution=execution, user=cast.owner)
    assert (execution.status, execution.seconds_left) == ("running", None), "what is in flight comes to its end"
    assert done(job, "first") == []
    execution.refresh_from_db()
    assert (execution.status, 90 < (execution.seconds_left or 0) <= 100) == ("waiting", True)
    assert claim() == []
    with pytest.raises(Conflict):
        services.pause(execution=execution, user=cast.owner)
    services.resume(execution=execution, user=cast.owner)
    assert (execution.status, execution.held_steps, execution.paused_at) == ("running", 0, None)
    assert execution.deadline_at - timezone.now() <= timedelta(seconds=100)
    done(claim()[0], "second")
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", "second")
    told = assert_numbered_without_gap(execution)
    assert [one for one in told if one.endswith(("paused", "resumed"))] == ["execution.paused", "execution.resumed"]
    with pytest.raises(Conflict):
        services.resume(execution=execution, user=cast.owner)


@pytest.mark.django_db
def test_a_loop_and_a_run_that_did_not_begin_may_be_paused_and_a_paused_run_cancelled() -> None:
    cast = Cast()
    steps: list[dict[str, Any]] = [
        {"kind": "loop", "step_id": "each", "config": {"over": "input.names", "at_once": 2}},
        {"agent_id": cast.agent.id, "prompt_template": "Do {item}", "under": "each", "branch": "body"},
    ]
    recipe = cast_recipe(cast, steps, inputs={"names": {"type": "array"}})
    execution = cast.cook(recipe, names=["a", "b", "c"])
    services.pause(execution=execution, user=cast.owner)
    assert begun() == []
    execution.refresh_from_db()
    assert (execution.status, execution.started_at) == ("waiting", None)
    services.resume(execution=execution, user=cast.owner)
    assert execution.status == "pending"
    first, second = begun()
    services.pause(execution=execution, user=cast.owner)
    assert (done(first, "did a"), done(second, "did b"), begun()) == ([], [], [])
    execution.refresh_from_db()
    assert execution.status == "waiting"
    services.resume(execution=execution, user=cast.owner)
    done(begun()[0], "did c")
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", '["did a","did b","did c"]')
    other = cast.cook(recipe, names=["a"])
    services.pause(execution=other, user=cast.owner)
    Execution.objects.filter(pk=other.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    begun()
    Execution.objects.filter(pk=other.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    turns.end_overdue()
    other.refresh_from_db()
    assert (other.error or {})["code"] == "paused_too_long"
    other = cast.cook(recipe, names=["a"])
    services.pause(execution=other, user=cast.owner)
    services.cancel(execution=other, user=cast.owner)
    assert other.status == "cancelled"


@pytest.mark.slow
def test_pausing_over_rest_while_a_model_answers(stack: Stack) -> None:
    room = Room(stack)
    word = room.cast.workspace.slug
    held = stack.models.hold(f"one {word}")
    execution = room.cast.cook(room.cast.recipe(f"one {word}", f"two {word}"))
    held.wait_for_requests(1)
    api = Caller(room.key)
    status, shown = api.post(f"/api/executions/{execution.pk}/pause")
    assert (status, shown["paused_at"] is not None) == (200, True)
    held.release()
    room.wait(execution.pk, "waiting")
    assert stack.models.count(f"two {word}") == 0
    assert api.post(f"/api/executions/{execution.pk}/pause")[0] == 409
    assert api.post(f"/api/executions/{execution.pk}/resume")[0] == 200
    assert ended(execution).status == "completed"
