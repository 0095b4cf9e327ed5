"""Agents as documents over HTTP: export, import into another workspace, duplicate."""

import json
from typing import Any

import pytest
import yaml
from django.test import Client

from agents.copies.files import read
from agents.models import Agent, Persona, Skill, SkillSource
from automatos.errors import InvalidInput
from workspaces.models import Workspace
from workspaces.tests.matrix_filters import drop_policies
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def agent(company: Company) -> dict[str, Any]:
    own = Persona.objects.create(
        slug="pilot", name="Pilot", system_prompt="Fly.", category="Support", workspace=company.workspace
    )
    config = {"temperature": 0.2, "max_tokens": 77, "fallback_model_id": "openai:gpt-4o"}
    return company.agent(
        description="Über", persona_id=str(own.pk), tool_ids=["recall", "calculator"], agent_model_config=config
    )


def exported(company: Company, agent: dict[str, Any]) -> dict[str, Any]:
    return dict(company.viewer.get(f"/api/agents/{agent['id']}/export")[1])


def test_what_was_exported_comes_in_as_the_same_agent(company: Company, agent: dict[str, Any]) -> None:
    document = exported(company, agent)
    status, made = company.editor.post("/api/agents/import", {"document": document})
    assert (status, made["status"], made["slug"]) == (201, "inactive", "quill-2")
    assert exported(company, made) == document


def test_yaml_says_the_same_as_json(company: Company, agent: dict[str, Any]) -> None:
    key = company.editor.key
    answer = Client(headers={"X-API-Key": key}).get(f"/api/agents/{agent['id']}/export?as=yaml")
    assert answer["Content-Type"].startswith("application/yaml")
    assert read(answer.content) == yaml.safe_load(answer.content) == exported(company, agent)


def test_what_is_missing_is_named_and_left_out_only_when_told(company: Company, agent: dict[str, Any]) -> None:
    document = exported(company, agent)
    document["tools"].append("teleport")
    document["skills"] = ["cooking"]
    status, body = company.outsider.post("/api/agents/import", {"document": document})
    assert (status, body["error"]["code"]) == (400, "missing_parts")
    assert set(body["error"]["fields"]) == {"persona", "tools", "skills"}
    assert "teleport" in body["error"]["fields"]["tools"][0]
    assert not Agent.objects.filter(workspace=company.elsewhere).exists()
    status, made = company.outsider.post("/api/agents/import", {"document": document, "leave_out_missing": True})
    assert (status, made["persona_id"], made["tool_ids"]) == (201, None, ["recall", "calculator"])
    note = company.outsider.get(f"/api/agents/{made['id']}/versions")[1]["items"][0]["note"]
    assert note == "Imported without persona pilot, tool teleport, skill cooking."


def cooking(workspace: Workspace) -> Skill:
    """A skill that the workspace has chosen."""
    source = SkillSource.objects.create(workspace=workspace, name="Kitchen", kind="git")
    columns = {"slug": "cooking", "name": "Cooking", "description": "Cook.", "digest": "0" * 64, "is_enabled": True}
    return Skill.objects.create(workspace=workspace, source=source, **columns)


def test_a_skill_that_only_another_workspace_has_is_missing(
    company: Company, agent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_policies(monkeypatch)
    cooking(company.elsewhere)
    document = {**exported(company, agent), "skills": ["cooking"]}
    status, body = company.editor.post("/api/agents/import", {"document": document})
    assert (status, set(body["error"]["fields"])) == (400, {"skills"})
    own = cooking(company.workspace)
    status, made = company.editor.post("/api/agents/import", {"document": document})
    assert (status, made["skill_ids"]) == (201, [str(own.pk)])


BAD: list[tuple[Any, str]] = [
    ([], ""),
    ({"name": ""}, "name"),
    ({"name": 3}, "name"),
    ({"name": "A", "tags": "a"}, "tags"),
    ({"name": "A", "tools": [1]}, "tools"),
    ({"name": "A", "skills": [{}]}, "skills"),
    ({"name": "A", "persona": 7}, "persona"),
    ({"name": "A", "category": "nix"}, "category"),
    ({"name": "A", "format": "other"}, "format"),
    ({"name": "A", "format_version": 2}, "format_version"),
    ({"name": "A", "nmae": "B"}, "nmae"),
    ({"name": "A", "agent_model_config": []}, "agent_model_config"),
    ({"name": "A", "agent_model_config": {"temperature": "hot"}}, "agent_model_config.temperature"),
    ({"name": "A", "agent_model_config": {"temperature": 9}}, "agent_model_config.temperature"),
    ({"name": "A", "agent_model_config": {"max_tokens": 1.5}}, "agent_model_config.max_tokens"),
    ({"name": "A", "agent_model_config": {"max_task_cost": "x"}}, "agent_model_config.max_task_cost"),
    ({"name": "A", "agent_model_config": {"response_schema": "x"}}, "agent_model_config.response_schema"),
    ({"name": "A", "agent_model_config": {"speed": 1}}, "agent_model_config.speed"),
]


@pytest.mark.parametrize(("document", "field"), BAD)
def test_a_wrong_document_names_its_field_and_makes_nothing(company: Company, document: Any, field: str) -> None:
    status, body = company.editor.post("/api/agents/import", {"document": document})
    assert status == 400
    assert not field or body["error"]["fields"][field]
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xfe\x00", b"a: &a [1]\nb: *a", b"{[" * 100_000, b"- [" * 50_000, b"x" * 2_000_001, b"a: !!python/name:os"],
)
def test_a_file_that_is_none_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(raw)
    assert refusal.value.fields["file"]


def test_a_copy_is_inactive_and_tells_where_it_is_from(company: Company, agent: dict[str, Any]) -> None:
    status, copy = company.editor.post(f"/api/agents/{agent['id']}/duplicate")
    assert (status, copy["name"], copy["status"]) == (201, "Quill (copy)", "inactive")
    assert {**exported(company, copy), "name": ""} == {**exported(company, agent), "name": ""}
    assert company.viewer.post(f"/api/agents/{agent['id']}/duplicate")[0] == 403
    assert company.outsider.get(f"/api/agents/{agent['id']}/export")[0] == 404


def test_the_page_keeps_the_text_and_asks_before_leaving_out(company: Company, agent: dict[str, Any]) -> None:
    client = Client()
    client.force_login(company.stranger)
    path = f"/w/{company.elsewhere.slug}/agents/new/import/"
    text = json.dumps(exported(company, agent))
    page = client.post(path, {"text": text})
    assert page.status_code == 422
    assert b"There is no persona" in page.content
    assert b"Import it without what is missing here" in page.content
    assert client.post(path, {"text": text, "leave_out": "1"}).status_code == 302
    assert Agent.objects.get(workspace=company.elsewhere).name == "Quill"
    assert client.post(path, {"text": "{"}).status_code == 422
