"""Drafts and versions over REST: what is published stays until a draft is published, and nothing is overwritten."""

import pytest

from recipes.models import Execution
from workspaces.tests.rest import Company, Json

pytestmark = pytest.mark.django_db
BASE = "/api/workflow-recipes"


def test_a_draft_is_written_published_compared_and_restored() -> None:
    company = Company()
    made = company.recipe("Write about {input.topic}.", inputs={"topic": {"type": "string"}})
    path = f"{BASE}/{made['id']}"
    steps = [{"agent_id": made["steps"][0]["agent_id"], "prompt_template": "Write of {nothing}"}]

    status, body = company.editor.patch(path, {"name": "Better", "steps": steps, "publish": False})
    assert (status, body["name"], body["version"], body["has_draft"]) == (200, "Brief", 1, True)
    status, draft = company.editor.get(f"{path}/draft")
    assert (draft["exists"], draft["base_version"], draft["body"]["name"]) == (True, 1, "Better")
    assert draft["body"]["inputs"] == {"topic": made["inputs"]["topic"]}
    assert company.viewer.get(f"{path}/draft")[0] == 403

    status, body = company.editor.post(f"{path}/publish")
    assert (status, list(body["error"]["fields"])) == (400, ["steps.0.prompt_template"])
    assert company.editor.get(path)[1]["version"] == 1

    draft["body"]["steps"][0]["prompt_template"] = "Write of {input.topic}, shortly."
    sent = {"body": draft["body"], "revision": draft["revision"]}
    assert company.editor.put(f"{path}/draft", sent)[0] == 200
    assert company.editor.put(f"{path}/draft", sent)[0] == 409
    undone = company.editor.post(f"{path}/draft/undo")[1]
    assert undone["undone"] == "changed the draft over the API"
    assert "{nothing}" in undone["body"]["steps"][0]["prompt_template"]
    assert "shortly" in str(company.editor.post(f"{path}/draft/undo", {"back": False})[1]["body"])

    status, body = company.editor.post(f"{path}/publish", {"changelog": "Shorter"})
    assert (status, body["name"], body["version"], body["has_draft"]) == (200, "Better", 2, False)
    lines = company.viewer.get(f"{path}/versions/1/compare/2")[1]["lines"]
    assert {"kind": "add", "text": "Name: Better"} in lines
    assert company.editor.post(f"{path}/versions/1/restore")[1]["name"] == "Brief"
    assert company.editor.post(f"{path}/versions/9/restore")[0] == 404
    assert company.viewer.get(f"{path}/versions/1/compare/9")[0] == 404


def test_publishing_over_somebody_elses_version_has_to_be_said() -> None:
    company = Company()
    path = f"{BASE}/{company.recipe('Write.')['id']}"
    company.editor.patch(path, {"name": "Mine", "publish": False})
    assert company.admin.patch(path, {"name": "Theirs"})[1]["version"] == 2
    assert company.editor.post(f"{path}/publish")[0] == 409
    status, body = company.editor.post(f"{path}/publish", {"over": 2})
    assert (status, body["name"], body["version"]) == (200, "Mine", 3)
    assert company.editor.post(f"{path}/publish")[1]["error"]["code"] == "no_draft"


def test_a_recipe_may_begin_as_a_draft_that_cannot_be_cooked() -> None:
    company = Company()
    status, made = company.editor.post(BASE, {"name": "", "steps": [], "publish": False})
    assert (status, made["name"], made["version"], made["has_draft"]) == (201, "Untitled recipe", 0, True)
    path = f"{BASE}/{made['template_id']}"
    assert company.editor.post(f"{path}/execute")[1]["error"]["code"] == "not_published"
    assert company.editor.delete(f"{path}/draft")[0] == 409

    agent = company.agent()["id"]
    steps = [{"agent_id": agent, "prompt_template": "Say hello."}]
    company.editor.patch(path, {"name": "Greet", "steps": steps, "publish": False})
    assert company.editor.get(path)[1]["name"] == "Greet"
    body = company.editor.post(f"{path}/publish")[1]
    assert (body["template_id"], body["version"]) == ("greet", 1)
    assert company.editor.post(f"{BASE}/greet/execute")[0] == 202
    assert company.editor.get(f"{BASE}/greet/versions")[1]["items"][0]["changelog"] == "Created"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nonsense": 1}, "body.nonsense"),
        ({"steps": {}}, "body.steps"),
        ({"steps": [1]}, "body.steps.0"),
        ({"steps": [{"prompt_template": ["x"]}]}, "body.steps.0.prompt_template"),
        ({"steps": [{"step_id": "a"}, {"step_id": "a"}]}, "body.steps"),
        ({"steps": [{"step_id": "a/b"}]}, "body.steps.0.step_id"),
    ],
)
def test_a_draft_of_another_shape_is_refused_by_name(body: Json, field: str) -> None:
    company = Company()
    path = f"{BASE}/{company.recipe('Write.')['id']}/draft"
    status, answer = company.editor.put(path, {"body": body})
    assert status == 400
    assert field in answer["error"]["fields"], answer


def test_a_step_is_tried_alone_as_a_run_that_no_figure_counts() -> None:
    company = Company()
    made = company.recipe("Write about {input.topic}, {{so}}.", inputs={"topic": {"default": "tea"}})
    path = f"{BASE}/{made['id']}"
    company.editor.patch(path, {"inputs": {"topic": {}}, "publish": False})
    status, refused = company.editor.post(f"{path}/draft/steps/step_1/try")
    assert (status, refused["error"]["message"]) == (400, "Give {input.topic} a value first.")
    assert company.editor.put(f"{path}/draft/pins", {"values": {"input.topic": "rain"}})[1]["values"]
    status, run = company.editor.post(f"{path}/draft/steps/step_1/try")
    assert (status, run["total_steps"]) == (202, 1)
    shown = company.viewer.get(run["links"]["self"].partition("testserver")[2])[1]
    assert (shown["triggered_by"], shown["recipe_id"]) == ("trial", None)
    assert Execution.objects.get(pk=run["execution_id"]).steps.get().prompt_template == "Write about rain, {{so}}."
    assert company.viewer.get(f"{path}/executions")[1]["total"] == 0
    assert company.editor.post(f"{path}/draft/steps/nothing/try")[0] == 400
    assert company.viewer.post(f"{path}/draft/steps/step_1/try")[0] == 403


def test_a_draft_among_many_of_its_name_keeps_its_address_when_it_is_published() -> None:
    company = Company()
    agent = company.agent()["id"]
    steps = [{"agent_id": agent, "prompt_template": "Write."}]
    body = {"name": "Race", "steps": steps, "publish": False}
    addresses = [company.editor.post(BASE, body)[1]["template_id"] for _ in range(9)]
    assert len(set(addresses)) == 9
    for address in addresses:
        assert company.editor.post(f"{BASE}/{address}/publish")[1]["template_id"] == address
