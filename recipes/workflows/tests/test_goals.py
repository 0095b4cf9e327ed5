"""Goals of ten shapes, cooked by a real worker: what their runs come to, and what is told of them."""

from typing import Any

import pytest

from automatos.testing import Stack
from recipes.models import Call, Execution
from recipes.tests.kit import assert_numbered_without_gap, ended
from recipes.workflows.names import STAGES
from recipes.workflows.tests.kit import DONE, GOALS, Goal, Kitchen, came_to, stage_statuses

pytestmark = pytest.mark.slow


def test_goals_of_every_shape_come_to_what_they_are_meant_to(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    kitchen.listen(GOALS)
    begun = [(goal, kitchen.begin(goal)) for goal in GOALS]
    runs = {goal.name: ended(execution) for goal, execution in begun}
    wanted = {goal.name: (goal.status, goal.error, dict(goal.statuses)) for goal in GOALS}
    assert {name: came_to(run) for name, run in runs.items()} == wanted
    for goal in GOALS:
        assert_numbered_without_gap(runs[goal.name])
        if goal.status == "completed":
            assert stage_statuses(runs[goal.name]) == ["completed"] * 9
            assert (runs[goal.name].output_data or {})["final_output"] == f"The answer to {goal.name}."


def test_a_run_is_told_with_its_stages_subtasks_and_memories(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    goal = Goal("told", [GOALS[1].plans[0]], DONE)
    execution = kitchen.cook(goal)
    at = f"/api/workflows/{execution.workflow_id}/executions"
    status, told = kitchen.api.get(f"{at}/{execution.pk}")
    assert (status, told["status"], told["result"], told["stages_completed"]) == (
        200, "completed", "The answer to told.", 9,
    )  # fmt: skip
    assert [row["name"] for row in told["stages"]] == [stage.key for stage in STAGES]
    assert {row["id"]: row["agent_name"] for row in told["subtasks"]} == {
        "look": "Scout", "compare": "Argus", "write": "Quill",
    }  # fmt: skip
    assert all(row["result"] == "Done as asked." for row in told["subtasks"])
    assert {row["name"] for row in told["agents_used"]} == {"Scout", "Argus", "Quill"}
    assert told["quality_score"] > 0.9
    assert told["execution_time"] > 0
    assert kitchen.api.get(at)[1]["total"] == 1
    # Each event of a subtask says whose it is; no call was made twice.
    rows = list(execution.events.filter(type="step.completed").values_list("data__stage", "data__subtask"))
    assert [row for row in rows if row[1]] == [("agent_execution", key) for key in ("look", "compare", "write")]
    assert {row[0] for row in rows} == {stage.key for stage in STAGES}
    assert set(Call.objects.filter(step__execution=execution).values_list("sends", flat=True)) == {1}
    _remembered(kitchen, execution)


def _remembered(kitchen: Kitchen, execution: Execution) -> None:
    """The run left experiences, which the next one is told."""
    status, kept = kitchen.api.get("/api/memories")
    found: list[dict[str, Any]] = kept["items"]
    assert (status, {row["kind"] for row in found}, len(found)) == (200, {"experience"}, 3)
    assert {row["execution_id"] for row in found} == {str(execution.pk)}
    one = found[0]
    assert 0 < one["confidence"] <= 1
    assert one["expires_at"]
    status, changed = kitchen.api.patch(f"/api/memories/{one['id']}", {"text": "Scout looks up prices well."})
    assert (status, changed["is_edited"], changed["text"]) == (200, True, "Scout looks up prices well.")
    assert kitchen.api.delete(f"/api/memories/{one['id']}")[0] == 204
