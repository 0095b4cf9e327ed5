"""`manage.py cook` as people type it: a process of its own against the running product."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from automatos.local.addresses import PROJECT
from automatos.testing import Stack
from recipes.models import Execution, ExecutionStatus
from recipes.tests.kit import PATIENCE, Cast, ended

pytestmark = pytest.mark.slow
INPUTS = {
    "topic": {"type": "string", "required": True},
    "words": {"type": "integer", "default": 20},
}


@pytest.fixture
def cast(stack: Stack) -> Iterator[Cast]:
    stack.models.clear()
    yield Cast()
    stack.models.clear()


def command(cast: Cast, *arguments: str) -> list[str]:
    return [sys.executable, "manage.py", "cook", "--workspace", cast.workspace.slug, *arguments]


def cook(stack: Stack, cast: Cast, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The finished command."""
    environment = {**stack.web.environment, "PORT": "8123"}
    return subprocess.run(
        command(cast, *arguments),
        check=False,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_completed_run_exits_with_0_and_tells_each_step(stack: Stack, cast: Cast) -> None:
    cast.recipe("About {input.topic} in {input.words} words", "Shorten {previous_output}", inputs=INPUTS)
    stack.models.on("About", reply="Long answer")
    stack.models.on("Shorten", reply="Short \x1b[31manswer")
    done = cook(stack, cast, "brief", "--input", "topic=tea = good", "words=7")
    assert done.returncode == 0, done.stderr
    run = Execution.objects.get(workspace=cast.workspace)
    assert run.input_data == {"topic": "tea = good", "words": 7}
    assert run.triggered_by == "command"
    assert f"http://127.0.0.1:8123/w/{cast.workspace.slug}/runs/{run.id}/" in done.stdout
    assert "step 1 of 2  Step 1: Quill cooks" in done.stdout
    assert "step 2 of 2  Step 2: done in" in done.stdout
    assert f"{run.input_tokens} tokens in, {run.output_tokens} out" in done.stdout
    assert "Short [31manswer" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_failed_run_exits_with_1_and_says_why(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    stack.models.on("Say hello", status=401, error="Incorrect API key provided.")
    done = cook(stack, cast, "brief")
    assert done.returncode == 1
    error = Execution.objects.get(workspace=cast.workspace).error
    assert error is not None
    assert error["message"] in done.stderr
    assert "Failed after" in done.stderr


def test_ctrl_c_leaves_the_run_cooking(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    held = stack.models.hold("Say hello", reply="Hello")
    following = subprocess.Popen(
        command(cast, "brief"),
        cwd=PROJECT,
        env=stack.web.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert following.stdout is not None
    assert any("Quill cooks" in line for line in following.stdout), "it never told of the first step"
    held.wait_for_requests(1)
    following.send_signal(signal.SIGINT)
    _, told = following.communicate(timeout=60)
    run = Execution.objects.get(workspace=cast.workspace)
    assert following.returncode == 1
    assert "still cooking" in told
    assert str(run.id) in told
    assert run.status == ExecutionStatus.RUNNING
    held.release()
    assert ended(run).status == ExecutionStatus.COMPLETED


def test_in_a_terminal_text_appears_while_it_is_written(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    held = stack.models.hold("Say hello", after_chunks=3, chunks=["Early ", "words ", "come\n", "first"])
    ours, theirs = pty.openpty()
    environment = {**stack.web.environment, "TERM": "xterm", "COLUMNS": "60"}
    with subprocess.Popen(command(cast, "brief"), cwd=PROJECT, env=environment, stdout=theirs) as following:
        os.close(theirs)
        seen = read_until(ours, "Early words come")
        assert "\x1b[2mEarly words come\x1b[0m" in seen
        held.release()
        seen += read_until(ours, "done in", after="first")
        assert following.wait(20) == 0
    os.close(ours)


def read_until(terminal: int, text: str, after: str = "", seconds: float = PATIENCE) -> str:
    """What the terminal shows up to a text."""
    seen, deadline = "", time.monotonic() + seconds
    while text not in seen.partition(after)[2] if after else text not in seen:
        assert time.monotonic() < deadline, seen
        try:
            seen += os.read(terminal, 4096).decode()
        except OSError:  # the other end closed
            assert text in seen, seen
            break
    return seen


def test_missing_and_wrong_inputs_are_all_named(stack: Stack, cast: Cast) -> None:
    cast.recipe("About {input.topic} in {input.words} words", inputs=INPUTS)
    done = cook(stack, cast, "brief", "--input", "words=many")
    assert done.returncode == 1
    assert "--input topic=…: This input is required." in done.stderr
    assert "--input words=…: This is not a whole number." in done.stderr
    assert not Execution.objects.filter(workspace=cast.workspace).exists()


def test_an_unknown_recipe_gets_a_suggestion(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    done = cook(stack, cast, "breif")
    assert done.returncode == 1
    assert "Did you mean brief?" in done.stderr


def test_an_unknown_workspace_and_a_malformed_input_are_refused(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    assert "write it as NAME=VALUE" in cook(stack, cast, "brief", "--input", "topic").stderr
    wrong = cook(stack, cast, "brief", "--workspace", "no-such-place")
    assert wrong.returncode == 1
    assert "There is no workspace no-such-place" in wrong.stderr


def test_a_recipe_whose_agent_was_deleted_is_not_started(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    cast.agent.deleted_at = cast.agent.created_at
    cast.agent.save()
    done = cook(stack, cast, "brief")
    assert done.returncode == 1
    assert "Quill was deleted" in done.stderr


def test_without_a_worker_it_says_so_and_waits(stack: Stack, cast: Cast) -> None:
    cast.recipe("Say hello")
    stack.worker.stop()
    try:
        following = subprocess.Popen(
            command(cast, "brief"), cwd=PROJECT, env=stack.web.environment, stdout=subprocess.PIPE, text=True
        )
        told = ""
        assert following.stdout is not None
        while "No worker is alive" not in told and following.poll() is None:
            told += following.stdout.readline()
        assert "make up" in told
    finally:
        stack.worker.start()
    rest, _ = following.communicate(timeout=60)
    assert following.returncode == 0, rest
