"""An agent's history over HTTP: what is kept, compared and brought back."""

from typing import Any

import pytest

from agents.models import Agent, AgentVersion
from workspaces.tests.rest import Company, without_request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def path(company: Company) -> str:
    return f"/api/agents/{company.agent(description='Old', tool_ids=['calculator'])['id']}"


def versions(company: Company, path: str) -> list[dict[str, Any]]:
    return list(company.viewer.get(f"{path}/versions")[1]["items"])


def test_every_change_is_kept_with_who_made_it(company: Company, path: str) -> None:
    company.editor.patch(path, {"description": "New"})
    company.editor.put(f"{path}/tools", {"tool_ids": []})
    kept = versions(company, path)
    assert [one["version"] for one in kept] == [3, 2, 1]
    assert [one["snapshot"]["description"] for one in kept] == ["New", "New", "Old"]
    assert [one["snapshot"]["tools"] for one in kept] == [[], ["calculator"], ["calculator"]]
    assert kept[-1]["note"] == "Created."
    assert kept[0]["created_by"].startswith("editor")


def test_an_agent_older_than_its_history_keeps_what_it_was_at_its_first_change(company: Company, path: str) -> None:
    AgentVersion.objects.all().delete()
    assert company.viewer.get(f"{path}/versions/1")[1]["snapshot"]["description"] == "Old"
    company.editor.patch(path, {"description": "New"})
    assert [one["snapshot"]["description"] for one in versions(company, path)] == ["New", "Old"]


def test_any_two_versions_can_be_compared(company: Company, path: str) -> None:
    company.editor.patch(path, {"description": "New"})
    company.editor.patch(path, {"custom_prompt": "Be kind.\nBe brief."})
    changes = company.viewer.get(f"{path}/versions/3?compare=1")[1]["changes"]
    told = [(line["kind"], line["text"]) for line in changes if line["kind"] in ("add", "del")]
    assert told == [
        ("del", "Description: Old"),
        ("add", "Description: New"),
        ("add", "Be kind."),
        ("add", "Be brief."),
    ]
    assert company.viewer.get(f"{path}/versions/3?compare=9")[0] == 404
    assert company.viewer.get(f"{path}/versions/3?compare=x")[0] == 400


def test_a_version_comes_back_as_a_new_one(company: Company, path: str) -> None:
    company.editor.patch(path, {"description": "New", "name": "Other", "agent_model_config": {"temperature": 1.5}})
    status, agent = company.editor.post(f"{path}/versions/1/restore", {"version": 2})
    assert (status, agent["version"], agent["description"], agent["name"]) == (200, 3, "Old", "Quill")
    assert agent["agent_model_config"]["temperature"] == 0.7
    assert versions(company, path)[0]["note"] == "Version 1 brought back."
    assert versions(company, path)[0]["snapshot"] == versions(company, path)[-1]["snapshot"]


def test_nothing_comes_back_over_a_change_made_meanwhile(company: Company, path: str) -> None:
    company.editor.patch(path, {"description": "New"})
    company.editor.patch(path, {"description": "Newer"})
    assert company.editor.post(f"{path}/versions/1/restore", {"version": 2})[0] == 409
    assert company.viewer.get(path)[1]["description"] == "Newer"


def test_viewers_cannot_bring_back_and_strangers_see_nothing(company: Company, path: str) -> None:
    assert company.viewer.post(f"{path}/versions/1/restore")[0] == 403
    for end in ("/versions", "/versions/1"):
        status, body = company.outsider.get(path + end)
        other = path[:-12] + "000000000000"
        assert status == 404
        assert without_request_id(body) == without_request_id(company.outsider.get(other + end)[1])


def test_an_unknown_version_is_404_and_a_retired_agent_stays(company: Company, path: str) -> None:
    assert company.editor.post(f"{path}/versions/7/restore")[0] == 404
    Agent.objects.update(status="retired")
    assert company.editor.post(f"{path}/versions/1/restore")[0] == 409


def test_a_version_or_a_file_with_what_its_model_does_not_take_comes_in_and_says_so(company: Company) -> None:
    config = {"model_id": "anthropic:claude-opus-5-5", "temperature": 0.3}
    path = f"/api/agents/{company.agent(agent_model_config=config)['id']}"
    document = company.viewer.get(f"{path}/export")[1]
    company.editor.patch(path, {"agent_model_config": {"model_id": "openai:gpt-4o"}})
    _, restored = company.editor.post(f"{path}/versions/1/restore")
    status, imported = company.editor.post("/api/agents/import", {"document": document})
    assert status == 201
    for agent in (restored, imported):
        assert agent["agent_model_config"]["temperature"] == 0.3
        assert "takes no such setting" in agent["agent_model_config"]["not_taken"]["temperature"]
