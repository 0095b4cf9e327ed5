"""Steps that wait for a person or a time: asked, answered, overdue, and seen; nothing is lost meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from agents.tests.page_kit import Cast as PageCast
from automatos.testing import Stack
from recipes.engine import parking, turns
from recipes.models import Approval, Execution, Recipe
from recipes.runs import services as runs
from recipes.services import RecipeInput, create_recipe
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output
from recipes.tests.page_kit import Editor
from recipes.tests.test_engine import ME, claim, done
from recipes.validation import StepInput
from recipes.waits import services as waits
from workspaces.tests.rest import Caller, Company

FIELDS = {"send": {"type": "boolean", "required": True}, "note": {"type": "string", "description": "For the writer."}}
LATE: dict[str, Any] = {"kind": "wait", "config": {"for": "time", "seconds": 30 * 86400}}


def asking(agent: Any, **config: Any) -> list[dict[str, Any]]:
    """draft, ask about it, then send with the note if the answer says so."""
    return [
        {"agent_id": agent, "prompt_template": "Draft it", "output_key": "draft"},
        {
            "kind": "wait", "step_id": "ask", "name": "Shall it go out?", "output_key": "said",
            "prompt_template": "Send this? {draft}", "config": {"for": "person", "fields": FIELDS, **config},
        },
        {"kind": "condition", "step_id": "check", "config": {"expression": "said.send"}},
        {"agent_id": agent, "prompt_template": "Send {draft} with {said}", "under": "check", "branch": "then"},
    ]  # fmt: skip


def recipe_of(cast: Cast, steps: list[dict[str, Any]], **fields: Any) -> Recipe:
    data = RecipeInput(name="Flow", steps=[StepInput(**step) for step in steps], **fields)
    return create_recipe(workspace=cast.workspace, user=cast.owner, data=data)


def parked(cast: Cast, steps: list[dict[str, Any]], **fields: Any) -> tuple[Execution, Approval]:
    """A run whose first wait has begun, without a worker."""
    execution = cast.cook(recipe_of(cast, steps, **fields))
    done(claim()[0], "a pie")
    turns.take_turn(ME, [], 5)
    execution.refresh_from_db()
    return execution, Approval.objects.get(step__execution=execution)


@pytest.mark.slow
def test_a_person_answers_and_the_run_goes_on_with_the_answer(stack: Stack) -> None:
    room = Room(stack)
    stack.models.on("Draft it", reply="a pie")
    stack.models.on("Send a pie with", reply="Sent.")
    api = Caller(room.key)
    agent = str(room.cast.agent.pk)
    steps = [*asking(agent), {"kind": "wait", "config": {"for": "time", "seconds": 1}}]
    status, made = api.post("/api/workflow-recipes", {"name": "Ask", "steps": steps})
    assert status == 201, made
    _, started = api.post(f"/api/workflow-recipes/{made['id']}/execute", {})
    execution = room.wait(started["execution_id"], "waiting")
    (asked,) = api.get("/api/approvals?status=pending")[1]["items"]
    assert (asked["kind"], asked["arguments"]["message"], asked["tool"]) == ("form", "Send this? a pie", "")
    address = f"/api/approvals/{asked['id']}/approve"
    status, wrong = api.post(address, {"answer": {"note": "x"}})
    assert (status, list(wrong["error"]["fields"])) == (400, ["answer.send"])
    assert api.post(address, {"answer": {"send": True, "magic": 1}})[0] == 400
    assert Company().editor.post(address, {"answer": {"send": True}})[0] == 404
    status, decided = api.post(address, {"answer": {"send": True, "note": "Quick \\u0000!"}})
    assert (status, decided["status"], decided["answer"]["send"]) == (200, "approved", True)
    assert api.post(address, {"answer": {"send": True}})[0] == 409
    execution = ended(Execution.objects.get(pk=execution.pk), 30)
    assert (execution.status, final_output(execution)) == ("completed", "Sent.")
    assert "Quick" in execution.steps.get(order=4).prompt
    timer = execution.steps.get(order=5)
    assert timer.duration_ms is not None
    assert timer.duration_ms >= 1000
    kinds = assert_numbered_without_gap(execution)
    assert (kinds.count("step.waiting"), kinds.count("step.completed")) == (2, 5)


@pytest.mark.django_db
@pytest.mark.parametrize(("handling", "status"), [("stop", "failed"), ("skip", "completed")])
def test_nobody_answers_in_time(handling: str, status: str) -> None:
    cast = Cast()
    steps = asking(cast.agent.id, within=60)[:2]
    steps[1]["error_handling"] = handling
    execution, wait = parked(cast, steps)
    assert (execution.status, execution.waiting_steps) == ("waiting", 1)
    assert parking.end_due().notices == []
    Approval.objects.filter(pk=wait.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert parking.end_due().notices
    assert parking.end_due().notices == []
    execution.refresh_from_db()
    wait.refresh_from_db()
    assert (execution.status, execution.waiting_steps, wait.status) == (status, 0, "expired")
    assert_numbered_without_gap(execution)
    if status == "failed":
        assert error_of(execution)["code"] == "wait_timeout"


@pytest.mark.django_db
def test_refusing_fails_the_step_with_who_refused() -> None:
    cast = Cast()
    execution, wait = parked(cast, asking(cast.agent.id))
    waits.decide(workspace=cast.workspace, approval_id=wait.pk, approve=False, user=cast.owner)
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "refused")
    assert cast.owner.display_name in error_of(execution)["message"]


@pytest.mark.django_db
def test_a_run_waits_as_long_as_its_time_is_away_and_its_clock_stands() -> None:
    cast = Cast()
    steps: list[dict[str, Any]] = [{"agent_id": cast.agent.id, "prompt_template": "Draft"}, LATE]
    execution, wait = parked(cast, steps, execution_config={"total_timeout": 60})
    assert execution.status == "waiting"
    assert execution.deadline_at > timezone.now() + timedelta(days=30)
    assert turns.end_overdue().notices == []
    Approval.objects.filter(pk=wait.pk).update(due_at=timezone.now() - timedelta(hours=1))
    parking.end_due()
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", "a pie")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("until", "code"),
    [("soon", "wait_failed"), ("9999-01-01T00:00:00Z", "wait_failed"), ("2001-01-01T00:00:00Z", "")],
)
def test_a_moment_from_an_input(until: str, code: str) -> None:
    cast = Cast()
    steps: list[dict[str, Any]] = [{"kind": "wait", "config": {"for": "time", "until": "{input.when}"}}]
    execution = cast.cook(recipe_of(cast, steps, inputs={"when": {"type": "string"}}), when=until)
    turns.take_turn(ME, [], 5)
    parking.end_due()
    execution.refresh_from_db()
    assert (execution.error or {}).get("code", "") == code
    assert execution.status == ("failed" if code else "completed")


@pytest.mark.django_db
def test_a_cancelled_run_asks_nobody_any_more() -> None:
    cast = Cast()
    execution, wait = parked(cast, asking(cast.agent.id))
    runs.cancel(execution=execution, user=cast.owner)
    wait.refresh_from_db()
    assert wait.status == "expired"
    assert turns.hand_on(uuid4()) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "config.for"),
    ({"for": "godot"}, "config.for"),
    ({"for": "time"}, "config.seconds"),
    ({"for": "time", "seconds": 5, "until": "x"}, "config.seconds"),
    ({"for": "time", "seconds": "5"}, "config.seconds"),
    ({"for": "time", "seconds": 0}, "config.seconds"),
    ({"for": "time", "until": "{input.nothing}"}, "config.until"),
    ({"for": "time", "seconds": 5, "fields": {}}, "config.fields"),
    ({"for": "person"}, "prompt_template"),
    ({"for": "person", "within": -1}, "config.within"),
    ({"for": "person", "fields": {"Send": {}}}, "config.fields.Send"),
    ({"for": "person", "fields": []}, "config.fields"),
]


@pytest.mark.django_db
def test_what_is_wrong_with_a_wait_is_named() -> None:
    company = Company()
    for config, field in WRONG:
        body = {"name": "Wait", "steps": [{"kind": "wait", "config": config}]}
        status, answer = company.editor.post("/api/workflow-recipes", body)
        assert (status, f"steps.0.{field}" in answer["error"]["fields"]) == (400, True), (config, answer)


@pytest.mark.django_db
def test_the_pages_ask_and_take_the_answer(client: Any) -> None:
    cast = Cast()
    execution, wait = parked(cast, asking(cast.agent.id))
    client.force_login(cast.owner)
    root = f"/w/{cast.workspace.slug}"
    page = client.get(f"{root}/runs/{execution.pk}/").content.decode()
    assert "Shall it go out?" in page
    assert "Send this? a pie" in page
    assert "waits for an answer" in page
    assert "Shall it go out?" in client.get(f"{root}/approvals/").content.decode()
    answer = {"decision": "approve", "fields": ["send", "note"], "box-send": "1", "answer-note": "No."}
    client.post(f"{root}/approvals/{wait.pk}/", answer)
    wait.refresh_from_db()
    assert (wait.status, wait.answer) == ("approved", {"send": False, "note": "No."})
    turns.take_turn(ME, [], 5)
    execution.refresh_from_db()
    assert (execution.status, execution.steps.get(order=4).status) == ("completed", "skipped")


@pytest.mark.django_db
def test_the_editor_adds_and_keeps_a_wait() -> None:
    cast = PageCast()
    agent = cast.agent()
    editor = Editor(cast.editor, cast.root).open("start").send(b_name="Ask").open("step_1")
    editor.send("add:person", s_agent_id=str(agent.pk), s_prompt_template="Think.")
    editor.send("publish", s_prompt_template="Go on?")
    recipe = Recipe.objects.get(workspace=cast.workspace)
    step = recipe.steps.get(order=2)
    assert (step.kind, step.config, step.prompt_template, step.agent) == ("wait", {"for": "person"}, "Go on?", None)
    editor = Editor(cast.editor, cast.root, recipe.template_id).open(step.step_id)
    editor.send("publish", s_within="1 h", s_questions="send: boolean\nnote?")
    kept = recipe.steps.get(order=2).config
    fields = {"send": {"type": "boolean", "required": True}, "note": {"type": "string", "required": False}}
    assert kept == {"for": "person", "within": 3600, "fields": fields}
    assert "Go on?" in cast.viewer.get(f"{cast.root}/recipes/{recipe.template_id}/").content.decode()
    editor = Editor(cast.editor, cast.root, recipe.template_id).open(step.step_id)
    assert editor.fields()["s-within"] == "1 h"
    editor.send(s_waits_for="time").send("publish", s_seconds="2 days", s_within="")
    assert recipe.steps.get(order=2).config == {"for": "time", "seconds": 172_800}
