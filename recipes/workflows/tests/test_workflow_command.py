"""`manage.py workflow`: plans a goal or runs it; its exit status says whether that was done."""

import subprocess
import sys

import pytest

from automatos.local.addresses import PROJECT
from automatos.testing import Stack
from recipes.models import Workflow
from recipes.workflows.tests.kit import COMPARE, LOOK, Goal, Kitchen, planned, stated

pytestmark = pytest.mark.slow


def workflow(kitchen: Kitchen, *words: str) -> tuple[int, str, str]:
    """Exit status, what it wrote, and what it complained of."""
    command = [sys.executable, "manage.py", "workflow", *words, "--workspace", kitchen.cast.workspace.slug]
    environment = kitchen.stack.worker.environment
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_goal_is_planned_run_and_failed_in_the_terminal(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    goal, bad = Goal("typed", [planned(LOOK, COMPARE)]), Goal("not to be done", [planned(impossible="It is too late.")])
    kitchen.listen([goal, bad])
    code, wrote, said = workflow(kitchen, stated(goal), "--plan")
    assert code == 0, said
    assert "1. look: Look up on the web what others charge by Scout (" in wrote
    assert "2. compare: Compare the prices with ours by Argus (" in wrote
    assert "after look" in wrote
    one = Workflow.objects.get(workspace=kitchen.cast.workspace)
    assert f"Workflow {one.pk}" in wrote
    code, wrote, said = workflow(kitchen, str(one.pk))
    assert (code, "The answer to typed." in wrote) == (0, True), said
    assert one.executions.count() == 2
    code, wrote, said = workflow(kitchen, stated(bad))
    assert (code, "It is too late." in said) == (1, True), wrote
