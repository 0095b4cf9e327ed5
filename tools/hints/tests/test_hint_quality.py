"""How well tasks in people's words find the action they mean, over every fourth app; HINTS=all measures all forty."""

import pytest

from automatos.tests.app_role import app_role
from benchmarks import hints
from tools.composio import indexing
from workspaces.scope.tenancy import Purpose, system_scope

pytestmark = pytest.mark.django_db


def test_five_hints_hold_the_right_action_for_most_tasks() -> None:
    with system_scope(Purpose.UPKEEP):
        assert hints.plant() >= (2_000 if hints.measures_all() else 300)
    with app_role():
        indexing.index(None, lambda _: None)
        if hints.measures_all():
            print(hints.table())
        assert len(hints.tasks()) >= 12
        fused, _, missed = hints.measure("fused", hints.tasks())
        for task, found in missed:
            print("MISSED", task.text, sorted(task.right), found)
    assert fused.hit_5 >= 0.85
