"""A test run of a whole draft: the draft cooks as it stands, nothing is published and no figure counts it."""

import json
from typing import Any

import pytest

from automatos.testing import Stack
from recipes.models import Execution, Recipe
from recipes.tests.chat_kit import Room
from recipes.tests.kit import ended, final_output
from recipes.tests.test_dashboard import browser_of
from workspaces.models import Role
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.slow
INPUTS = {"topic": {"type": "string", "required": True}}


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


def drafted(room: Room, *prompts: str, **more: Any) -> Recipe:
    """A recipe that was never published, with these steps in its draft."""
    agent = str(room.cast.agent.pk)
    steps = [{"order": n, "agent_id": agent, "prompt_template": text} for n, text in enumerate(prompts, 1)]
    body = {"name": "Harbours", "inputs": INPUTS, "steps": steps, **more, "publish": False}
    status, made = Caller(room.key).post("/api/workflow-recipes", body)
    assert status == 201, made
    return Recipe.objects.get(pk=made["id"])


def test_the_whole_draft_cooks_unpublished(room: Room) -> None:
    room.stack.models.on("first of tea", reply="One.")
    room.stack.models.on("then One.", reply="Two.")
    recipe = drafted(room, "first of {input.topic}", "then {previous_output}")
    browser, root = browser_of(room.cast.owner), f"/w/{room.cast.workspace.slug}"
    at = f"{root}/recipes/{recipe.template_id}/test/"
    assert at in browser.get(f"{root}/recipes/{recipe.template_id}/edit/").content.decode()
    assert "The draft asks for nothing" not in browser.get(at).content.decode()
    assert browser.post(at, {"token": "a"}).status_code == 422, "an input is missing"
    sent = {"token": "b", "input-topic": "tea"}
    where = browser.post(at, sent).headers["Location"]
    assert browser.post(at, sent).headers["Location"] == where, "sent twice it is one run"
    run = Execution.objects.get(workspace=room.cast.workspace)
    assert final_output(ended(run)) == "Two."
    assert (run.triggered_by, run.recipe_id, run.recipe_name) == ("trial", None, "Test: Harbours")
    recipe.refresh_from_db()
    assert recipe.version == 0, "nothing is published"
    page = browser.get(where).content.decode()
    assert "A test run of the draft of Harbours." in page
    assert "Tested last" in browser.get(at).content.decode()


def test_a_published_recipe_is_tested_as_its_draft_says(room: Room) -> None:
    recipe = room.cast.recipe("old words")
    room.stack.models.on("new words", reply="New.")
    caller = Caller(room.key)
    agent = str(room.cast.agent.pk)
    steps = [{"order": 1, "agent_id": agent, "prompt_template": "new words"}]
    assert caller.patch(f"/api/workflow-recipes/{recipe.template_id}", {"steps": steps, "publish": False})[0] == 200
    status, started = caller.post(f"/api/workflow-recipes/{recipe.template_id}/draft/execute", {})
    assert status == 202
    run = Execution.objects.get(pk=started["execution_id"])
    assert final_output(ended(run)) == "New."
    assert not Execution.objects.filter(recipe=recipe).exists(), "no figure of the recipe counts it"


def test_what_is_wrong_with_the_draft_is_told_and_nothing_starts(room: Room) -> None:
    recipe = drafted(room, "of {input.topik}")
    caller, at = Caller(room.key), "/api/workflow-recipes/{}/draft/execute"
    status, answer = caller.post(at.format(recipe.template_id), {"input_data": {"topic": "tea"}})
    assert (status, list(answer["error"]["fields"])) == (400, ["steps.0.prompt_template"])
    page = browser_of(room.cast.owner).post(
        f"/w/{room.cast.workspace.slug}/recipes/{recipe.template_id}/test/", {"input-topic": "tea", "token": "c"}
    )
    assert page.status_code == 422
    assert "1 problem to mend before the draft can cook." in page.content.decode()
    waits = drafted(room, "of {input.topic}")
    step = {"order": 1, "step_id": "w", "kind": "wait", "config": {"for": "webhook", "within": 60}}
    sent = {"steps": [step], "publish": False}
    assert caller.patch(f"/api/workflow-recipes/{waits.template_id}", sent)[0] == 200
    status, answer = caller.post(at.format(waits.template_id), {"input_data": {"topic": "tea"}})
    assert status in {400, 409}
    assert "message" in json.dumps(answer)
    _, viewer = room.member(Role.VIEWER)
    assert Caller(viewer).post(at.format(recipe.template_id), {})[0] == 403
    assert not Execution.objects.filter(workspace=room.cast.workspace).exists()
