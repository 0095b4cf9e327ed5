"""Kill anything at any moment: nothing is lost, stuck, doubled or paid twice. Real processes, really killed."""

import time
from collections import Counter

import pytest

from automatos.testing import Stack
from recipes.models import Call, Execution
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def test_a_run_completes_after_its_worker_is_killed_in_a_step(stack: Stack, cast: Cast) -> None:
    word = cast.workspace.slug
    held = stack.models.hold(f"two {word}", after_chunks=2)
    execution = cast.cook(cast.recipe(f"one {word}", f"two {word}", f"three {word}"))
    held.wait_for_requests(1)
    stack.worker.kill()
    held.release()
    stack.worker.start()
    assert ended(execution).status == "completed"
    assert stack.models.count(f"one {word}") >= 1
    calls = Call.objects.filter(step__execution=execution)
    assert list(calls.order_by("step__order").values_list("sends", flat=True)) == [1, 2, 1]
    assert "execution.resumed" in assert_numbered_without_gap(execution)


def test_twenty_runs_survive_a_killed_worker_and_no_finished_call_is_sent_again(stack: Stack, cast: Cast) -> None:
    stack.models.on("", reply="fine", delay=0.3)
    recipe = cast.recipe("first {input.n}.", "second {input.n}.", "third {input.n}.", inputs={"n": {"type": "integer"}})
    executions = [cast.cook(recipe, n=1000 + number) for number in range(20)]
    ours = Call.objects.filter(step__execution__in=executions)
    wait_for(lambda: ours.filter(status="done").count() >= 20)
    stack.worker.kill()
    finished = list(ours.filter(status="done").values_list("id", flat=True))
    before = len(stack.models.requests)
    killed_at = time.monotonic()
    stack.worker.start()
    wait_for(lambda: len(stack.models.requests) > before)
    seconds = time.monotonic() - killed_at
    for execution in executions:
        assert ended(execution).status == "completed"
    seen = Counter(request.prompt for request in stack.models.requests)
    prompts = ours.filter(id__in=finished).values_list("step__prompt", flat=True)
    assert {prompt: seen[prompt] for prompt in prompts if seen[prompt] != 1} == {}
    # An intent may have been noted and the worker killed before the request left, never the other way round.
    assert len(stack.models.requests) <= sum(call.sends for call in ours)
    assert seconds <= 30, "the lease is 6 s, the rest is the start of a worker"
    print(f"20 runs, worker killed: first new call after {seconds:.1f} s; {len(finished)} finished calls, 0 sent again")


def test_a_stopped_worker_hands_on_at_once_what_it_holds(stack: Stack, cast: Cast) -> None:
    word = cast.workspace.slug
    held = stack.models.hold(f"slow {word}")
    execution = cast.cook(cast.recipe(f"slow {word}"))
    held.wait_for_requests(1)
    stack.worker.stop()
    assert stack.worker.process is not None
    assert stack.worker.process.returncode == 0, "it had to be killed"
    step = execution.steps.get()
    assert (step.status, step.runnable_at is not None) == ("pending", True)
    held.release()
    stack.worker.start()
    assert ended(execution).status == "completed"


def test_a_run_started_while_no_worker_lives_is_cooked_later(stack: Stack, cast: Cast) -> None:
    stack.worker.kill()
    execution = cast.cook(cast.recipe("Cook"))
    time.sleep(0.5)
    assert Execution.objects.get(id=execution.id).status == "pending"
    stack.worker.start()
    assert ended(execution).status == "completed"
