"""Runs that wait for people, as the product runs them: real web, real worker, the role of the product."""

import json
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

import pytest
from django.utils import timezone

from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.engine import turns
from recipes.engine.progress import Approvals, Progress, keep
from recipes.engine.steps import Job
from recipes.models import Approval, Call, Execution
from recipes.runs import services as runs
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output, wait_for
from recipes.tests.test_engine import done


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


def decide(room: Room, approval: Any, word: str) -> tuple[int, Any]:
    """The answer of the running product."""
    try:
        with room.send(f"/api/approvals/{approval}/{word}", {}) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.slow
@pytest.mark.parametrize(("word", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_the_running_product_answers_a_decision_and_wakes_a_worker(room: Room, word: str, status: str) -> None:
    execution = room.waiting()
    approval = Approval.objects.get(step__execution=execution)
    code, answer = decide(room, approval.pk, word)
    assert (code, answer.get("status"), answer.get("execution_id")) == (200, status, str(execution.pk))
    assert final_output(ended(execution, 20)) == "Finished."
    assert "execution.resumed" in assert_numbered_without_gap(execution)
    assert decide(room, approval.pk, word)[0] == 409


@pytest.mark.slow
def test_a_run_waits_past_its_total_timeout(room: Room) -> None:
    write = {"tool_calls": [call("file_write", 2, name="a.html", content="x")]}
    ask = {"tool_calls": [call("ask_agent", agent="stranger", task="anything new")]}
    room.cast.add_agent("Stranger")
    room.stack.models.conversation("careful", ask, write, {"reply": "Finished."})
    room.stack.models.on("anything new", reply="Write a file!")
    with_tools(room.cast.agent, "ask_agent", "file_write")
    recipe = room.cast.recipe("careful", execution_config={"total_timeout": 20})
    execution = room.wait(room.cast.cook(recipe).pk, "waiting")
    assert execution.deadline_at > timezone.now() + timedelta(days=6)
    step = execution.steps.get()
    spent = sum(Call.objects.filter(step=step).values_list("input_tokens", flat=True))
    assert (step.status, step.input_tokens > 0, step.input_tokens) == ("waiting", True, spent)
    assert decide(room, Approval.objects.get(step=step).pk, "approve")[0] == 200
    run = Execution.objects.get(pk=execution.pk)
    assert run.deadline_at < timezone.now() + timedelta(seconds=21), "the clock goes on with what was left"
    assert ended(execution, 20).status == "completed"


@pytest.mark.slow
def test_a_decision_holds_for_the_call_that_was_shown_and_no_other(room: Room) -> None:
    execution = room.waiting()
    approval = Approval.objects.get(step__execution=execution)
    asked = Call.objects.get(step__execution=execution, path="2")
    changed = json.loads(json.dumps(asked.data).replace("<script>x</script>", "something else"))
    Call.objects.filter(pk=asked.pk).update(data=changed)
    assert decide(room, approval.pk, "approve")[0] == 200
    wait_for(lambda: Approval.objects.get(pk=approval.pk).status == "pending", 20, "it was not asked anew")
    again = Approval.objects.get(pk=approval.pk)
    assert again.arguments["content"] == "something else"
    assert (again.decided_at, again.decided_by) == (None, None)
    assert not Call.objects.filter(step__execution=execution, name="file_write").exists()
    room.wait(execution.pk, "waiting")
    assert decide(room, approval.pk, "reject")[0] == 200
    assert ended(execution, 20).status == "completed"


@pytest.mark.slow
def test_nobody_is_asked_about_a_run_that_was_cancelled(room: Room) -> None:
    execution = room.waiting()
    approval = Approval.objects.get(step__execution=execution)
    runs.cancel(execution=execution, user=room.cast.owner)
    approval.refresh_from_db()
    assert approval.status == "expired"
    assert decide(room, approval.pk, "approve")[0] == 409


# --- the engine alone ---


def park(job: Job) -> None:
    wants: dict[str, Any] = {"name": "a.txt", "content": "x"}
    asked = ToolCall("call_1", "file_write", wants)
    approvals = Approvals([(uuid4(), asked.name, wants, None)], ["agent stranger"])
    progress = Progress(job.step_id, job.fence, approvals=approvals)
    assert keep(progress)


@pytest.fixture
def parallel(db: None) -> tuple[Cast, Execution]:
    cast = Cast()
    recipe = cast.recipe("One", "Two", "Three", execution_config={"mode": "parallel", "total_timeout": 100})
    return cast, cast.cook(recipe)


def state(execution: Execution) -> tuple[str, float]:
    execution.refresh_from_db()
    return execution.status, (execution.deadline_at - timezone.now()).total_seconds()


def test_the_clock_stands_only_while_nothing_else_is_at_work(parallel: tuple[Cast, Execution]) -> None:
    cast, execution = parallel
    one, two, three = turns.take_turn(uuid4(), [], 10).jobs
    park(one)
    status, left = state(execution)
    assert (status, left < 101) == ("running", True), "two others are at work"
    park(two)
    assert state(execution)[0] == "running"
    done(three)
    status, left = state(execution)
    assert (status, left > 6 * 86400) == ("waiting", True)
    first, second = Approval.objects.filter(step__execution=execution)
    from recipes.waits import services as approvals

    approvals.decide(workspace=cast.workspace, approval_id=first.pk, approve=True, user=cast.owner)
    status, left = state(execution)
    assert (status, 50 < left < 101) == ("running", True)
    (again,) = turns.take_turn(uuid4(), [], 10).jobs
    done(again)
    status, left = state(execution)
    assert (status, left > 6 * 86400) == ("waiting", True), "the other step still waits, with a clock that stands"
    approvals.decide(workspace=cast.workspace, approval_id=second.pk, approve=True, user=cast.owner)
    (last,) = turns.take_turn(uuid4(), [], 10).jobs
    done(last)
    assert state(execution)[0] == "completed"
    assert assert_numbered_without_gap(execution).count("execution.waiting") == 2


def test_a_failed_run_asks_nobody_any_more(parallel: tuple[Cast, Execution]) -> None:
    from recipes.tests.test_engine import failed

    _, execution = parallel
    one, two, _ = turns.take_turn(uuid4(), [], 10).jobs
    park(one)
    failed(two)
    assert state(execution)[0] == "failed"
    assert list(Approval.objects.filter(step__execution=execution).values_list("status", flat=True)) == ["expired"]


def test_a_run_nobody_decides_about_ends_and_says_so(parallel: tuple[Cast, Execution]) -> None:
    _, execution = parallel
    for job in turns.take_turn(uuid4(), [], 10).jobs:
        park(job)
    assert state(execution)[0] == "waiting"
    Execution.objects.filter(pk=execution.pk).update(deadline_at=timezone.now())
    turns.end_overdue()
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "approval_timeout")
    assert not Approval.objects.filter(step__execution=execution, status="pending").exists()
