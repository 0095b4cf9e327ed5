"""Agents over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from agents.models import Agent, AgentModelConfig, AgentStatus, Persona
from agents.services import ALLOWED_MOVES
from automatos.tests.queries import asked
from workspaces.tests.rest import Company, without_request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def test_what_is_left_out_comes_from_the_defaults(company: Company) -> None:
    agent = company.agent(category="analytics")
    assert agent["status"] == "active"
    assert agent["agent_type"] == "data_analyst"
    config = agent["agent_model_config"]
    assert (config["provider"], config["model_id"]) == ("local", "smollm2-135m-instruct")
    assert (config["temperature"], config["max_tokens"], config["top_p"]) == (0.7, 2000, 1.0)


def test_two_agents_of_one_name_get_addresses_of_their_own(company: Company) -> None:
    assert [company.agent()["slug"] for _ in range(9)][:3] == ["quill", "quill-2", "quill-3"]
    assert len({agent.slug for agent in Agent.objects.filter(workspace=company.workspace)}) == 9


def test_patch_changes_only_what_is_sent_and_put_everything(company: Company) -> None:
    agent = company.agent(description="Old", tags=["a"], agent_model_config={"temperature": 0.1, "max_tokens": 9})
    path = f"/api/agents/{agent['id']}"
    patched = company.editor.patch(path, {"name": "New", "agent_model_config": {"temperature": 1.5}})[1]
    assert (patched["description"], patched["tags"], patched["version"]) == ("Old", ["a"], 2)
    assert patched["agent_model_config"]["temperature"] == 1.5
    assert patched["agent_model_config"]["max_tokens"] == 9
    put = company.editor.put(path, {"name": "New"})[1]
    assert (put["description"], put["tags"], put["agent_model_config"]["temperature"]) == ("", [], 0.7)


def test_an_answer_can_be_sent_back_unchanged(company: Company) -> None:
    agent = company.agent(category="support", custom_prompt="Be kind.")
    status, again = company.editor.put(f"/api/agents/{agent['id']}", agent)
    assert status == 200
    assert {**again, "version": 1, "updated_at": ""} == {**agent, "updated_at": ""}


def test_a_change_made_from_an_old_version_is_409(company: Company) -> None:
    agent = company.agent()
    path = f"/api/agents/{agent['id']}"
    assert company.editor.patch(path, {"name": "One", "version": 1})[0] == 200
    assert company.editor.patch(path, {"name": "Two", "version": 1})[0] == 409


BAD = [
    ({"name": ""}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"name": None}, "name"),
    ({"name": ["a"]}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": "A", "category": "nix"}, "category"),
    ({"name": "A", "agent_type": "nix"}, "agent_type"),
    ({"name": "A", "tags": "a"}, "tags"),
    ({"name": "A", "tags": ["x" * 41]}, "tags"),
    ({"name": "A", "tags": [str(n) for n in range(21)]}, "tags"),
    ({"name": "A", "persona_id": "nix"}, "persona_id"),
    ({"name": "A", "persona_id": str(uuid4())}, "persona_id"),
    ({"name": "A", "status": "retired"}, "status"),
    ({"name": "A", "agent_model_config": []}, "agent_model_config"),
    ({"name": "A", "agent_model_config": {"provider": "nix"}}, "agent_model_config.provider"),
    ({"name": "A", "agent_model_config": {"provider": "openai"}}, "agent_model_config.model_id"),
    ({"name": "A", "agent_model_config": {"temperature": 2.1}}, "agent_model_config.temperature"),
    ({"name": "A", "agent_model_config": {"temperature": "nan"}}, "agent_model_config.temperature"),
    ({"name": "A", "agent_model_config": {"top_p": -0.1}}, "agent_model_config.top_p"),
    ({"name": "A", "agent_model_config": {"frequency_penalty": 3}}, "agent_model_config.frequency_penalty"),
    ({"name": "A", "agent_model_config": {"presence_penalty": -3}}, "agent_model_config.presence_penalty"),
    ({"name": "A", "agent_model_config": {"max_tokens": 0}}, "agent_model_config.max_tokens"),
    ({"name": "A", "agent_model_config": {"max_tokens": 10**30}}, "agent_model_config.max_tokens"),
    ({"name": "A", "agent_model_config": {"tempreature": 1}}, "agent_model_config.tempreature"),
    ({"name": "A", "plugin_ids": [str(uuid4())]}, "plugin_ids"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
def test_a_bad_value_is_400_naming_its_field_and_leaves_nothing(
    company: Company, body: dict[str, Any], field: str
) -> None:
    status, answer = company.editor.post("/api/agents", body)
    assert status == 400
    assert answer["error"]["fields"][field]
    assert not Agent.objects.exists()
    assert not AgentModelConfig.objects.exists()


def test_an_unknown_provider_names_the_known_ones(company: Company) -> None:
    body = {"name": "A", "agent_model_config": {"provider": "nix", "model_id": "m"}}
    text = company.editor.post("/api/agents", body)[1]["error"]["fields"]["agent_model_config.provider"][0]
    assert all(name in text for name in ("local", "openai", "anthropic"))


def test_a_model_id_may_carry_its_provider(company: Company) -> None:
    config = {"model_id": "openai:gpt-4o", "fallback_model_id": "gpt-4.1-mini"}
    shown = company.agent(agent_model_config=config)["agent_model_config"]
    assert (shown["provider"], shown["model_id"]) == ("openai", "gpt-4o")
    assert shown["fallback_model_id"] == "openai:gpt-4.1-mini"


def test_a_parameter_the_model_does_not_take_is_kept_and_said(company: Company) -> None:
    config = {"model_id": "anthropic:claude-opus-5-5", "temperature": 0.3}
    shown = company.agent(agent_model_config=config)
    assert shown["agent_model_config"]["temperature"] == 0.3
    assert "takes no such setting" in shown["agent_model_config"]["not_taken"]["temperature"]
    status, again = company.editor.put(f"/api/agents/{shown['id']}", shown)
    assert (status, again["agent_model_config"]) == (200, shown["agent_model_config"])
    other = company.editor.patch(f"/api/agents/{shown['id']}", {"agent_model_config": {"model_id": "openai:gpt-4o"}})
    assert "temperature" not in other[1]["agent_model_config"]["not_taken"]


@pytest.mark.parametrize("start", list(AgentStatus))
@pytest.mark.parametrize("end", list(AgentStatus))
def test_only_the_moves_of_the_table_are_allowed(company: Company, start: AgentStatus, end: AgentStatus) -> None:
    agent = company.agent()
    Agent.objects.filter(pk=agent["id"]).update(status=start)
    status, body = company.editor.post(f"/api/agents/{agent['id']}/status", {"status": end})
    if end in ALLOWED_MOVES[start] or start == end:
        assert (status, body["status"]) == (200, end)
    else:
        assert (status, body["error"]["code"]) == (409, "move_not_allowed")
        assert Agent.objects.get(pk=agent["id"]).status == start


def test_a_retired_agent_is_not_changed_any_more(company: Company) -> None:
    agent = company.agent()
    Agent.objects.filter(pk=agent["id"]).update(status=AgentStatus.RETIRED)
    assert company.editor.patch(f"/api/agents/{agent['id']}", {"name": "B"})[0] == 409


def test_a_deleted_agent_is_gone_and_its_name_free_again(company: Company) -> None:
    agent = company.agent()
    assert company.admin.delete(f"/api/agents/{agent['id']}")[0] == 204
    assert company.viewer.get(f"/api/agents/{agent['id']}")[0] == 404
    assert company.viewer.get("/api/agents")[1]["total"] == 0
    assert company.agent()["slug"] == agent["slug"]


def test_a_strangers_agent_reads_like_an_unknown_one(company: Company) -> None:
    agent = company.agent()
    for end in ("", "/persona", "/assembled-context"):
        status, body = company.outsider.get(f"/api/agents/{agent['id']}{end}")
        assert status == 404
        assert without_request_id(body) == without_request_id(company.outsider.get(f"/api/agents/{uuid4()}{end}")[1])


def test_the_persona_is_put_on_and_taken_off_and_shows_in_the_context(company: Company) -> None:
    persona = Persona.objects.create(slug="test-pilot", name="Pilot", system_prompt="Fly low.", category="Support")
    agent = company.agent(custom_prompt="Land softly.")
    path = f"/api/agents/{agent['id']}"
    put = company.editor.put(f"{path}/persona", {"persona_id": str(persona.pk), "custom_prompt": "Land."})[1]
    assert (put["persona"]["slug"], put["custom_prompt"]) == ("test-pilot", "Land.")
    context = company.viewer.get(f"{path}/assembled-context")[1]
    assert context["system_prompt"].index("Fly low.") < context["system_prompt"].index("Land.")
    assert (context["persona"], context["model"]) == ("test-pilot", "local:smollm2-135m-instruct")
    assert company.editor.put(f"{path}/persona", {"persona_id": None})[1]["persona"] is None


def test_a_persona_that_comes_with_the_product_is_named_by_its_slug(company: Company) -> None:
    persona = Persona.objects.create(slug="test-pilot", name="Pilot", system_prompt="Fly low.", category="Support")
    Persona.objects.create(
        slug="own-pilot", name="Own", system_prompt="x", category="Sales", workspace=company.workspace
    )
    status, made = company.editor.post("/api/agents", {"name": "A", "persona_id": "Test-Pilot"})
    assert (status, made["persona_id"]) == (201, str(persona.pk))
    path = f"/api/agents/{made['id']}"
    assert company.editor.patch(path, {"persona_id": None})[1]["persona_id"] is None
    assert company.editor.put(f"{path}/persona", {"persona_id": "test-pilot"})[1]["persona_id"] == str(persona.pk)
    for wrong in ("own-pilot", "nobody", "", 7, ["test-pilot"]):
        status, refused = company.editor.patch(path, {"persona_id": wrong})
        assert (status, list(refused["error"]["fields"])) == (400, ["persona_id"]), wrong


def test_another_workspaces_persona_is_unknown(company: Company) -> None:
    own = Persona.objects.create(
        slug="own", name="Own", system_prompt="x", category="Sales", workspace=company.elsewhere
    )
    assert company.editor.post("/api/agents", {"name": "A", "persona_id": str(own.pk)})[0] == 400
    assert "own" not in [item["slug"] for item in company.viewer.get("/api/personas?limit=100")[1]["items"]]


def test_models_name_the_default_and_what_is_missing(company: Company) -> None:
    body = company.viewer.get("/api/models")[1]
    assert body["default"] == "local:smollm2-135m-instruct"
    assert all(item["configured"] or item["cure"] for item in body["items"])


def test_models_say_what_they_can_do_and_take(company: Company) -> None:
    items = {item["id"]: item for item in company.viewer.get("/api/models")[1]["items"]}
    opus = items["anthropic:claude-opus-5-5"]
    assert (opus["capabilities"]["vision"], opus["capabilities"]["parameters"]) == (True, [])
    assert "max" in opus["capabilities"]["efforts"]
    assert opus["output_price"] > opus["input_price"] > opus["cache_read_price"] > 0


def test_effort_schema_and_limits_are_kept_and_checked(company: Company) -> None:
    given = {"effort": "high", "response_schema": {"type": "object"}, "max_task_tokens": 5000, "max_task_cost": 0.5}
    made = company.editor.post("/api/agents", {"name": "A", "agent_model_config": given})[1]
    assert {name: made["agent_model_config"][name] for name in given} == given
    wrong = {"effort": "hard", "response_schema": {"type": "array"}, "max_task_tokens": 0, "max_task_cost": -1}
    status, body = company.editor.post("/api/agents", {"name": "B", "agent_model_config": wrong})
    assert status == 400
    assert set(body["error"]["fields"]) == {f"agent_model_config.{name}" for name in wrong}
    tall = {"model_id": "anthropic:claude-haiku-4-5", "max_tokens": 64_001}
    status, body = company.editor.post("/api/agents", {"name": "C", "agent_model_config": tall})
    assert "at most 64,000" in body["error"]["fields"]["agent_model_config.max_tokens"][0]


def test_a_list_of_fifty_takes_as_many_queries_as_one_of_two(company: Company) -> None:
    for number in range(2):
        company.agent(name=f"A{number}")
    company.viewer.get("/api/agents")
    with asked() as for_two:
        assert company.viewer.get("/api/agents")[1]["total"] == 2
    for number in range(48):
        company.agent(name=f"B{number}")
    with asked() as for_fifty:
        assert len(company.viewer.get("/api/agents?limit=50")[1]["items"]) == 50
    assert len(for_two) == len(for_fifty) == 6
