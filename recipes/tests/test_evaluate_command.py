"""`manage.py evaluate`: its exit status says in CI whether a set passed."""

import json
import subprocess
import sys

import pytest

from automatos.local.addresses import PROJECT
from automatos.testing import Stack
from recipes.tests.evaluation_kit import TOPIC, Desk, contains
from recipes.tests.kit import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def evaluate(stack: Stack, desk: Desk, *more: str) -> tuple[int, str, str]:
    """Exit status, what it wrote, and what it complained of."""
    command = [sys.executable, "manage.py", "evaluate", desk.recipe.template_id, *more]
    command += ["--workspace", desk.cast.workspace.slug]
    done = subprocess.run(
        command, cwd=PROJECT, env=stack.worker.environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_the_exit_status_says_whether_it_passed(stack: Stack) -> None:
    stack.models.clear()
    stack.models.on("Tell of", reply="It is warm.")
    cast = Cast(model="openai:gpt-4o")
    desk = Desk(cast, cast.recipe("Tell of {input.topic}.", inputs=TOPIC))
    code, _, said = evaluate(stack, desk)
    assert (code, "has no cases" in said) == (2, True), said
    desk.case("tea", contains("warm"))
    code, wrote, said = evaluate(stack, desk, "--json")
    assert code == 0, said
    table = json.loads(wrote)
    assert (table["has_passed"], table["lines"][0]["passed"], table["evaluation"]["status"]) == (True, 1, "completed")
    desk.case("ice", contains("cold"))
    code, wrote, _ = evaluate(stack, desk, "price questions", "--versions", "1", "--models", "openai:gpt-4o-mini")
    assert code == 1
    assert "1 of 2 passed" in wrote
    assert "Fail: 2 ice (Version 1 openai:gpt-4o-mini): cold: not found" in wrote
    code, wrote, _ = evaluate(stack, desk, "--budget", "0.000001")
    assert code == 2, wrote
    assert "2 not run" in wrote
    for wrong, part in (
        (("--versions", "new"), '"draft"'), (("--versions", "7"), "no version 7"),
        (("Other",), "no evaluation set Other"),
        (("--budget", "much"), "US dollars"),
    ):  # fmt: skip
        code, _, said = evaluate(stack, desk, *wrong)
        assert (code, part in said) == (2, True), said
