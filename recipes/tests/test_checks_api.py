"""Every problem before cooking, with what mends it, over REST and in YAML; and what a run will take."""

from decimal import Decimal
from typing import Any

import pytest

from recipes.models import Execution, StepFigures
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db
BASE = "/api/workflow-recipes"


NAMED = [
    ("steps.0.prompt_template", "error"),
    ("steps.1.agent_id", "error"),
    ("steps.1.prompt_template", "error"),
    ("steps.3.under", "warning"),
    ("steps.4.config.expression", "warning"),
    ("steps.5.config.tool", "error"),
    ("steps.6.config.arguments", "error"),
    ("steps.7.config.expression", "error"),
]


def test_every_problem_is_named_with_its_cure() -> None:
    company = Company()
    made = company.recipe("Write about {input.topic}.", inputs={"topic": {"type": "string"}})
    path, agent = f"{BASE}/{made['id']}", made["steps"][0]["agent_id"]
    other = company.agent(name="Idle")["id"]
    company.editor.post(f"/api/agents/{other}/status", {"status": "paused"})
    steps = [
        {"agent_id": agent, "prompt_template": "Write about {topic} and {input.topik}.", "output_key": "sources"},
        {"agent_id": other, "prompt_template": "Sum {sorces} up."},
        {"kind": "condition", "step_id": "always", "config": {"expression": "1 > 2"}},
        {"agent_id": agent, "prompt_template": "Never {sources}", "under": "always", "branch": "then"},
        {"kind": "condition", "config": {"expression": "input.many == 'five' or input.tone == 'loud'"}},
        {"kind": "tool", "agent_id": agent, "config": {"tool": "calculatr", "arguments": {}}},
        {"kind": "tool", "agent_id": agent, "config": {"tool": "calculator", "arguments": {"expresion": "1"}}},
        {"kind": "condition", "config": {"expression": "len(sorces) > 2"}},
    ]
    inputs = {"topic": {}, "many": {"type": "number"}, "tone": {"type": "choice", "options": ["calm"]}}
    company.editor.put(f"/api/agents/{agent}/tools", {"tool_ids": ["calculator"]})
    status, found = company.editor.post(f"{path}/validate", {"steps": steps, "inputs": inputs})
    told = {(one["field"], one["severity"]): one for one in found["details"]}
    assert (status, found["valid"]) == (200, False)
    assert sorted(told) == NAMED, found["details"]
    sum_up = told["steps.1.prompt_template", "error"]
    assert sum_up["text"] == "{sorces} is no input and no output of an earlier step. Did you mean {sources}?"
    assert [one["words"] for one in sum_up["cures"]] == ["Use {sources}", "Use {previous_output}"]
    first = [one for one in found["details"] if one["field"] == "steps.0.prompt_template"]
    assert [one["cures"][0]["new"] for one in first] == ["{input.topic}", "{input.topic}"]
    assert "Did you mean calculator?" in told["steps.5.config.tool", "error"]["text"]
    assert told["steps.7.config.expression", "error"]["cures"][0] == {
        "words": "Use sources",
        "old": "sorces",
        "new": "sources",
    }
    assert {one["step_id"] for one in found["estimate"]["steps"]} >= {"step_1", "always"}


def test_yaml_is_checked_with_lines_and_a_good_recipe_is_valid() -> None:
    company = Company()
    path = f"{BASE}/{company.recipe('Write.')['id']}"
    yaml = "name: Brief\nsteps:\n  - agent: quill\n    prompt: Write about {input.topic}.\n"
    found = company.editor.post(f"{path}/validate", {"yaml": yaml})[1]
    assert [(one["line"], one["field"]) for one in found["details"]] == [(4, "steps.0.prompt_template")]
    found = company.editor.post(f"{path}/validate", {"yaml": "name: [1"})[1]
    assert (found["valid"], found["details"][0]["line"], found["estimate"]) == (False, 1, None)
    assert company.editor.post(f"{path}/validate", {})[1]["valid"]
    assert company.viewer.post(f"{path}/validate", {})[0] == 403


def test_inputs_are_required_unless_they_say_otherwise_and_choices_are_kept_to() -> None:
    company = Company()
    inputs = {
        "topic": {}, "tone": {"type": "choice", "options": ["calm", "loud"]},
        "more": {"type": "text", "required": False},
        "all": {"type": "list", "default": [1]},
    }  # fmt: skip
    made = company.recipe("Write about {input.topic} {input.tone} {input.more} {input.all}.", inputs=inputs)
    assert [entry["required"] for entry in made["inputs"].values()] == [True, True, False, True]
    assert made["inputs"]["all"]["type"] == "array"
    path = f"{BASE}/{made['id']}/execute"
    fields = company.editor.post(path, {"input_data": {"tone": "odd"}})[1]["error"]["fields"]
    assert fields == {
        "input_data.topic": ["This input is required."],
        "input_data.tone": ["Choose one of: calm, loud."],
    }
    assert company.editor.post(path, {"input_data": {"topic": "tea", "tone": "calm"}})[0] == 202


def cooks(company: Company, agent: str, *recipes: dict[str, Any], own: int = 0) -> dict[str, Any]:
    """A recipe that cooks these, one after another, and then has steps of its own."""
    steps: list[dict[str, Any]] = [
        {"kind": "recipe", "step_id": f"in_{n}", "config": {"recipe": one["template_id"],
         "inputs": {"topic": "tides"}}} for n, one in enumerate(recipes)
    ]  # fmt: skip
    steps += [{"agent_id": agent, "prompt_template": "Close", "step_id": f"own_{n}"} for n in range(own)]
    body = {"name": "Outer", "steps": steps, "inputs": {"topic": {"required": False}}}
    status, made = company.editor.post(BASE, body)
    assert status == 201, made
    return dict(made)


def estimate(company: Company, recipe: dict[str, Any]) -> dict[str, Any]:
    return dict(company.editor.post(f"{BASE}/{recipe['id']}/validate", {})[1]["estimate"])


def test_an_estimate_has_what_recipes_inside_will_take() -> None:
    company = Company()
    agent = company.agent(agent_model_config={"provider": "openai", "model_id": "gpt-4o", "max_tokens": 1000})["id"]
    low = company.recipe("Write {input.topic}", "Mend", agent_id=agent, inputs={"topic": {}})

    alone, close = estimate(company, low), estimate(company, company.recipe("Close", agent_id=agent))
    assert Decimal(alone["cost"]) > 0
    middle = cooks(company, agent, low, low)
    top = cooks(company, agent, middle, low, own=1)
    found = estimate(company, top)
    assert Decimal(found["cost"]) == 3 * Decimal(alone["cost"]) + Decimal(close["cost"])
    assert found["is_whole"]
    by_step = {one["step_id"]: one for one in found["steps"]}
    assert Decimal(by_step["in_0"]["cost"]) == 2 * Decimal(alone["cost"])
    assert (by_step["in_0"]["basis"], by_step["in_0"]["tokens"]) == (
        "prices",
        2 * sum(one["tokens"] for one in alone["steps"]),
    )
    # What its runs took counts, where there are any; what nobody knows makes the whole no whole.
    run = company.editor.post(f"{BASE}/{low['id']}/execute", {"input_data": {"topic": "x"}})[1]["execution_id"]
    recipe = Execution.objects.get(pk=run).recipe
    assert recipe is not None
    for number in (1, 2):
        StepFigures.objects.create(
            workspace=company.workspace, recipe=recipe, step_id=f"step_{number}", order=number, agent_id=agent, runs=2,
            cost=Decimal("0.5"), duration_ms=4000, input_tokens=10, output_tokens=20,
        )  # fmt: skip
    (inside,) = [one for one in estimate(company, top)["steps"] if one["step_id"] == "in_1"]
    assert (Decimal(inside["cost"]), inside["duration_ms"], inside["basis"], inside["runs"]) == (
        *(Decimal("0.5"), 4000, "runs", 2),
    )
    nobody = company.agent(name="New", agent_model_config={"provider": "openai", "model_id": "unheard-of"})["id"]
    unknown = estimate(
        company, cooks(company, agent, company.recipe("Hm", agent_id=nobody, inputs={"topic": {"required": False}}))
    )
    assert (unknown["is_whole"], float(unknown["cost"])) == (False, 0)
