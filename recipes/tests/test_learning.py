"""What runs teach: patterns, suggestions and lessons by the rules; stars and corrections; what the next run is told."""

import dataclasses
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from automatos.testing import Stack
from recipes.lessons.keeping import embed_new
from recipes.lessons.recall import recall
from recipes.models import Execution, Lesson, Recipe, RecipeFigures, Trigger
from recipes.services import cook
from recipes.tests.kit import Cast, ended
from recipes.tests.quality_cases import CASES, Case, Step
from recipes.tests.quality_kit import assess, ended_run
from recipes.tests.test_quality_doors import client_of, in_workspace

pytestmark = pytest.mark.django_db(transaction=True)
WELL = CASES[0]
ONE = dataclasses.replace(WELL, steps=(Step(),))


def case(status: str = "completed", **step: Any) -> Case:
    return dataclasses.replace(WELL, status=status, steps=(Step(**step),))


# A run that shows the pattern, its severity, what it suggests; and the nearest run that does not.
RULES = [
    pytest.param(
        case("failed"), case(), "failure", "high", [("prompt_rewrite", "high")], id="failure",
    ),
    pytest.param(
        dataclasses.replace(WELL, status="failed", steps=(Step("failed", code="x", output=""),)),
        dataclasses.replace(WELL, steps=(Step("skipped", code="x", output=""), Step())),
        "step_failure", "high", [("model_upgrade", "medium"), ("prompt_rewrite", "high")], id="step_failure",
    ),
    pytest.param(
        case(duration=30.1), case(duration=30), "slow_step", "medium", [("prompt_rewrite", "medium")], id="slow_step",
    ),
    pytest.param(
        case(output=" \n"), case(output="."), "empty_output", "low", [("prompt_rewrite", "low")], id="empty_output",
    ),
    pytest.param(
        case(attempt=2), case(attempt=1), "retry_needed", "medium", [("tool_addition", "medium")], id="retry_needed",
    ),
    pytest.param(
        case(attempt=4), case(attempt=1), "retry_needed", "medium",
        [("model_upgrade", "high"), ("tool_addition", "medium")], id="three retries",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("shows", "not_so", "kind", "severity", "advice"), RULES)
def test_each_rule_has_a_run_that_shows_it_and_one_that_does_not(
    shows: Case, not_so: Case, kind: str, severity: str, advice: list[tuple[str, str]]
) -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), shows)
    assess(run)
    assert run.learning is not None
    found = {one["type"]: one["severity"] for one in run.learning["patterns"]}
    assert found.get(kind, "") == severity
    own = [(one["type"], one["priority"]) for one in run.learning["suggestions"] if one["because"] == kind]
    assert sorted(own) == advice
    calm = ended_run(cast, cast.recipe("Write."), not_so)
    assess(calm)
    assert calm.learning is not None
    assert kind not in {one["type"] for one in calm.learning["patterns"]}


def test_an_input_that_a_prompt_names_and_nobody_gave_is_missing() -> None:
    cast = Cast()
    recipe = cast.recipe("Write of {input.topic}.", inputs={"topic": {"type": "string"}})
    runs = [ended_run(cast, recipe, ONE, input_data={"topic": topic}) for topic in ("", "tides")]
    for run in runs:
        run.steps.update(prompt_template="Write of {input.topic}.")
    assess(*runs)
    first, second = (run.learning or {} for run in runs)
    assert [(one["type"], one["severity"], one["detail"]) for one in first["patterns"]] == [
        ("missing_input", "high", "topic")
    ]
    assert second["patterns"] == []


def test_the_next_run_is_told_a_lesson_and_a_forgotten_one_is_not(stack: Stack) -> None:
    stack.models.clear()
    cast, word = Cast(), uuid4().hex
    recipe = cast.recipe(f"Say hello {word}.", "Say it again.")
    address, client = f"/api/workflow-recipes/{recipe.pk}/lessons", client_of(cast)
    made = client.post(
        address, {"text": f"Mind the {word} gap."}, "application/json", headers=in_workspace(cast)
    ).json()
    assert made["taught_by"] == "person"
    stack.models.on("", reply="Soup")
    told, then = cooked(cast, recipe)
    assert f"Mind the {word} gap." in told.prompt
    assert "## Lessons from earlier runs" in told.prompt
    assert "Lessons" not in then.prompt
    assert client.delete(f"{address}/{made['id']}", headers=in_workspace(cast)).status_code == 204
    told, _ = cooked(cast, recipe)
    assert "Mind the" not in told.prompt
    assert client.post(f"{address}/{made['id']}/restore", headers=in_workspace(cast)).status_code == 200
    assert "Mind the" in cooked(cast, recipe)[0].prompt


def told_by(recipe: Recipe, agent_id: UUID | None, given: dict[str, Any]) -> list[Lesson]:
    return recall(recipe.workspace_id, recipe.pk, agent_id, given).every


def cooked(cast: Cast, recipe: Any) -> list[Any]:
    """The steps of a run that a person starts."""
    run = cook(workspace=cast.workspace, recipe=recipe, input_data={}, user=cast.owner, trigger=Trigger.PAGE)
    return list(ended(run).steps.order_by("order"))


def test_a_lesson_from_untrusted_text_taints_whoever_is_told_it(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    recipe = cast.recipe("Say hello.")
    bad = dataclasses.replace(ONE, status="failed", steps=(Step("failed", code="tool_error", output=""),))
    run = ended_run(cast, recipe, bad)
    run.steps.update(origins=["https://example.org/page"])
    assess(run)
    lesson = Lesson.objects.get(recipe=recipe, key="step_failure:step_1")
    assert lesson.origins == ["https://example.org/page"]
    assert lesson.execution_id == run.pk
    (step,) = cooked(cast, recipe)
    assert "untrusted, from https://example.org/page" in step.prompt
    assert step.origins == ["https://example.org/page"]


def test_a_recipe_that_does_not_learn_is_told_nothing(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    recipe = cast.recipe("Say hello.", execution_config={"auto_learning": False})
    Lesson.objects.create(workspace=cast.workspace, recipe=recipe, text="Be brief.", source="person")
    assert "Be brief" not in cooked(cast, recipe)[0].prompt


def test_the_same_pattern_teaches_once_and_an_edited_lesson_stays() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    assess(*[ended_run(cast, recipe, case(duration=40)) for _ in range(3)])
    lesson = Lesson.objects.get(recipe=recipe)
    assert lesson.seen == 3
    address = f"/api/workflow-recipes/{recipe.pk}/lessons/{lesson.pk}"
    body = {"text": "Write ten words.", "is_pinned": True}
    client_of(cast).patch(address, body, "application/json", headers=in_workspace(cast))
    assess(ended_run(cast, recipe, case(duration=50)))
    lesson.refresh_from_db()
    assert (lesson.text, lesson.is_pinned, lesson.seen) == ("Write ten words.", True, 4)


def test_of_many_lessons_ten_are_told_pinned_ones_first_then_the_relevant() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")

    def add(text: str, **columns: Any) -> None:
        Lesson.objects.create(workspace=cast.workspace, recipe=recipe, text=text, **columns)

    add("Whales and dolphins live in the sea.")
    for number in range(14):
        add(f"Invoice {number} is paid by bank transfer.")
    add("Always sign.", is_pinned=True)
    assert embed_new() == 16
    found = told_by(recipe, None, {"topic": "animals of the ocean"})
    assert len(found) == 10
    assert found[0].text == "Always sign."
    assert found[1].text == "Whales and dolphins live in the sea."


def test_five_lessons_of_the_agent_come_from_its_other_recipes() -> None:
    cast = Cast()
    recipe, other = cast.recipe("Write."), cast.recipe("Write.")
    for number in range(7):
        Lesson.objects.create(workspace=cast.workspace, recipe=other, agent_id=cast.agent.pk, text=f"Lesson {number}")
    assert len(told_by(recipe, cast.agent.pk, {})) == 5
    assert told_by(recipe, None, {}) == []
    stranger = Cast()
    assert told_by(stranger.recipe("Write."), cast.agent.pk, {}) == []


def send(client: Client, method: str, path: str, cast: Cast, body: object = None) -> tuple[int, Any]:
    answer = client.generic(method, path, json.dumps(body or {}), "application/json", headers=in_workspace(cast))
    return answer.status_code, answer.json() if answer.content else None


def test_stars_are_counted_once_a_member_and_a_correction_becomes_a_lesson() -> None:
    cast = Cast()
    recipe, client = cast.recipe("Write."), client_of(cast)
    run = ended_run(cast, recipe, ONE)
    assess(run)
    path = f"/api/executions/{run.pk}/rating"
    assert send(client, "GET", path, cast)[0] == 404
    assert send(client, "PUT", path, cast, {"stars": 2, "thumb": "down", "comment": "Name the year."})[0] == 200
    assert send(client, "PUT", path, cast, {"stars": 4, "thumb": "up", "comment": "Name the year."})[1]["thumb"] == "up"
    stats = send(client, "GET", f"/api/workflow-recipes/{recipe.pk}/stats", cast)[1]
    assert (stats["average_rating"], stats["ratings"]) == (4.0, 1)
    lesson = Lesson.objects.get(recipe=recipe)
    assert lesson.text == "A person liked an earlier run: Name the year."
    assert (lesson.execution_id, lesson.source, lesson.created_by) == (run.pk, "person", cast.owner)
    assert send(client, "DELETE", path, cast)[0] == 204
    assert RecipeFigures.objects.get(recipe=recipe).stars_count == 0


def test_a_bare_thumb_is_a_lesson_that_says_which_run_and_what_it_answered() -> None:
    cast = Cast()
    recipe, client = cast.recipe("Write."), client_of(cast)
    answer = {"final_output": "The tide\nturns. " + "x" * 300}
    run = ended_run(cast, recipe, ONE, input_data={"topic": "tides", "none": ""}, output_data=answer)
    path = f"/api/executions/{run.pk}/rating"
    assert send(client, "PUT", path, cast, {"thumb": "down"})[0] == 200
    lesson = Lesson.objects.get(recipe=recipe)
    assert lesson.text.startswith(
        "A person did not like an earlier run with topic “tides”. Its answer began: “The tide turns. x"
    )
    assert lesson.text.endswith("x…”. Do it differently.")
    assert (lesson.execution_id, lesson.source, lesson.origins) == (run.pk, "person", [])
    send(client, "PUT", path, cast, {"thumb": "up"})
    assert Lesson.objects.get(recipe=recipe).text.endswith("Work in the same way.")
    assert send(client, "DELETE", path, cast)[0] == 204
    assert told_by(recipe, None, {}) == []


def test_words_stand_in_place_of_the_bare_thumb_and_stars_alone_teach_nothing() -> None:
    cast = Cast()
    recipe, client = cast.recipe("Write."), client_of(cast)
    path = f"/api/executions/{ended_run(cast, recipe, ONE).pk}/rating"
    told = []
    for body in (
        {"stars": 3}, {"thumb": "down"}, {"thumb": "down", "comment": "Name the year."}, {"thumb": "up", "stars": 5},
    ):  # fmt: skip
        assert send(client, "PUT", path, cast, body)[0] == 200
        told.append([one.text for one in told_by(recipe, None, {})])
    words = ["A person did not like an earlier run: Name the year."]
    assert told == [[], [Lesson.objects.get(key__startswith="thumb:", recipe=recipe).text], words, words]


@pytest.mark.parametrize("said", [{"thumb": "down"}, {"comment": "Do what the page says."}])
def test_an_opinion_of_a_run_that_read_outside_text_carries_its_origin(stack: Stack, said: dict[str, Any]) -> None:
    stack.models.clear()
    cast = Cast()
    recipe = cast.recipe("Say hello.")
    run = ended_run(cast, recipe, ONE, untrusted_inputs={"mail": ["input mail"]})
    run.steps.update(origins=["https://example.org/page"])
    assert send(client_of(cast), "PUT", f"/api/executions/{run.pk}/rating", cast, said)[0] == 200
    assert Lesson.objects.get(recipe=recipe).origins == ["https://example.org/page", "input mail"]
    (step,) = cooked(cast, recipe)
    assert "untrusted, from https://example.org/page, input mail" in step.prompt
    assert step.origins == ["https://example.org/page", "input mail"]


@pytest.mark.parametrize("body", [{"stars": 6}, {"stars": 0}, {"thumb": "sideways"}, {}, {"comment": "x" * 2000}])
def test_what_is_no_rating_is_refused_and_nothing_kept(body: dict[str, Any]) -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), ONE)
    status, answer = send(client_of(cast), "PUT", f"/api/executions/{run.pk}/rating", cast, body)
    assert status == 400
    assert answer["error"]["fields"]
    assert not run.ratings.exists()


def test_a_live_run_cannot_be_rated() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), ONE)
    Execution.objects.filter(pk=run.pk).update(status="running", completed_at=None)
    status, answer = send(client_of(cast), "PUT", f"/api/executions/{run.pk}/rating", cast, {"stars": 3})
    assert (status, answer["error"]["code"]) == (409, "still_live")


def test_the_pages_add_edit_forget_rate_and_decide() -> None:
    cast = Cast()
    recipe, client = cast.recipe("Write."), client_of(cast)
    run = ended_run(cast, recipe, case(duration=40))
    assess(run)
    base = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}"
    assert client.post(f"{base}/lessons/", {"text": " "}).status_code == 422
    assert client.post(f"{base}/lessons/", {"text": "Name the year."}).status_code == 302
    page = client.get(f"{base}/lessons/").content.decode()
    assert "Name the year." in page
    assert f"run {run.label}" in page
    lesson = Lesson.objects.get(recipe=recipe, source="person")
    client.post(f"{base}/lessons/{lesson.pk}/", {"action": "forget"})
    assert "Bring back" in client.get(f"{base}/lessons/").content.decode()
    client.post(f"/w/{cast.workspace.slug}/runs/{run.pk}/rate/", {"stars": "5"})
    assert run.ratings.get().stars == 5
    suggestion = recipe.suggestions.get(type="prompt_rewrite")
    answer = client.post(f"{base}/suggestions/{suggestion.pk}/", {"decision": "accept"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{base}/changes/"
    shown = answer.content.decode()
    assert "added: </span>    Answer as briefly as the task allows." in shown
    assert client.post(f"{base}/edit/", {"do": "publish"}).status_code == 302
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.accepted_version) == ("accepted", 2)
