"""Recipes over HTTP: made, changed, versioned, and refused with the field's name."""

from typing import Any
from uuid import uuid4

import pytest

from automatos.errors import InvalidInput
from automatos.tests.queries import asked
from recipes.filling import fill_inputs
from recipes.models import Recipe
from workspaces.tests.rest import Company, without_request_id

pytestmark = pytest.mark.django_db
RECIPES = "/api/workflow-recipes"


@pytest.fixture
def company() -> Company:
    return Company()


def test_steps_are_ordered_renumbered_and_filled_with_defaults(company: Company) -> None:
    agent = company.agent()["id"]
    steps = [
        {"agent_id": agent, "order": 30, "prompt_template": "Last: {first}"},
        {"agent_id": agent, "order": 7, "prompt_template": "First", "output_key": "first"},
    ]
    config = {"timeout_per_step": 42, "max_retries": 3}
    body = {"name": "Two steps", "steps": steps, "execution_config": config}
    status, made = company.editor.post(RECIPES, body)
    assert (status, made["template_id"], made["version"]) == (201, "two-steps", 1)
    assert [(s["order"], s["output_key"], s["step_id"]) for s in made["steps"]] == [
        (1, "first", "step_1"),
        (2, "step_2", "step_2"),
    ]
    assert {(s["timeout"], s["max_retries"]) for s in made["steps"]} == {(42.0, 3)}
    assert company.viewer.get(f"{RECIPES}/two-steps")[1] == company.viewer.get(f"{RECIPES}/{made['id']}")[1]


def test_each_change_is_a_version_whose_body_makes_the_recipe_again(company: Company) -> None:
    recipe = company.recipe("One", "Two {step_1}", tags=["a"])
    path = f"{RECIPES}/{recipe['id']}"
    changed = company.editor.patch(path, {"description": "Why", "changelog": "Say why", "version": 1})[1]
    assert (changed["version"], changed["description"], len(changed["steps"])) == (2, "Why", 2)
    assert company.editor.patch(path, {"description": "Late", "version": 1})[0] == 409
    versions = company.viewer.get(f"{path}/versions")[1]["items"]
    assert [(v["version"], v["changelog"]) for v in versions] == [(2, "Say why"), (1, "Created")]
    again = company.editor.post(RECIPES, {**versions[1]["body"], "template_id": ""})[1]
    assert [s["prompt_template"] for s in again["steps"]] == ["One", "Two {step_1}"]


def test_an_answer_can_be_sent_back_unchanged(company: Company) -> None:
    recipe = company.recipe("One", inputs={"topic": {"type": "string", "default": "x"}})
    status, again = company.editor.put(f"{RECIPES}/{recipe['id']}", recipe)
    assert status == 200
    assert {**again, "version": 1, "updated_at": ""} == {**recipe, "updated_at": ""}


def test_a_taken_template_id_is_refused(company: Company) -> None:
    company.recipe("One", template_id="mine")
    agent = company.agent()["id"]
    body = {"name": "B", "template_id": "mine", "steps": [{"agent_id": agent, "prompt_template": "Hi"}]}
    status, answer = company.editor.post(RECIPES, body)
    assert (status, list(answer["error"]["fields"])) == (400, ["template_id"])
    other = company.recipe("Two")
    assert company.editor.patch(f"{RECIPES}/{other['id']}", {"template_id": "mine"})[0] == 400


BAD_STEPS: list[tuple[dict[str, Any], str]] = [
    ({"prompt_template": "{nix}"}, "steps.1.prompt_template"),
    ({"prompt_template": "{input.nix}"}, "steps.1.prompt_template"),
    ({"prompt_template": "{step_2_output}"}, "steps.1.prompt_template"),
    ({"prompt_template": ""}, "steps.1.prompt_template"),
    ({"prompt_template": "x" * 1_000_001}, "steps.1.prompt_template"),
    ({"prompt_template": None}, "steps.1.prompt_template"),
    ({"output_key": "step_1"}, "steps.1.output_key"),
    ({"output_key": "Big"}, "steps.1.output_key"),
    ({"output_key": "1a"}, "steps.1.output_key"),
    ({"output_key": "previous_output"}, "steps.1.output_key"),
    ({"step_id": "step_1"}, "steps.1.step_id"),
    ({"step_id": "a b"}, "steps.1.step_id"),
    ({"order": 1}, "steps.1.order"),
    ({"order": "x"}, "steps.1.order"),
    ({"agent_id": None}, "steps.1.agent_id"),
    ({"agent_id": "nix"}, "steps.1.agent_id"),
    ({"error_handling": "explode"}, "steps.1.error_handling"),
    ({"max_retries": -1}, "steps.1.max_retries"),
    ({"max_iterations": 0}, "steps.1.max_iterations"),
    ({"timeout": 0}, "steps.1.timeout"),
    ({"timeout": "inf"}, "steps.1.timeout"),
    ({"promt": "x"}, "steps.1.promt"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD_STEPS, ids=lambda value: str(value)[:40])
def test_a_bad_step_is_named_by_its_place(company: Company, wrong: dict[str, Any], field: str) -> None:
    agent = company.agent()["id"]
    steps = [
        {"agent_id": agent, "order": 1, "prompt_template": "Hi"},
        {"agent_id": agent, "order": 2, "prompt_template": "Hi", **wrong},
    ]
    status, answer = company.editor.post(RECIPES, {"name": "A", "steps": steps})
    assert status == 400
    assert answer["error"]["fields"][field]
    assert not Recipe.objects.exists()


BAD_RECIPES: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": {}}, "name"),
    ({"steps": []}, "steps"),
    ({"steps": "x"}, "steps"),
    ({"steps": ["x"]}, "steps.0"),
    ({"template_id": "Not A Slug"}, "template_id"),
    ({"template_id": "x" * 81}, "template_id"),
    ({"inputs": []}, "inputs"),
    ({"inputs": {"Bad Name": {}}}, "inputs.Bad Name"),
    ({"inputs": {"a": "string"}}, "inputs.a"),
    ({"inputs": {"a": {"type": "date"}}}, "inputs.a.type"),
    ({"inputs": {"a": {"required": "yes"}}}, "inputs.a.required"),
    ({"inputs": {"a": {"type": "integer", "default": "x"}}}, "inputs.a.default"),
    ({"inputs": {"a": {"typ": "string"}}}, "inputs.a.typ"),
    ({"outputs": {"a": {"type": 7}}}, "outputs.a.type"),
    ({"execution_config": {"speed": 9}}, "execution_config.speed"),
    ({"execution_config": {"mode": "chaos"}}, "execution_config.mode"),
    ({"execution_config": {"mode": ["parallel"]}}, "execution_config.mode"),
    ({"execution_config": {"total_timeout": 0}}, "execution_config.total_timeout"),
    ({"execution_config": {"max_retries": 1.5}}, "execution_config.max_retries"),
    ({"execution_config": {"backoff": True}}, "execution_config.backoff"),
    ({"schedule_config": {"type": "cron"}}, "schedule_config.cron"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD_RECIPES, ids=lambda value: str(value)[:40])
def test_a_bad_recipe_field_is_named(company: Company, wrong: dict[str, Any], field: str) -> None:
    steps = [{"agent_id": company.agent()["id"], "prompt_template": "Hi"}]
    status, answer = company.editor.post(RECIPES, {"name": "A", "steps": steps, **wrong})
    assert status == 400
    assert answer["error"]["fields"][field]


def test_fifty_steps_are_fine_and_one_more_is_not(company: Company) -> None:
    assert len(company.recipe(*["Hi"] * 50)["steps"]) == 50
    steps = [{"agent_id": company.agent()["id"], "prompt_template": "Hi"}] * 51
    assert "steps" in company.editor.post(RECIPES, {"name": "A", "steps": steps})[1]["error"]["fields"]


def test_an_unknown_variable_is_named_with_what_there_is(company: Company) -> None:
    steps = [{"agent_id": company.agent()["id"], "prompt_template": "{input.topik}"}]
    body = {"name": "A", "inputs": {"topic": {"type": "string"}}, "steps": steps}
    text = company.editor.post(RECIPES, body)[1]["error"]["fields"]["steps.0.prompt_template"][0]
    assert "{input.topik}" in text
    assert "{input.topic}" in text


def test_a_strangers_and_a_deleted_agent_read_like_an_unknown_one(company: Company) -> None:
    deleted = company.agent()["id"]
    company.admin.delete(f"/api/agents/{deleted}")
    theirs = company.outsider.post("/api/agents", {"name": "Theirs"})[1]["id"]
    answers = [
        company.editor.post(RECIPES, {"name": "A", "steps": [{"agent_id": agent, "prompt_template": "Hi"}]})
        for agent in (deleted, theirs, str(uuid4()))
    ]
    assert [status for status, _ in answers] == [400] * 3
    assert len({str(without_request_id(body)) for _, body in answers}) == 1


def test_a_deleted_recipe_is_gone_and_a_strangers_like_unknown(company: Company) -> None:
    recipe = company.recipe("Hi")
    path = f"{RECIPES}/{recipe['id']}"
    theirs = company.outsider.get(path)
    assert (theirs[0], without_request_id(theirs[1])) == (
        404,
        without_request_id(company.outsider.get(f"{RECIPES}/{uuid4()}")[1]),
    )
    assert company.admin.delete(path)[0] == 204
    assert company.viewer.get(path)[0] == 404


def test_a_list_takes_as_many_queries_for_twenty_as_for_two(company: Company) -> None:
    agent = company.agent()["id"]
    for count in (2, 18):
        for _ in range(count):
            company.recipe("Hi", "Ho", agent_id=agent)
        company.viewer.get(RECIPES)
        with asked() as seen:
            company.viewer.get(RECIPES)
        assert len(seen) == 7


SCHEMA = {
    "n": {"type": "integer", "required": True},
    "on": {"type": "boolean", "default": True},
    "s": {"type": "string"},
}


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"n": 3}, {"n": 3, "on": True, "s": ""}),
        ({"n": "3", "on": "False", "s": "3"}, {"n": 3, "on": False, "s": "3"}),
    ],
)
def test_inputs_are_converted_and_filled_from_defaults(given: dict[str, Any], filled: dict[str, Any]) -> None:
    assert fill_inputs(SCHEMA, given) == filled


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "n"),
        ({"n": ""}, "n"),
        ({"n": "x"}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": True}, "n"),
        ({"n": 1, "on": 1}, "on"),
        ({"n": 1, "s": []}, "s"),
        ({"n": 1, "s": "a\x00"}, "s"),
        ({"n": 1, "m": 2}, "m"),
    ],
)
def test_a_bad_input_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        fill_inputs(SCHEMA, given)
    assert f"input_data.{field}" in refused.value.fields
