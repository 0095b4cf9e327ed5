"""Evaluation sets: cases by hand, from runs and from CSV; a table by version and model; budgets; nothing twice."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from automatos.llm.testing.requests import Recorded
from automatos.testing import Stack
from recipes.models import EvaluationCase, EvaluationCell, Execution, RecipeFigures
from recipes.services import as_input, update_recipe
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.evaluation_kit import TOPIC, Desk, contains
from recipes.tests.kit import Cast, ended, wait_for
from recipes.tests.test_judge import SEAL, answer
from recipes.tests.test_loops import cast_recipe
from workspaces.models import AuditEntry, Budget, ModelUsage, Reservation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(stack: Stack) -> Desk:
    stack.models.clear()
    cast = Cast(model="openai:gpt-4o")
    recipe = cast.recipe("Tell of {input.topic}.", inputs=TOPIC, description="Explains a thing.")
    return Desk(cast, recipe)


def second_version(desk: Desk, prompt: str) -> None:
    data = as_input(desk.recipe)
    step = data.steps[0]
    changed = type(data)(**{**_plain(data), "steps": [type(step)(**{**_plain(step), "prompt_template": prompt})]})
    update_recipe(recipe=desk.recipe, user=desk.cast.owner, data=changed)


def _plain(data: Any) -> dict[str, Any]:
    return {name: getattr(data, name) for name in data.__dataclass_fields__}


def test_versions_and_models_are_compared_case_by_case(stack: Stack, desk: Desk) -> None:
    second_version(desk, "Say briefly what {input.topic} is.")
    stack.models.on("Tell of", reply="It costs nothing.")
    stack.models.on("Say briefly", reply='{"price": 29}')
    desk.case("tea", contains("COSTS"), {"type": "exact", "text": "It costs nothing.\n"})
    desk.case("soup", {"type": "json_schema", "schema": {"type": "object", "required": ["price"]}})
    desk.case("salt", {"type": "regex", "pattern": r"(costs|price).*\W"})
    key = desk.start(versions=[1, 2], models=["", "openai:gpt-4o-mini"])
    table = desk.over(key)
    assert [(line["version"], line["model"], line["passed"], line["failed"]) for line in table["lines"]] == [
        (1, "", 2, 1), (1, "openai:gpt-4o-mini", 2, 1), (2, "", 2, 1), (2, "openai:gpt-4o-mini", 2, 1),
    ]  # fmt: skip
    assert (table["base"], table["other"], table["better"], table["worse"]) == (3, 1, [1], [2])
    assert table["lines"][0]["pass_rate"]["low"] == pytest.approx(0.2077, abs=1e-3)
    assert table["lines"][0]["quality"]["value"] > 0.9
    assert table["evaluation"]["status"] == "completed"
    asked = Counter(request.model for request in stack.models.requests)
    assert asked == {"gpt-4o": 6, "gpt-4o-mini": 6}
    runs = Execution.objects.filter(recipe=desk.recipe)
    assert {(run.triggered_by, str(run.trigger_id)) for run in runs} == {("evaluation", key)}
    assert runs.count() == 12
    assert not RecipeFigures.objects.filter(recipe=desk.recipe).exists(), "what is tried counts in no figure"
    assert float(table["spent"]) == pytest.approx(sum(line["cost"] for line in table["lines"]))
    assert float(table["spent"]) > 0
    difference = desk.get(f"evaluations/{key}/cases/2?base=1&other=3")
    assert [line["kind"] for line in difference["lines"]] == ["del", "add"]
    assert difference["base"]["checks"] == [{"type": "json_schema", "passed": False, "detail": "the output is no JSON"}]
    assert desk.ask("get", f"evaluations/{key}/cases/9").status_code == 404
    assert desk.ask("get", f"evaluations/{key}?base=9").status_code == 404
    assert not Budget.objects.filter(scope_id=key).exists()
    entries = AuditEntry.objects.filter(workspace_id=desk.cast.workspace.pk, action__startswith="evaluation")
    assert Counter(entries.values_list("action", flat=True))["evaluation.ended"] == 1


def test_a_model_stands_in_for_asked_agents_and_recipes_inside_and_has_no_fallback(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast(model="openai:gpt-4o", fallback="openai:gpt-4.1")
    cast.add_agent("Stranger", model="openai:gpt-4o", fallback="openai:gpt-4.1")
    with_tools(cast.agent, "ask_agent")
    inside = cast.recipe("Shorten {input.topic}.", inputs=TOPIC)
    steps: list[dict[str, Any]] = [
        {"agent_id": cast.agent.id, "prompt_template": "Be careful with {input.topic}."},
        {"kind": "tool", "agent_id": cast.agent.id, "config": {
            "tool": "ask_agent", "arguments": {"agent": "stranger", "task": "say it plainly"}}},
        {"kind": "recipe", "config": {"recipe": inside.template_id, "inputs": {"topic": "{previous_output}"}}},
    ]  # fmt: skip
    desk = Desk(cast, cast_recipe(cast, steps, inputs=TOPIC))
    ask = {"tool_calls": [call("ask_agent", agent="stranger", task="anything new")]}
    stack.models.conversation("Be careful with tea", ask, {"reply": "It is warm."})
    stack.models.on("Be careful with ice", status=529)
    for words in ("anything new", "say it plainly", "Shorten"):
        stack.models.on(words, reply="It is warm.")
    desk.case("tea", contains("warm"))
    desk.case("ice", contains("warm"))
    key = desk.start(models=["openai:gpt-4o-mini"], at_once=1)
    (line,) = desk.over(key)["lines"]
    assert (line["passed"], line["failed"]) == (1, 1)
    asked = Counter(request.model for request in stack.models.requests)
    assert list(asked) == ["gpt-4o-mini"], "another model would be measured in its place"
    prompts = [request.prompt for request in stack.models.requests]
    assert all(any(words in one for one in prompts) for words in ("anything new", "say it plainly", "Shorten"))


def test_a_judge_and_a_meaning_decide_and_are_paid_from_the_budget(stack: Stack, desk: Desk) -> None:
    stack.models.on("Tell of", reply="The plan is 29 dollars for each seat.")

    def decide(request: Recorded) -> dict[str, Any]:
        found = SEAL.search(request.prompt)
        assert found
        return {"reply": answer(found[1], (5 if "Names the price" in request.prompt else 2, ""))}

    stack.models.on("Rubric", decide=decide)
    near = {"type": "similar", "text": "Each seat costs 29 dollars.", "at_least": 0.5}
    far = {"type": "similar", "text": "Penguins live in the south.", "at_least": 0.5}
    price, cat = ({"type": "judge", "rubric": [point]} for point in ("Names the price", "Names a cat"))
    for topic, wanted in (("a", [near, price]), ("b", [far, price]), ("c", [cat])):
        desk.case(topic, *wanted)
    refused = desk.ask("post", f"{desk.path}/evaluations")
    assert "judge_model" in refused.json()["error"]["fields"]
    assert desk.ask("patch", desk.path, {"judge_model": "openai:gpt-4o-mini"}).status_code == 200
    key = desk.start()
    table = desk.over(key)
    cells = desk.cells(key)
    assert [cell["verdict"] for cell in cells] == ["passed", "failed", "failed"]
    assert cells[1]["checks"][1]["detail"] == "not asked: another check failed"
    assert cells[2]["checks"][0]["detail"].startswith("2.0 of at least 4.0")
    usage = ModelUsage.objects.get(workspace=desk.cast.workspace, kind="judge")
    assert usage.calls == 2
    judged = sum(Decimal(str(cell["judge_cost"])) for cell in cells)
    assert judged > 0
    assert float(table["spent"]) == pytest.approx(table["lines"][0]["cost"])
    assert float(judged) < float(table["spent"])
    assert not Reservation.objects.filter(workspace=desk.cast.workspace).exists()


def test_a_judge_without_an_opinion_leaves_a_case_undecided(stack: Stack, desk: Desk) -> None:
    stack.models.on("Tell of", reply="Tea is warm.")
    stack.models.on("Rubric", reply=json.dumps({"points": [], "orders": [], "summary": ""}))
    desk.ask("patch", desk.path, {"judge_model": "openai:gpt-4o-mini"})
    desk.case("tea", {"type": "judge", "rubric": ["Right"]})
    table = desk.over(desk.start())
    line = table["lines"][0]
    assert (line["undecided"], line["passed"], line["pass_rate"], table["has_passed"]) == (1, 0, None, False)


def test_what_the_budget_has_no_room_for_is_not_run_and_said_so(stack: Stack, desk: Desk) -> None:
    held = stack.models.hold("Tell of", reply="Words.")
    for number in range(6):
        desk.case(f"thing {number}", contains("o"))
    whole = desk.start(at_once=1)
    held.wait_for_requests(1)
    most = Reservation.objects.get(workspace=desk.cast.workspace).amount
    held.release()
    each = desk.over(whole)["spent"] / 6
    key = desk.start(budget=f"{float(most) + 2.5 * each:.6f}", at_once=1)
    table = desk.over(key)
    verdicts = [cell["verdict"] for cell in desk.cells(key)]
    assert verdicts.count("passed") >= 2
    assert verdicts[-1] == "budget"
    assert table["not_run"] == verdicts.count("budget") >= 1
    assert not table["has_passed"]
    assert table["spent"] <= float(table["evaluation"]["budget"])
    assert "budget" in desk.cells(key)[-1]["reason"]


def test_an_evaluation_is_stopped_with_what_cooks(stack: Stack, desk: Desk) -> None:
    held = stack.models.hold("Tell of one")
    desk.case("one", contains("x"))
    desk.case("two", contains("x"))
    key = desk.start(at_once=1)
    held.wait_for_requests(1)
    assert desk.ask("post", f"evaluations/{key}/cancel").status_code == 202
    table = desk.over(key)
    held.release()
    assert table["evaluation"]["status"] == "cancelled"
    assert [cell["verdict"] for cell in desk.cells(key)] == ["cancelled", "cancelled"]
    assert desk.ask("post", f"evaluations/{key}/cancel").status_code == 409


def test_a_failed_run_and_inputs_that_do_not_fit_fail_their_cases(stack: Stack, desk: Desk) -> None:
    desk.case("tea", contains("x"))
    body = {**desk.get("draft")["body"], "inputs": {"thing": {"type": "string"}}}
    body["steps"][0]["prompt_template"] = "Draw {input.thing}."
    assert desk.ask("put", "draft", {"body": body}).status_code == 200
    stack.models.on("Tell of", status=400)
    key = desk.start(versions=[1, "draft"])
    desk.over(key)
    reasons = [(cell["verdict"], cell["reason"]) for cell in desk.cells(key)]
    assert [verdict for verdict, _ in reasons] == ["failed", "failed"]
    assert reasons[0][1].startswith("The run failed")
    assert "could not be cooked" in reasons[1][1]


def test_cases_come_from_runs_and_a_changed_one_keeps_its_results(stack: Stack, desk: Desk) -> None:
    stack.models.on("Tell of", reply="Tea is a warm drink of leaves.")
    run = ended(desk.cast.cook(desk.recipe, topic="tea"))
    wait_for(lambda: Execution.objects.filter(pk=run.pk, assessed_at__isnull=False).exists())
    added = desk.post(f"{desk.path}/cases/from-runs", {"execution_ids": [str(run.pk)]})["items"]
    assert (added[0]["input_data"], added[0]["source_id"]) == ({"topic": "tea"}, str(run.pk))
    key = desk.start()
    assert desk.over(key)["has_passed"]
    changed = {"name": "Milk", "input_data": {"topic": "milk"}, "expectations": [contains("milk")]}
    assert desk.ask("put", f"{desk.path}/cases/1", changed).json()["name"] == "Milk"
    assert desk.cells(key)[0]["case_name"] == "tea"
    assert desk.ask("delete", f"{desk.path}/cases/1").status_code == 204
    assert desk.ask("post", f"{desk.path}/evaluations").json()["error"]["code"] == "no_cases"
    assert desk.post(f"{desk.path}/cases/1/restore")["name"] == "Milk"
    other = Cast()
    elsewhere = other.cook(other.recipe("Tell."))
    refused = desk.ask("post", f"{desk.path}/cases/from-runs", {"execution_ids": [str(elsewhere.pk)]})
    assert "execution_ids.0" in refused.json()["error"]["fields"]


def test_what_somebody_outside_wrote_taints_an_evaluation_too(stack: Stack, desk: Desk) -> None:
    """Also once the run is gone that it came with; a person's own words in its place do not."""
    stack.models.on("Tell of", reply="Tea is a warm drink of leaves.")
    body = {"input_data": {"topic": "tea"}, "untrusted_inputs": ["topic"]}
    begun = desk.post("execute", body)
    run = ended(Execution.objects.get(pk=begun["execution_id"]))
    assert run.untrusted_inputs
    case = desk.post(f"{desk.path}/cases/from-runs", {"execution_ids": [str(run.pk)]})["items"][0]
    assert case["untrusted_inputs"] == run.untrusted_inputs
    EvaluationCase.objects.update(source=None)
    named = {"name": "Tea", "input_data": {"topic": "tea"}, "expectations": case["expectations"]}
    assert desk.ask("put", f"{desk.path}/cases/1", named).json()["untrusted_inputs"] == run.untrusted_inputs
    key = desk.start()
    desk.over(key)
    assert Execution.objects.get(trigger_id=key).untrusted_inputs == run.untrusted_inputs
    own = {**named, "input_data": {"topic": "milk"}}
    assert desk.ask("put", f"{desk.path}/cases/1", own).json()["untrusted_inputs"] is None


def test_a_worker_killed_in_the_middle_pays_nothing_twice(stack: Stack, desk: Desk) -> None:
    stack.models.on("Tell of", reply="Words.", delay=0.2)
    for number in range(6):
        desk.case(f"thing {number} of {desk.cast.workspace.slug}", contains("words"))
    key = desk.start(models=["", "openai:gpt-4o-mini"], at_once=4)
    done = EvaluationCell.objects.filter(evaluation_id=UUID(key), status="done")
    wait_for(lambda: done.count() >= 3)
    stack.worker.kill()
    stack.worker.start()
    table = desk.over(key)
    assert [(line["passed"], line["open"]) for line in table["lines"]] == [(6, 0), (6, 0)]
    assert Execution.objects.filter(trigger_id=key).count() == 12
    assert len(stack.models.requests) <= sum(
        call.sends for run in Execution.objects.filter(trigger_id=key) for step in run.steps.all()
        for call in step.calls.all()
    )  # fmt: skip
