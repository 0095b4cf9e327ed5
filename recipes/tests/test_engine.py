"""The engine's decisions, taken on a real database without a worker: each test plays the worker itself."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from automatos.llm.errors import ModelRejected, ModelUnavailable
from automatos.llm.types import ModelReply, Usage
from recipes.engine import turns
from recipes.engine.steps import Job, Outcome
from recipes.models import Call, Execution, ExecutionStep, Worker
from recipes.runs import services as runs
from recipes.tests.kit import Cast, assert_numbered_without_gap, error_of, final_output

pytestmark = pytest.mark.django_db

ME, OTHER = uuid4(), uuid4()


@pytest.fixture
def cast() -> Cast:
    return Cast()


def claim(limit: int = 10) -> list[Job]:
    return turns.take_turn(ME, [], limit).jobs


def reply(text: str, model: str = "openai:test-model") -> ModelReply:
    return ModelReply(text, model, "stop", Usage(input_tokens=10, output_tokens=5), Decimal("0.001"))


def done(job: Job, text: str = "soup", limit: int = 10) -> list[Job]:
    return turns.take_turn(ME, [Outcome(job.step_id, job.fence, job.has_fallback, reply(text))], limit).jobs


def failed(job: Job, error: Any = None, limit: int = 10) -> list[Job]:
    outcome = Outcome(job.step_id, job.fence, job.has_fallback, error=error or ModelUnavailable("Overloaded."))
    return turns.take_turn(ME, [outcome], limit).jobs


def make_due() -> None:
    ExecutionStep.objects.filter(status="pending", runnable_at__isnull=False).update(runnable_at=timezone.now())


def test_steps_run_in_order_and_hand_on_their_outputs(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Say {input.dish}", "Improve {previous_output}", inputs={"dish": {}}), dish="pie")
    (first,) = claim()
    assert first.task.messages[-1].content == "Say pie"
    (second,) = done(first, "an apple pie")
    assert second.task.messages[-1].content == "Improve an apple pie"
    assert done(second, "a warm apple pie") == []
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert final_output(execution) == "a warm apple pie"
    assert (execution.input_tokens, execution.output_tokens, execution.cost) == (20, 10, Decimal("0.002"))
    assert assert_numbered_without_gap(execution) == [
        "execution.started", "step.started", "step.completed", "step.started", "step.completed", "execution.completed",
    ]  # fmt: skip


def test_a_template_without_earlier_outputs_gets_them_appended(cast: Cast) -> None:
    cast.cook(cast.recipe("Cook", "Serve it"))
    (second,) = done(claim()[0], "soup")
    assert second.task.messages[-1].content == "Serve it\n\n## Results of the earlier steps\n\n### Step 1\n\nsoup"


def test_an_intent_stands_before_the_call_and_its_result_after(cast: Cast) -> None:
    cast.cook(cast.recipe("Cook"))
    (job,) = claim()
    assert Call.objects.get(step=job.step_id).status == "sent"
    done(job)
    call = Call.objects.get(step=job.step_id)
    assert (call.status, call.output, call.sends, call.cost) == ("done", "soup", 1, Decimal("0.001"))


def test_nobody_claims_a_step_twice(cast: Cast) -> None:
    cast.cook(cast.recipe("Cook"))
    assert len(claim()) == 1
    assert claim() == []


def test_an_outdated_fence_is_refused(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook"))
    (job,) = claim()
    assert turns.leave(ME)
    (again,) = claim()
    done(job, "late soup")
    assert ExecutionStep.objects.get().status == "running"
    done(again, "fresh soup")
    execution.refresh_from_db()
    assert final_output(execution) == "fresh soup"
    assert Call.objects.get().sends == 2
    assert assert_numbered_without_gap(execution).count("step.started") == 1


def test_stop_fails_the_run_with_the_error_of_the_step(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook", "Serve"))
    assert failed(claim()[0], ModelRejected("The prompt is too long.")) == []
    execution.refresh_from_db()
    assert execution.status == "failed"
    assert execution.error == {"code": "model_rejected", "message": "The prompt is too long.", "step": 1}
    assert list(execution.steps.values_list("status", flat=True)) == ["failed", "cancelled"]
    assert assert_numbered_without_gap(execution)[-2:] == ["step.failed", "execution.failed"]


def test_skip_goes_on_without_the_output(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook", "Serve {previous_output}.", step={"error_handling": "skip"}))
    (second,) = failed(claim()[0])
    assert second.task.messages[-1].content == "Serve ."
    done(second, "bread")
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", "bread")


def test_a_run_whose_every_step_was_skipped_is_not_reported_as_done(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook", step={"error_handling": "skip"}))
    failed(claim()[0])
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "all_skipped")


def test_retry_waits_longer_each_time_and_then_fails(cast: Cast) -> None:
    config = {"retry_delay": 3, "backoff": 2}
    recipe = cast.recipe("Cook", step={"error_handling": "retry", "max_retries": 2}, execution_config=config)
    execution = cast.cook(recipe)
    job = claim()[0]
    for attempt, delay in ((1, 3), (2, 6)):
        assert failed(job) == []
        event = execution.events.filter(type="step.retrying").latest("seq")
        assert (event.data["attempt"], event.data["delay"]) == (attempt, delay)
        make_due()
        (job,) = claim()
    failed(job)
    execution.refresh_from_db()
    assert execution.status == "failed"
    assert Call.objects.filter(step__execution=execution, status="failed").count() == 3


def test_an_error_that_stays_is_not_tried_again(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook", step={"error_handling": "retry", "max_retries": 5}))
    failed(claim()[0], ModelRejected("Bad key."))
    execution.refresh_from_db()
    assert execution.status == "failed"


def test_fallback_uses_the_other_model_once() -> None:
    cast = Cast(fallback="openai:other-model")
    execution = cast.cook(cast.recipe("Cook", step={"error_handling": "fallback"}))
    (second,) = failed(claim()[0], ModelRejected("Refused."))
    assert second.task.model == "openai:other-model"
    failed(second)
    execution.refresh_from_db()
    assert execution.status == "failed"


def test_parallel_steps_start_at_once_and_join(cast: Cast) -> None:
    recipe = cast.recipe("A", "B", "{step_1_output}+{step_2_output}", execution_config={"mode": "parallel"})
    execution = cast.cook(recipe)
    first, second = claim()
    assert (first.task.messages[-1].content, second.task.messages[-1].content) == ("A", "B")
    assert done(first, "1") == []
    (third,) = done(second, "2")
    assert third.task.messages[-1].content == "1+2"
    done(third, "3")
    execution.refresh_from_db()
    assert final_output(execution) == "3"


def test_two_results_of_one_run_in_one_turn_are_both_kept(cast: Cast) -> None:
    recipe = cast.recipe("A", "B", "{step_1_output}+{step_2_output}", execution_config={"mode": "parallel"})
    execution = cast.cook(recipe)
    outcomes = [Outcome(job.step_id, job.fence, reply=reply(f"r{job.order}")) for job in claim()]
    (third,) = turns.take_turn(ME, outcomes, 5).jobs
    assert third.task.messages[-1].content == "r1+r2"
    assert "step.completed" in assert_numbered_without_gap(execution)


def test_a_failure_cancels_what_cooks_beside_it(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("A", "B", execution_config={"mode": "parallel"}))
    first, second = claim()
    outcome = Outcome(first.step_id, first.fence, error=ModelRejected("No."))
    assert turns.take_turn(ME, [outcome], 5).dropped == [execution.id]
    done(second, "late")
    assert list(execution.steps.values_list("status", flat=True)) == ["failed", "cancelled"]


def test_a_cancelled_run_takes_no_more_results(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook", "Serve"))
    (job,) = claim()
    runs.cancel(execution=execution, user=cast.owner)
    assert done(job) == []
    execution.refresh_from_db()
    assert execution.status == "cancelled"
    assert assert_numbered_without_gap(execution)[-1] == "execution.cancelled"


def test_a_deleted_agent_fails_the_step_with_the_cure(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook"))
    cast.agent.deleted_at = timezone.now()
    cast.agent.save()
    assert claim() == []
    execution.refresh_from_db()
    assert error_of(execution)["code"] == "agent_unusable"
    assert "Choose another agent" in error_of(execution)["message"]


def test_a_run_past_its_deadline_fails(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook"))
    claim()
    Execution.objects.filter(id=execution.id).update(deadline_at=timezone.now())
    assert turns.end_overdue().dropped == [execution.id]
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "run_timeout")


def test_what_a_silent_worker_held_is_handed_on(cast: Cast) -> None:
    execution = cast.cook(cast.recipe("Cook"))
    Worker.objects.create(id=ME, host="here", pid=1)
    claim()
    assert turns.hand_on(OTHER) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workers SET heartbeat_at = now() - interval '7 s' WHERE id = %s", [ME])
    assert turns.hand_on(ME) == [], "nobody gives up steps of its own"
    assert len(turns.hand_on(OTHER)) == 1
    assert assert_numbered_without_gap(execution)[-1] == "execution.resumed"
