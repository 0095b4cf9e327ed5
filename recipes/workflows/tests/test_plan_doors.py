"""Workflows and their plans at the API: kept, refused in words, planned by a worker, changed by a person."""

from typing import Any

import pytest

from automatos.testing import Stack
from recipes.models import Execution, Workflow
from recipes.tests.chat_kit import Room
from recipes.tests.kit import ended
from recipes.workflows.tests.kit import OPENAI, planned
from workspaces.tests.rest import Caller, Company

GOAL = "Find out why sign-ups fell, compare prices, and write a brief."


@pytest.mark.django_db
def test_workflows_are_made_listed_changed_and_taken_away() -> None:
    company = Company()
    agent = company.agent(name="Quill", description="Writes briefs.")
    made = {"goal": GOAL, "lead_id": agent["id"], "agent_ids": [agent["id"]], "max_cost": "0.5"}
    status, one = company.editor.post("/api/workflows", made)
    assert (status, one["status"], one["name"]) == (
        201,
        "draft",
        "Find out why sign-ups fell, compare prices, and write a…",
    )
    at = f"/api/workflows/{one['id']}"
    status, changed = company.editor.patch(at, {"stages": {"context_engineering": {"on_error": "retry"}}, "version": 1})
    assert (status, changed["version"], changed["goal"]) == (200, 2, GOAL)
    assert company.editor.patch(at, {"name": "Late", "version": 1})[0] == 409
    assert company.viewer.get("/api/workflows?search=sign-ups&status=draft")[1]["total"] == 1
    assert company.viewer.get("/api/workflows?status=archived")[1]["total"] == 0
    assert company.viewer.get(f"{at}/plan")[1] == {
        "status": "none", "execution_id": None, "error": None, "plan_version": 0, "plan": None,
    }  # fmt: skip
    for caller, refused in ((company.outsider, 404), (company.anonymous, 401), (company.viewer, 403)):
        for method, path, body in [
            ("PATCH", at, {"name": "X"}), ("POST", f"{at}/plan", {}), ("POST", f"{at}/execute", {}),
            ("PUT", f"{at}/plan", {"strategy": "mixed", "subtasks": []}), ("DELETE", at, None),
        ]:  # fmt: skip
            assert caller.send(method, path, body)[0] == refused, path
    assert (company.outsider.get(at)[0], company.editor.delete(at)[0], company.admin.delete(at)[0]) == (404, 403, 204)
    assert company.viewer.get(at)[0] == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"goal": " "}, "goal"),
        ({"goal": "x" * 4001}, "goal"),
        ({"goal": "\\u0000 is fine, this is not: \x00"}, "goal"),
        ({"goal": "x", "agent_ids": ["0b6f3f6e-0000-4000-8000-000000000000"]}, "agent_ids"),
        ({"goal": "x", "lead_id": "0b6f3f6e-0000-4000-8000-000000000000"}, "lead_id"),
        ({"goal": "x", "max_cost": 0}, "max_cost"),
        ({"goal": "x", "total_timeout": 1}, "total_timeout"),
        ({"goal": "x", "stages": {"tenth": {}}}, "stages.tenth"),
        ({"goal": "x", "stages": {"agent_selection": {"prompt": "Pick!"}}}, "stages.agent_selection.prompt"),
        ({"goal": "x", "stages": {"agent_selection": {"on_error": "hope"}}}, "stages.agent_selection.on_error"),
        ({"goal": "x", "status": "gone"}, "status"),
    ],
)
def test_what_is_wrong_with_a_workflow_is_said_at_its_field(body: dict[str, Any], field: str) -> None:
    status, answer = Company().editor.post("/api/workflows", body)
    assert (status, list(answer["error"]["fields"])) == (400, [field])
    assert not Workflow.objects.exists()


@pytest.mark.slow
def test_a_goal_is_planned_and_the_plan_changed(stack: Stack) -> None:
    room = Room(stack)
    api = Caller(room.key)
    for name, about in [("Scout", "Looks things up on the web."), ("Argus", "Compares prices and offers.")]:
        made = api.post("/api/agents", {"name": name, "description": about, "agent_model_config": OPENAI})
        assert made[0] == 201, made
    rows = (
        ("read", "Look up on the web why sign-ups fell", ("web_research",), ()),
        ("compare", "Compare the prices of the offers", ("comparison",), ()),
        ("piano", "Tune the piano in the hall", (), ("read", "compare")),
    )
    broken = planned(*rows[:2], ("x", "Wait for nobody", ("flying",), ("nobody",)))
    stack.models.on(GOAL, reply=broken, times=1)
    stack.models.on("no capability flying", reply=planned(*rows))
    _, one = api.post("/api/workflows", {"goal": GOAL})
    at = f"/api/workflows/{one['id']}"
    status, started = api.post(f"{at}/plan")
    assert (status, started["total_steps"]) == (202, 2)
    run = ended(Execution.objects.get(pk=started["execution_id"]))
    assert run.status == "completed", run.error
    _, found = api.get(f"{at}/plan")
    plan = found["plan"]
    picked = {row["id"]: (row["agent_name"], row["agent_id"] is not None) for row in plan["subtasks"]}
    assert picked == {"read": ("Scout", True), "compare": ("Argus", True), "piano": ("", False)}
    assert (found["status"], plan["unfit"], plan["planner"]) == ("completed", ["piano"], "model")
    assert plan["estimate"]["seconds"] > 0
    assert plan["subtasks"][0]["reasoning"]
    # A person takes the piano out, swaps an agent, and has all done one after another.
    kept = [row for row in plan["subtasks"] if row["id"] != "piano"]
    kept[0]["agent_id"] = kept[1]["agent_id"]
    wanted = {"strategy": "sequential", "subtasks": kept, "plan_version": found["plan_version"]}
    status, changed = api.put(f"{at}/plan", wanted)
    assert (status, changed["plan"]["planner"]) == (200, "person"), changed
    assert [(row["agent_name"], row["dependencies"]) for row in changed["plan"]["subtasks"]] == [
        ("Argus", []), ("Argus", ["read"]),
    ]  # fmt: skip
    assert api.put(f"{at}/plan", wanted)[0] == 409
    circle = [{**kept[0], "dependencies": ["compare"]}, {**kept[1], "dependencies": ["read"]}]
    status, refused = api.put(f"{at}/plan", {"strategy": "mixed", "subtasks": circle})
    assert (status, "circle" in refused["error"]["message"]) == (400, True)
