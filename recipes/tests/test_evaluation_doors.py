"""Evaluation sets at the doors: what is written is checked by name, and a draft waits for its set."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from automatos.testing import Stack
from recipes.evaluations import csv_cases, due_services, expectations
from recipes.evaluations.checking import check
from recipes.evaluations.figures import chance, mean
from recipes.models import Evaluation, EvaluationCase, EvaluationSet
from recipes.publish_gate_queries import needed
from recipes.quality.intervals import share_of
from recipes.tests.evaluation_kit import TOPIC, Desk, contains
from recipes.tests.kit import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def new_desk(**values: Any) -> Desk:
    cast = Cast()
    return Desk(cast, cast.recipe("Tell of {input.topic}.", inputs=TOPIC), **values)


def fields_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.content
    found: dict[str, list[str]] = answer.json()["error"]["fields"]
    return found


def test_intervals_and_chance_are_those_of_the_books() -> None:
    found = share_of(28, 30)
    assert found
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.7868, 0.9815)
    assert share_of(0, 0) is None
    several = mean([1.0, 2.0, 3.0])
    assert several
    assert round((several.high or 0) - 2, 6) == round(4.30265273 / 3**0.5, 6)
    assert several.low == 0
    single = mean([0.5])
    assert single
    assert single.low is None
    assert (round(chance(4, 1), 4), chance(0, 0), round(chance(6, 0), 5)) == (0.375, 1.0, 0.03125)
    assert [needed(0.9, 30), needed(0.9, 10), needed(0.7, 10), needed(0, 5), needed(1, 3)] == [27, 9, 7, 1, 3]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ([], "expectations"),
        ([{"type": "smells"}], "expectations.0.type"),
        ([{"type": []}], "expectations.0.type"),
        ([{"type": "contains"}], "expectations.0.text"),
        ([{"type": "contains", "text": " "}], "expectations.0.text"),
        ([{"type": "contains", "text": "x", "pattern": "y"}], "expectations.0.pattern"),
        ([{"type": "regex", "pattern": "(?=x)"}], "expectations.0.pattern"),
        ([{"type": "regex", "pattern": "("}], "expectations.0.pattern"),
        ([{"type": "json_schema", "schema": {"type": "nope"}}], "expectations.0.schema"),
        ([{"type": "json_schema", "schema": {"$ref": "http://127.0.0.1:1/x"}}], "expectations.0.schema"),
        ([{"type": "json_schema", "schema": "object"}], "expectations.0.schema"),
        ([{"type": "similar", "text": "x", "at_least": 2}], "expectations.0.at_least"),
        ([{"type": "similar", "text": "x", "at_least": "much"}], "expectations.0.at_least"),
        ([{"type": "judge", "rubric": []}], "expectations.0.rubric"),
        ([{"type": "judge", "rubric": ["a"]}, {"type": "judge", "rubric": ["b"]}], "expectations"),
        ([{"type": "contains", "text": "x"}] * 11, "expectations"),
    ],
)
def test_an_expectation_that_cannot_be_used_is_named(wanted: list[dict[str, Any]], field: str) -> None:
    desk = new_desk()
    body = {"input_data": {"topic": "tea"}, "expectations": wanted}
    assert list(fields_of(desk.ask("post", f"{desk.path}/cases", body))) == [field]
    assert not EvaluationCase.objects.filter(evaluation_set=desk.set["id"]).exists()


def test_checks_of_a_text_are_bounded_in_time() -> None:
    deep: dict[str, Any] = {"x0": {"type": "string"}}
    for number in range(1, 41):
        twice = {"$ref": f"#/$defs/x{number - 1}"}
        deep[f"x{number}"] = {"anyOf": [twice, {"allOf": [twice]}]}
    wanted = [
        {"type": "regex", "pattern": "^(a+)+$"},
        {"type": "regex", "pattern": "b$"},
        {"type": "exact", "text": "x"},
    ]
    found = check(wanted, "a" * 200_000 + "b")
    assert [one["passed"] for one in found] == [False, True, False]
    endless = check([{"type": "json_schema", "schema": {"$defs": deep, "$ref": "#/$defs/x40"}}], "3")
    assert endless[0]["passed"] is False
    fenced = check([{"type": "json_schema", "schema": {"required": ["a"]}}], '```json\n{"b": 1}\n```')
    assert fenced[0]["detail"] == '"a" is a required property'


def test_a_table_of_cases_is_taken_whole_or_refused_by_row_and_column() -> None:
    desk = new_desk()
    text = (
        "\ufefftopic,name,contains,contains,json_schema,judge\r\n"
        'tea,"Two\r\nlines",hot,leaf,,\r\n'
        ",,,,,\r\n"
        'soup,,,,"{""type"": ""object""}","Right\nShort"\r\n'
    )
    added = desk.post(f"{desk.path}/cases/import", {"csv": text})["items"]
    assert [one["number"] for one in added] == [1, 2]
    assert added[0]["expectations"] == [contains("hot"), contains("leaf")]
    assert [one["type"] for one in added[1]["expectations"]] == ["json_schema", "judge"]
    assert added[1]["expectations"][1] == {"type": "judge", "rubric": ["Right", "Short"], "at_least": 4.0}
    before = EvaluationCase.objects.count()
    wrong = "topic,regex,json_schema\ntea,(,\nsoup,,{\n,x,\nsalt,x,,,\n"
    found = fields_of(desk.ask("post", f"{desk.path}/cases/import", {"csv": wrong}))
    assert set(found) == {"csv.2.regex", "csv.3.json_schema", "csv.3.expectations", "csv.4.topic", "csv.5"}
    assert found["csv.2.regex"][0].startswith("Row 2, column regex: This is no regular expression")
    assert EvaluationCase.objects.count() == before
    for text, part in (
        ("", "empty"), ("topic\ntea", "Add a column"), ("nothing,contains\na,b", "Row 1, column 1"),
        ("topic,topic,contains\na,b,c", "twice"), ("topic,contains\n", "no row"), ('topic,contains\n"a,b', "no CSV"),
        ("topic,contains\n" + "a,b\n" * 201, "at most 200"),
    ):  # fmt: skip
        said = fields_of(desk.ask("post", f"{desk.path}/cases/import", {"csv": text}))
        assert part in " ".join(said.get("csv", [])), (text[:30], said)
    assert csv_cases.MOST_ROWS == 200
    assert set(expectations.LABELS) == set(expectations.KINDS)


def test_inputs_and_settings_that_do_not_fit_are_refused_by_name() -> None:
    desk = new_desk()
    body: dict[str, Any] = {"input_data": {"subject": "tea"}, "expectations": [contains("x")]}
    assert "input_data.subject" in fields_of(desk.ask("post", f"{desk.path}/cases", body))
    for values, field in (
        ({"name": ""}, "name"), ({"pass_at": 1.5}, "pass_at"), ({"budget": "0"}, "budget"),
        ({"judge_model": "nowhere:x"}, "judge_model"), ({"smell": 1}, "smell"),
    ):  # fmt: skip
        assert field in fields_of(desk.ask("patch", desk.path, values))
    desk.case("tea", contains("x"))
    for wish, field in (
        ({"versions": [7]}, "versions.0"), ({"versions": ["draft"]}, "versions"), ({"versions": [True]}, "versions.0"),
        ({"models": ["nowhere:x"]}, "models.0"), ({"at_once": 0}, "at_once"), ({"budget": "-1"}, "budget"),
    ):  # fmt: skip
        assert field in fields_of(desk.ask("post", f"{desk.path}/evaluations", wish)), wish
    assert desk.get(f"{desk.path}/evaluations")["total"] == 0
    assert desk.ask("delete", desk.path).status_code == 204
    assert desk.ask("get", desk.path).status_code == 404
    assert desk.post(f"{desk.path}/restore")["name"] == "Price questions"


def test_a_draft_is_published_only_after_its_set_passed(stack: Stack) -> None:
    stack.models.clear()
    stack.models.on("Tell of", reply="Cold.")
    stack.models.on("Say warmly", reply="Warm.")
    desk = new_desk(is_required=True)
    desk.case("tea", contains("warm"))
    steps = desk.get("draft")["body"]["steps"]
    warm = [{**steps[0], "prompt_template": "Say warmly what {input.topic} is."}]
    refused = desk.client.patch(
        f"/api/workflow-recipes/{desk.recipe.pk}", json.dumps({"steps": warm}), "application/json",
        headers={"X-Workspace-ID": str(desk.cast.workspace.pk)},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "evaluation_required")
    assert "Price questions" in refused.json()["error"]["message"]
    body = {**desk.get("draft")["body"], "steps": warm}
    assert desk.ask("put", "draft", {"body": body}).status_code == 200
    assert desk.ask("post", "publish").json()["error"]["code"] == "evaluation_required"
    other = desk.over(desk.start(versions=["draft"], models=["openai:other-model"]))
    assert other["has_passed"]
    assert desk.ask("post", "publish").status_code == 409, "another model says nothing of the draft's own"
    assert desk.over(desk.start(versions=["draft"]))["has_passed"]
    desk.case("soup", contains("warm"))
    assert desk.ask("post", "publish").status_code == 409, "the cases are others by now"
    assert desk.over(desk.start(versions=["draft"]))["has_passed"]
    assert desk.ask("post", "publish").status_code == 200
    assert desk.get("versions")["items"][0]["version"] == 2
    told = desk.client.patch(
        f"/api/workflow-recipes/{desk.recipe.pk}", json.dumps({"tags": ["new"]}), "application/json",
        headers={"X-Workspace-ID": str(desk.cast.workspace.pk)},
    )  # fmt: skip
    assert told.status_code == 200, "what cooks is the same"
    back = desk.ask("post", "versions/1/restore")
    assert back.json()["error"]["code"] == "evaluation_required"
    assert desk.ask("patch", desk.path, {"is_required": False}).status_code == 200
    assert desk.ask("post", "versions/1/restore").status_code == 200


def test_a_set_is_evaluated_at_its_times_once_and_on_its_owners_behalf() -> None:
    desk = new_desk()
    desk.case("tea", contains("x"))
    for values, field in (({"cron": "soon"}, "cron"), ({"time_zone": "Nowhere/Far"}, "time_zone")):
        assert list(fields_of(desk.ask("patch", desk.path, values))) == [field]
    assert desk.ask("patch", desk.path, {"cron": "0  6 * * 1"}).json()["cron"] == "0 6 * * 1"
    row = EvaluationSet.objects.filter(pk=desk.set["id"])
    planned = row.get().next_due_at
    assert planned is not None
    assert due_services.start_due() == 0
    row.update(next_due_at=timezone.now() - timedelta(days=3))
    assert due_services.start_due() == 1, "what was missed is made good by one"
    assert (due_services.start_due(), row.get().next_due_at) == (0, planned)
    assert Evaluation.objects.get(evaluation_set=desk.set["id"]).user == desk.cast.owner
    row.update(next_due_at=timezone.now())
    assert due_services.start_due() == 0, "the one before is still under way"
    Evaluation.objects.update(status="completed")
    row.update(next_due_at=timezone.now(), owner=None)
    assert due_services.start_due() == 0
    assert "not a member" in desk.get(desk.path)["suspended"]
    assert desk.get(desk.path)["next_due_at"] is None
    assert desk.ask("patch", desk.path, {"name": "Again"}).json()["suspended"] == ""
    assert row.get().owner == desk.cast.owner
    assert desk.get(f"{desk.path}/evaluations")["total"] == 1
