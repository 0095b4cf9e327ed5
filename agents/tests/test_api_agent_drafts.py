"""The wizard over HTTP: drafts and what is wrong with them; several agents at once; what was deleted comes back."""

import threading
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from agents.drafts.templates import templates
from agents.models import Agent, AgentDraft
from automatos.tests.threads import together, wait_for_a_waiter
from workspaces.scope.tenancy import workspace_scope
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db
DRAFTS = "/api/agent-drafts"


@pytest.fixture
def company() -> Company:
    return Company()


def begun(caller: Caller, **body: Any) -> dict[str, Any]:
    status, draft = caller.post(DRAFTS, body)
    assert status == 201, draft
    return dict(draft)


def test_a_draft_is_filled_in_by_parts_and_becomes_an_agent_once(company: Company) -> None:
    draft = begun(company.editor)
    path = f"{DRAFTS}/{draft['id']}"
    assert "name" in draft["problems"]
    status, refused = company.editor.post(f"{path}/finish")
    assert (status, "name" in refused["error"]["fields"]) == (400, True)
    values = {"name": "Nora", "description": "Writes news.", "tools": ["calculator"], "temperature": 0.4}
    status, saved = company.editor.patch(path, {"values": values})
    assert (status, saved["problems"], saved["revision"]) == (200, {}, 3)
    status, agent = company.editor.post(f"{path}/finish")
    assert (status, agent["name"], agent["tool_ids"]) == (201, "Nora", ["calculator"])
    assert agent["agent_model_config"]["temperature"] == 0.4
    assert company.editor.post(f"{path}/finish")[1]["id"] == agent["id"]
    assert Agent.objects.filter(workspace=company.workspace).count() == 1
    assert company.editor.patch(path, {"values": {"name": "Other"}})[0] == 409
    assert company.editor.get(path)[1]["agent_id"] == agent["id"]
    assert company.editor.get(DRAFTS)[1]["items"] == []


def test_a_draft_begins_from_a_template_or_a_sentence(company: Company) -> None:
    slug = next(iter(templates()))
    assert begun(company.editor, template=slug)["values"]["name"]
    sentence = "Answer questions of customers about their invoices"
    made = begun(company.editor, sentence=sentence, values={"tags": "mine"})
    assert (made["proposal"]["state"], made["values"]["category"]) == ("running", "support")
    assert company.editor.delete(f"{DRAFTS}/{made['id']}/proposal")[0] == 204
    assert company.editor.get(f"{DRAFTS}/{made['id']}")[1]["proposal"] is None
    status, draft = company.editor.post(f"{DRAFTS}/{made['id']}/trial")
    assert (status, draft["trial"]["state"]) == (202, "running")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"values": {"nix": "x"}}, "values.nix"),
        ({"values": {"name": ["x"]}}, "values.name"),
        ({"values": {"name": True}}, "values.name"),
        ({"values": {"tools": "calculator"}}, "values.tools"),
        ({"values": {"tools": [1]}}, "values.tools"),
        ({"values": "x"}, "values"),
        ({"template": "nix"}, "template"),
        ({"template": "x", "sentence": "y"}, "template"),
        ({"sentence": "x" * 5000}, "sentence"),
        ({"nix": 1}, "nix"),
    ],
)
def test_what_no_draft_can_hold_is_named(company: Company, body: dict[str, Any], field: str) -> None:
    status, answer = company.editor.post(DRAFTS, body)
    assert (status, list(answer["error"]["fields"])) == (400, [field])
    assert not AgentDraft.objects.filter(workspace=company.workspace).exists()


def test_text_of_any_kind_is_kept(company: Company) -> None:
    text = "What does \\u0000 mean? \u202eright"
    draft = begun(company.editor, values={"description": text})
    assert company.editor.get(f"{DRAFTS}/{draft['id']}")[1]["values"]["description"] == text
    status, refused = company.editor.patch(f"{DRAFTS}/{draft['id']}", {"values": {"name": "a\x00b"}})
    assert (status, list(refused["error"]["fields"])) == (400, ["values.name"])


def test_a_draft_is_ones_own(company: Company) -> None:
    path = f"{DRAFTS}/{begun(company.editor, values={'name': 'Mine'})['id']}"
    for other in (company.admin, company.owner, company.outsider):
        assert other.get(path)[0] == 404
        assert other.patch(path, {"values": {"name": "Theirs"}})[0] == 404
        assert other.post(f"{path}/finish")[0] == 404
        assert other.get(DRAFTS)[1]["items"] == []
    assert company.viewer.get(DRAFTS)[0] == 403
    assert company.anonymous.get(DRAFTS)[0] == 401


def test_a_discarded_draft_comes_back(company: Company) -> None:
    path = f"{DRAFTS}/{begun(company.editor, values={'name': 'Mine'})['id']}"
    assert company.editor.delete(path)[0] == 204
    assert (company.editor.get(path)[0], company.editor.get(DRAFTS)[1]["items"]) == (404, [])
    assert company.editor.post(f"{path}/restore")[1]["values"]["name"] == "Mine"
    assert company.editor.get(path)[0] == 200


def test_several_agents_get_a_status_and_the_others_say_why_not(company: Company) -> None:
    active, retired = company.agent()["id"], company.agent()["id"]
    for move in ("maintenance", "inactive", "retired"):
        assert company.editor.post(f"/api/agents/{retired}/status", {"status": move})[0] == 200
    body = {"agent_ids": [active, retired], "status": "paused"}
    status, answer = company.editor.post("/api/agents/status", body)
    assert (status, [one["id"] for one in answer["changed"]]) == (200, [active])
    assert [one["agent_id"] for one in answer["unchanged"]] == [retired]
    assert "cannot go from retired to paused" in answer["unchanged"][0]["reason"]
    again = company.editor.post("/api/agents/status", {**body, "agent_ids": [active]})[1]
    assert (again["changed"], again["unchanged"][0]["reason"]) == ([], "It is paused already.")
    assert company.editor.post("/api/agents/status", {**body, "agent_ids": [active, str(uuid4())]})[0] == 404
    wrong: list[dict[str, Any]] = [{"status": "draft"}, {"status": "nix"}, {"agent_ids": []}]
    for bad in (*wrong, {"agent_ids": [str(uuid4())] * 101}):
        assert company.editor.post("/api/agents/status", {**body, **bad})[0] == 400
    assert company.outsider.post("/api/agents/status", body)[0] == 404
    assert company.viewer.post("/api/agents/status", body)[0] == 403


def test_a_deleted_agent_is_listed_and_comes_back(company: Company) -> None:
    agent = company.agent()
    path = f"/api/agents/{agent['id']}"
    assert company.admin.delete(path)[0] == 204
    assert [one["id"] for one in company.viewer.get("/api/agents?state=deleted")[1]["items"]] == [agent["id"]]
    assert company.editor.post(f"{path}/restore")[0] == 403
    assert company.outsider.post(f"{path}/restore")[0] == 404
    assert company.admin.post(f"{path}/restore")[1]["slug"] == agent["slug"]
    assert company.viewer.get("/api/agents?state=deleted")[1]["items"] == []


def test_a_persona_is_copied_and_comes_back(company: Company) -> None:
    body = {"name": "Calm", "category": "writing", "system_prompt": "Be calm."}
    path = f"/api/personas/{company.editor.post('/api/personas', body)[1]['id']}"
    status, copy = company.editor.post(f"{path}/duplicate")
    assert (status, copy["name"]) == (201, "Calm (copy)")
    assert company.admin.delete(path)[0] == 204
    assert company.admin.get(path)[0] == 404
    assert company.admin.post(f"{path}/restore")[0] == 200
    assert company.viewer.get(path)[0] == 200
    assert company.outsider.post(f"{path}/duplicate")[0] == 404


@pytest.mark.django_db(transaction=True)
def test_an_agent_that_somebody_retires_meanwhile_holds_no_other_up(company: Company) -> None:
    """Whoever gives several a status waits for who changes one of them, and goes by what that left."""
    ids = [str(company.agent(name=name)["id"]) for name in ("Ada", "Bo")]
    answers = list[tuple[int, Any]]()

    def pause() -> None:
        try:
            answers.append(company.editor.post("/api/agents/status", {"agent_ids": ids, "status": "paused"}))
        finally:
            connection.close()

    thread = threading.Thread(target=pause)
    with workspace_scope(company.workspace.pk):
        Agent.objects.filter(pk=ids[0]).update(status="inactive")
        thread.start()
        wait_for_a_waiter()
    thread.join()
    ((status, answer),) = answers
    assert status == 200, answer
    assert ([one["id"] for one in answer["changed"]], answer["unchanged"][0]["agent_id"]) == ([ids[1]], ids[0])


@pytest.mark.django_db(transaction=True)
def test_a_draft_finished_several_times_at_once_makes_one_agent(company: Company) -> None:
    path = f"{DRAFTS}/{begun(company.editor, values={'name': 'Ada'})['id']}/finish"
    answers = together(*[lambda: company.editor.post(path)] * 4)
    assert [status for status, _ in answers] == [201] * 4, answers
    assert len({agent["id"] for _, agent in answers}) == 1


@pytest.mark.django_db(transaction=True)
def test_a_model_changed_at_the_same_moment_as_a_name_is_kept(company: Company) -> None:
    path = f"/api/agents/{company.agent()['id']}"
    for number in range(5):
        model, name = {"temperature": number / 10}, f"Quill {number}"
        answers = together(
            partial(company.editor.patch, path, {"agent_model_config": model}),
            *[partial(company.editor.patch, path, {"name": name})] * 2,
        )
        assert [status for status, _ in answers] == [200] * 3, answers
        found = company.editor.get(path)[1]
        assert (found["name"], found["agent_model_config"]["temperature"]) == (name, number / 10)
