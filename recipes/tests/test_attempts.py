"""Attempts and workers that come after others: effects are not repeated, and every answer is paid once."""

from typing import Any
from uuid import uuid4

import pytest

from automatos.llm.errors import ModelUnavailable
from automatos.testing import Stack
from recipes.engine import turns
from recipes.engine.earlier import HEADING
from recipes.engine.steps import Outcome
from recipes.models import Call
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, ended, final_output
from recipes.tests.test_engine import claim, done, failed, reply
from workspaces.tests.rest import Caller


@pytest.mark.slow
def test_a_second_attempt_repeats_no_effect_and_the_model_is_told(stack: Stack) -> None:
    room = Room(stack)
    room.cast.workspace.approval_policy = "never"
    room.cast.workspace.save()
    with_tools(room.cast.agent, "file_write", "calculator")
    line = call("file_write", name="log.txt", content="once ", append=True)
    sums = call("calculator", 2, expression="1+1")
    stack.models.on("write it", tool_calls=[line, sums], times=1)
    stack.models.on("write it", chunks=["half ", "an answer"], cut_after=1, times=1)
    stack.models.on("write it", tool_calls=[line], times=1)
    stack.models.on("write it", reply="Written.")
    step = {"error_handling": "retry", "max_retries": 2}
    recipe = room.cast.recipe("write it", step=step, execution_config={"retry_delay": 0})
    execution = ended(room.cast.cook(recipe), 30)
    assert (execution.status, final_output(execution)) == ("completed", "Written.")
    calls = list(Call.objects.filter(step__execution=execution, kind="tool").order_by("attempt", "path"))
    assert [(one.attempt, one.name, (one.data or {})["repeated"]) for one in calls] == [
        (1, "file_write", False),
        (1, "calculator", False),
        (2, "file_write", True),
    ]
    kept = Caller(room.key).client.get(f"/api/executions/{execution.pk}/files/log.txt/content")
    assert kept.content == b"once "
    asked = stack.models.requests[-1].body["messages"]
    told = next(one["content"] for one in asked if one["role"] == "user")
    assert HEADING in told
    assert "file_write" in told
    assert "calculator" not in told.partition(HEADING)[2], "what can be done again without harm is left to the model"


@pytest.mark.django_db
def test_an_attempt_is_kept_as_it_ended(client: Any) -> None:
    cast = Cast()
    step = {"error_handling": "retry", "max_retries": 2}
    execution = cast.cook(
        cast.recipe("Cook {input.dish}", step=step, inputs={"dish": {}}, execution_config={"retry_delay": 0}),
        dish="pie",
    )
    (job,) = claim()
    half = ModelUnavailable("Broken off.")
    half.reply = reply("half a pie")
    (job,) = failed(job, half) or claim()
    (job,) = failed(job) or claim()
    done(job, "a pie")
    one, two = execution.steps.get().attempts.all()
    assert (one.n, one.output, one.prompt, one.error["message"]) == (1, "half a pie", "Cook pie", "Broken off.")
    assert (one.input_tokens, one.output_tokens, two.input_tokens, two.n) == (10, 5, 0, 2)
    assert one.started_at is not None
    assert one.completed_at >= one.started_at
    assert execution.steps.get().input_tokens == 20
    assert execution.steps.get().error is None
    client.force_login(cast.owner)
    page = client.get(f"/w/{cast.workspace.slug}/runs/{execution.pk}/").content.decode()
    assert "half a pie" in page
    assert "Attempt 2 failed" in page


@pytest.mark.django_db
def test_an_answer_that_is_refused_is_paid_as_well() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("Cook"))
    (late,) = claim()
    assert turns.hand_on(uuid4())
    (job,) = claim()
    answer = Outcome(late.step_id, late.fence, reply=reply("late"), attempt=late.attempt)
    turns.take_turn(uuid4(), [answer], 0)
    turns.take_turn(uuid4(), [Outcome(job.step_id, job.fence, reply=reply("soup"), attempt=job.attempt)], 0)
    execution.refresh_from_db()
    step, one = execution.steps.get(), Call.objects.get(step__execution=execution)
    assert (final_output(execution), one.output) == ("soup", "soup")
    assert [(each.input_tokens, each.output_tokens, each.cost) for each in (one, step, execution)] == [
        (20, 10, 2 * reply("").cost)
    ] * 3


@pytest.mark.django_db
def test_an_answer_that_was_recorded_is_not_paid_again() -> None:
    """The answer to a commit was lost, so the same turn is taken once more."""
    cast = Cast()
    execution = cast.cook(cast.recipe("Cook", "Serve"))
    (job,) = claim()
    outcome = Outcome(job.step_id, job.fence, reply=reply("soup"), attempt=job.attempt)
    for _ in range(2):
        turns.take_turn(uuid4(), [outcome], 0)
    execution.refresh_from_db()
    assert (execution.input_tokens, execution.steps.get(order=1).input_tokens) == (10, 10)
