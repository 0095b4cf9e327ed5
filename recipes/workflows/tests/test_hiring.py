"""A workspace's prompts of stages, and agents for subtasks that nobody fits: installed, or made."""

from typing import Any

import pytest

from agents.models import Agent
from marketplace.tests.desk_kit import Desk
from marketplace.tests.test_listings import make, published
from marketplace.tests.test_submission_pages import browser
from recipes.models import Execution, Workflow
from workspaces.models import Role
from workspaces.tests.rest import Company

PIANO = "Tune the old piano in the hall and check its strings"


def planned(company: Company) -> Workflow:
    """A workflow whose only subtask nobody fits."""
    quill = company.agent(name="Quill", description="Writes short letters.")
    one = company.editor.post("/api/workflows", {"goal": "Have music.", "agent_ids": [quill["id"]]})[1]
    subtask = {"id": "piano", "description": PIANO, "dependencies": []}
    status, body = company.editor.put(f"/api/workflows/{one['id']}/plan", {"strategy": "mixed", "subtasks": [subtask]})
    assert (status, body["plan"]["unfit"]) == (200, ["piano"]), body
    return Workflow.objects.get(pk=one["id"])


@pytest.mark.django_db
def test_one_button_hires_who_fits() -> None:
    desk, company = Desk(), Company()
    tuner = make(desk, name="Tuner", description="Tunes old pianos in halls and checks their strings.")
    listing = published(
        desk, tuner["id"], name="Tuner", description="Tunes old pianos and checks their strings."
    ).listing
    workflow = planned(company)
    home, client = f"/w/{company.workspace.slug}/workflows/{workflow.pk}/", browser(company)
    page = client.get(home).content.decode()
    assert "Nobody fits subtask 1" in page
    assert f'name="listing" value="{listing.slug}"' in page

    def hire(**fields: Any) -> tuple[Agent, str]:
        answer = client.post(f"{home}hire/", {"subtask": "piano", **fields}, follow=True)
        workflow.refresh_from_db()
        (subtask,) = (workflow.plan or {})["subtasks"]
        return Agent.objects.get(pk=subtask["agent_id"]), answer.content.decode()

    agent, said = hire(listing=listing.slug)
    assert (agent.name, agent.workspace_id, agent.status) == ("Tuner", company.workspace.pk, "active")
    assert "Tuner was installed and has the subtask." in said
    assert agent.pk in workflow.agent_ids, "it joins the team"
    assert client.post(f"{home}hire/", {"subtask": "piano", "listing": "not-there\x00"}).status_code == 404
    made, said = hire()
    assert (made.pk != agent.pk, "was made and has the subtask." in said, PIANO in made.description) == (True,) * 3
    # The same form twice is one agent, and neither a token nor odd letters in it are anything else.
    assert 'name="token"' in page
    once, again = (hire(token="t\0")[0] for _ in range(2))
    assert (once.pk != made.pk, again.pk) == (True, once.pk)
    viewer = browser(company, Role.VIEWER)
    assert viewer.post(f"{home}hire/", {"subtask": "piano"}).status_code == 403
    assert "The plan was changed" in client.post(f"{home}hire/", {"subtask": "gone"}, follow=True).content.decode()


@pytest.mark.django_db
def test_a_workspace_words_the_prompts_of_its_stages() -> None:
    company, other = Company(), Company()
    at, home = "/api/workflows/stage-prompts", f"/w/{company.workspace.slug}/workflows/prompts/"
    rows = company.viewer.get(at)[1]["items"]
    assert [(row["stage"], row["prompt"]) for row in rows] == [
        ("task_decomposition", ""), ("result_aggregation", ""), ("response_generation", ""),
    ]  # fmt: skip
    client = browser(company)
    answer = client.post(
        home, {"prompt-result_aggregation": "Report in Dutch.", "prompt-response_generation": "Be brief."}
    )
    assert answer.status_code == 302
    assert "Report in Dutch." in client.get(home).content.decode()
    assert client.post(home, {"prompt-result_aggregation": "x" * 8001}).status_code == 422
    assert company.editor.put(at, {"prompts": {"agent_selection": "Pick me."}})[0] == 400
    assert (company.viewer.put(at, {"prompts": {}})[0], browser(company, Role.VIEWER).post(home, {}).status_code) == (
        403,
        403,
    )
    assert company.editor.put(at, {"prompts": {"response_generation": rows[2]["usual"]}})[1]["items"][2]["prompt"] == ""
    assert {row["prompt"] for row in other.viewer.get(at)[1]["items"]} == {""}
    company.agent(name="Quill")
    stages = {"task_decomposition": {"prompt": "Split in two."}}
    one = company.editor.post("/api/workflows", {"goal": "Write a letter.", "stages": stages})[1]
    run = company.editor.post(f"/api/workflows/{one['id']}/execute", {})[1]["execution_id"]
    told = dict(
        Execution.objects.get(pk=run).steps.exclude(prompt_template="").values_list("step_id", "prompt_template")
    )
    assert told == {"task_decomposition": "Split in two.", "result_aggregation": "Report in Dutch."}
