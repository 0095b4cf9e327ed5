"""Which workspace `manage.py cook` cooks in when nobody says."""

import subprocess
import sys
from uuid import uuid4

import pytest

from automatos.local.addresses import PROJECT
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast

pytestmark = pytest.mark.slow


def cook(stack: Stack, workspace_id: object, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "cook", "brief", *arguments],
        check=False,
        cwd=PROJECT,
        env={**stack.web.environment, "WORKSPACE_ID": str(workspace_id)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_workspace_id_is_meant_unless_another_one_is_named(stack: Stack) -> None:
    stack.models.clear()
    first, second = Cast(), Cast()
    for cast in (first, second):
        cast.recipe("Hi")
    assert cook(stack, first.workspace.pk).returncode == 0
    assert cook(stack, first.workspace.pk, "--workspace", second.workspace.slug).returncode == 0
    assert [Execution.objects.filter(workspace=cast.workspace).count() for cast in (first, second)] == [1, 1]


def test_a_workspace_id_of_nothing_is_told_with_the_cure(stack: Stack) -> None:
    Cast()
    refused = cook(stack, uuid4())
    assert refused.returncode == 1
    assert "WORKSPACE_ID names no workspace. Change it, or add --workspace with one of:" in refused.stderr
