"""Whose step it is: a worker that lives keeps what it holds, and one that was away sends nothing unsure."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from automatos.database_roles import APP_ROLE
from automatos.testing import Part, Stack
from automatos.tests.commit_cutter import CommitCutter
from recipes.engine.heart import LEASE
from recipes.models import Call, Event, Execution, ExecutionStep, Worker
from recipes.tests.chaos_kit import another_worker, beside
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, wait_for
from workspaces.models import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


@pytest.fixture
def second(stack: Stack) -> Iterator[Part]:
    """Another worker."""
    with beside(another_worker(stack)) as part:
        time.sleep(LEASE / 2)
        yield part


def handed_on(*executions: Execution) -> int:
    return Event.objects.filter(execution__in=executions, type="execution.resumed").count()


def pid_of(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


def test_a_workspace_that_is_held_up_takes_no_other_ones_steps(stack: Stack, second: Part, cast: Cast) -> None:
    """Its tools wait for its own row, in more threads than there are; heartbeats and the others' turns do not."""
    room = Room(stack)
    with_tools(room.cast.agent, "file_write")
    for number in range(16):
        write = {"tool_calls": [call("file_write", name=f"{number}.txt", content="x")], "delay": 3.0}
        stack.models.conversation(f"keep {number}.", write, {"reply": "Kept."})
    slow = [stack.models.hold(f"slow {n}.") for n in range(6)]
    theirs = [cast.cook(cast.recipe(f"slow {n}.", f"then {n}.")) for n in range(6)]
    ours = [room.cast.cook(room.cast.recipe(f"keep {n}.")) for n in range(16)]
    params = connection.get_connection_params()
    with psycopg.connect(**{**params, "autocommit": False}) as holder:
        holder.execute("SELECT 1 FROM workspaces WHERE id = %s FOR NO KEY UPDATE", [room.cast.workspace.pk])
        for one in slow:
            one.wait_for_requests(1)
        time.sleep(2 * LEASE)
        assert handed_on(*theirs) == 0
        for one in slow:
            one.release()
        assert [ended(one, 20).status for one in theirs] == ["completed"] * 6, "others go on meanwhile"
    assert [ended(one, 40).status for one in ours] == ["completed"] * 16
    assert handed_on(*theirs, *ours) == 0
    assert not Call.objects.filter(step__execution__in=[*theirs, *ours], sends__gt=1).exists()


def test_a_burst_of_tools_loses_no_step(stack: Stack, second: Part, cast: Cast) -> None:
    """Nothing fails: nobody is given up, nothing is sent again and all is paid once, however busy the machine is."""
    with_tools(cast.agent, "file_write", "calculator")
    Workspace.objects.filter(pk=cast.workspace.pk).update(approval_policy="never")
    calls = [call("calculator", 1, expression="1+1"), call("file_write", 2, name="a.txt", content="x")]
    stack.models.conversation("burst", {"tool_calls": calls}, {"reply": "Done."})
    recipe = cast.recipe("burst")
    executions = [cast.cook(recipe) for _ in range(150)]
    assert Counter(ended(one, 200).status for one in executions) == {"completed": 150}
    assert handed_on(*executions) == 0
    ours = Call.objects.filter(step__execution__in=executions)
    assert (ours.count(), ours.filter(sends__gt=1).count(), len(stack.models.requests)) == (600, 0, 300)
    for execution in executions:
        execution.refresh_from_db()
        tokens = sum(ours.filter(step__execution=execution).values_list("input_tokens", flat=True))
        assert (execution.input_tokens, execution.tool_calls) == (tokens, 2)


def test_a_worker_that_was_frozen_keeps_its_own_steps(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold("slow")
    execution = cast.cook(cast.recipe("slow"))
    held.wait_for_requests(1)
    os.kill(pid_of(stack.worker), signal.SIGSTOP)
    time.sleep(LEASE + 2)
    os.kill(pid_of(stack.worker), signal.SIGCONT)
    time.sleep(3)
    held.release()
    assert ended(execution, 20).status == "completed"
    assert (handed_on(execution), stack.models.count("slow")) == (0, 1)


def test_a_worker_that_was_given_up_sends_nothing_more(stack: Stack, second: Part, cast: Cast) -> None:
    """Frozen while a call is under way that it would make again; the other worker has finished the step meanwhile."""
    stack.models.on("busy", status=503, error="Overloaded", delay=1.0, times=1)
    execution = cast.cook(cast.recipe("busy"))
    wait_for(lambda: stack.models.count("busy") == 1)
    owner = Worker.objects.get(pk=str(execution.steps.get().owner)).pid
    os.kill(owner, signal.SIGSTOP)
    try:
        assert ended(execution, 30).status == "completed"
    finally:
        os.kill(owner, signal.SIGCONT)
    time.sleep(4)
    assert stack.models.count("busy") == 2, "the zombie sent its call again"
    assert handed_on(execution) == 1
    assert assert_numbered_without_gap(execution).count("step.completed") == 1


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="puts a proxy before the suite's own PostgreSQL")
def test_commits_whose_answer_is_lost_change_nothing(stack: Stack, cast: Cast) -> None:
    cutter = CommitCutter(settings.DATABASES["default"]["HOST"])
    name = settings.DATABASES["default"]["NAME"]
    with_tools(cast.agent, "calculator")
    for number in range(30):
        sums = {"tool_calls": [call("calculator", expression=f"{number}+1")]}
        stack.models.conversation(f"count {number}.", sums, {"reply": "Counted."})
    try:
        with stack.restarted(stack.worker, DATABASE_URL=cutter.url(APP_ROLE, name)):
            cutter.chance = 0.15
            recipes = [cast.recipe(f"count {n}.", f"tell {n}.") for n in range(30)]
            executions = [cast.cook(recipe) for recipe in recipes]
            assert {ended(one, 90).status for one in executions} == {"completed"}
            cutter.chance = 0.0
    finally:
        cutter.close()
    assert cutter.cuts > 10
    seen = Counter(request.prompt for request in stack.models.requests if "tell" in request.prompt)
    assert {prompt: times for prompt, times in seen.items() if times != 1} == {}
    for execution in executions:
        calls = Call.objects.filter(step__execution=execution, kind="model")
        steps = ExecutionStep.objects.filter(execution=execution)
        for what in ("input_tokens", "output_tokens"):
            from_calls, from_steps = (sum(rows.values_list(what, flat=True)) for rows in (calls, steps))
            assert (from_calls, from_steps) == (getattr(execution, what),) * 2
        assert (execution.tool_calls, calls.count()) == (1, 3)
        kinds = Counter(assert_numbered_without_gap(execution))
        assert (kinds["tool.finished"], kinds["step.completed"], kinds["execution.completed"]) == (1, 2, 1)
