"""A step gone through again after its worker was lost: its calls are the recorded ones, or it stops and says why."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from agents.work import pins
from automatos.llm.errors import ModelUnavailable
from automatos.testing import Stack
from recipes.engine import turns
from recipes.engine.steps import Outcome
from recipes.models import Call, Execution, ExecutionStep
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, ended, error_of, final_output, wait_for
from recipes.tests.test_engine import ME, claim
from tools.builtin import BUILTIN


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


def killed_in_the_second_call(room: Room, **step: Any) -> Execution:
    """A run whose worker dies after its first call and a tool's; by then its prompt is another one."""
    stack, word = room.stack, room.cast.workspace.slug
    with_tools(room.cast.agent, "calculator")
    held = stack.models.hold(word, round=1, times=1)
    stack.models.conversation(word, {"tool_calls": [call("calculator", expression="6*7")]}, {"reply": "It is 42."})
    recipe = room.cast.recipe(f"how much {word}", step={"timeout": 600, **step}, execution_config={"retry_delay": 0})
    run = room.cast.cook(recipe)
    wait_for(lambda: any(word in one.prompt and one.round == 1 for one in stack.models.requests))
    stack.worker.kill()
    ExecutionStep.objects.filter(execution=run).update(prompt_template=f"how little {word}")
    stack.worker.start()
    held.release()
    return ended(run)


@pytest.mark.slow
@pytest.mark.chaos
def test_a_recorded_answer_to_another_question_is_not_taken(room: Room) -> None:
    run = killed_in_the_second_call(room)
    error = error_of(run)
    assert (run.status, error["code"]) == ("failed", "replay_differs")
    assert "call 0" in error["message"]
    assert [one.status for one in Call.objects.filter(step__execution=run, path__in=("0", "1"))] == ["done", "done"]


@pytest.mark.slow
@pytest.mark.chaos
def test_a_step_that_may_be_tried_again_begins_anew(room: Room) -> None:
    run = killed_in_the_second_call(room, error_handling="retry", max_retries=1)
    assert (run.status, final_output(run)) == ("completed", "It is 42.")
    assert run.steps.get().attempt == 2


@pytest.mark.slow
def test_the_journal_tells_what_was_asked_and_of_which_version(room: Room) -> None:
    word = room.cast.workspace.slug
    with_tools(room.cast.agent, "calculator")
    sums = {"tool_calls": [call("calculator", expression="6*7")]}
    room.stack.models.conversation(word, sums, {"reply": "It is 42."})
    run = ended(room.cast.cook(room.cast.recipe(f"how much {word}")))
    asked, used = Call.objects.filter(step__execution=run, path__in=("0", "1")).order_by("path")
    assert (asked.kind, len(asked.request_hash), asked.tool_version_hash) == ("model", 64, "")
    assert (used.kind, len(used.request_hash), used.connection_id) == ("tool", 64, None)
    assert used.tool_version_hash == BUILTIN["calculator"].version_hash
    assert len(Call.objects.get(step__execution=run, path="2").request_hash) == 64


@pytest.mark.django_db
def test_another_window_of_the_model_counts_for_later_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    cast.cook(cast.recipe("One"))
    monkeypatch.setattr(pins, "window_of", lambda _: 64_000)
    claim()
    assert turns.hand_on(uuid4())
    monkeypatch.setattr(pins, "window_of", lambda _: 8_000)
    (job,) = claim()
    assert job.task.spec.windows == {"openai:test-model": 64_000}


@pytest.mark.django_db
def test_what_may_have_taken_effect_is_not_done_again_by_another_attempt() -> None:
    cast = Cast()
    with_tools(cast.agent, "http_request")
    cast.cook(cast.recipe("Order", step={"error_handling": "retry"}, execution_config={"retry_delay": 0}))
    (job,) = claim()
    arguments = {"method": "POST", "url": "https://example.org/", "body": "one soup"}
    Call.objects.create(
        workspace_id=job.workspace_id, step_id=job.step_id, attempt=1, path="1", kind="tool", name="http_request",
        status="uncertain", data={"arguments": arguments, "is_error": True, "uncertain": True}, cost=Decimal(0),
    )  # fmt: skip
    failed = Outcome(job.step_id, job.fence, error=ModelUnavailable("Overloaded."), attempt=1)
    (again,) = turns.take_turn(ME, [failed], 10).jobs
    assert [one.status for one in again.earlier.values()] == ["uncertain"]
    assert "its answer was lost" in again.task.messages[-1].content
