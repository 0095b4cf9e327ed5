"""Quality at the doors: REST, pages, a real worker, and who may not."""

import dataclasses
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from automatos.testing import Stack
from recipes.models import Execution, Recipe
from recipes.tests.kit import Cast, ended, wait_for
from recipes.tests.quality_cases import CASES, Case, Step
from recipes.tests.quality_kit import assess, ended_run

pytestmark = pytest.mark.django_db(transaction=True)
WELL = CASES[0]
POOR = dataclasses.replace(
    WELL, status="failed", steps=(Step("failed", attempt=4, duration=40, output="", code="rate_limit"),)
)


def client_of(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def in_workspace(cast: Cast) -> dict[str, str]:
    return {"X-Workspace-ID": str(cast.workspace.pk)}


def runs_of(cast: Cast, recipe: Recipe, *cases: Case) -> list[Execution]:
    """Assessed runs, the last one the newest."""
    begin = timezone.now() - timedelta(hours=1)
    runs = [
        ended_run(cast, recipe, case, created_at=begin + timedelta(minutes=number)) for number, case in enumerate(cases)
    ]
    assess(*runs)
    return runs


def test_a_real_worker_assesses_a_run_right_after_its_end(stack: Stack) -> None:
    cast = Cast()
    run = ended(cast.cook(cast.recipe("Say hello.", "Say it again.")))
    wait_for(lambda: Execution.objects.get(pk=run.pk).assessed_at, 20, "no assessment")
    run.refresh_from_db()
    assert run.quality is not None
    assert run.quality["grade"] == "A"
    kinds = list(run.events.values_list("type", flat=True))
    assert kinds[-3:] == ["execution.completed", "quality.ready", "learning.ready"]
    body = client_of(cast).get(f"/api/executions/{run.pk}", headers=in_workspace(cast)).json()
    assert body["quality"]["quality_score"] == run.quality_score
    assert body["learning"]["patterns"] == []


def test_the_operation_assesses_what_nobody_assessed_and_tells_it_again() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    run = ended_run(cast, recipe, WELL)
    address = f"/api/workflow-recipes/{recipe.template_id}/assess-quality"
    first, second = (
        client_of(cast).post(address, {}, "application/json", headers=in_workspace(cast)) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["execution_id"] == str(run.pk)
    assert first.json()["quality"]["grade"] == "A"


def test_a_live_run_is_refused_and_another_recipes_run_unknown() -> None:
    cast = Cast()
    recipe, other = cast.recipe("Write."), cast.recipe("Write.")
    run = ended_run(cast, recipe, WELL)
    Execution.objects.filter(pk=run.pk).update(status="running", completed_at=None)
    body, client = {"execution_id": str(run.pk)}, client_of(cast)
    for action in ("assess-quality", "learn"):
        here, there = (
            client.post(
                f"/api/workflow-recipes/{one.pk}/{action}", body, "application/json", headers=in_workspace(cast)
            )
            for one in (recipe, other)
        )
        assert here.status_code == 409
        assert here.json()["error"]["code"] == "still_live"
        assert there.status_code == 404


def test_learning_on_request_counts_each_run_once() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.", execution_config={"auto_learning": False})
    (run,) = runs_of(cast, recipe, POOR)
    assert run.learning is None
    address = f"/api/workflow-recipes/{recipe.pk}/learn"
    client, way_in = client_of(cast), in_workspace(cast)
    answers = [client.post(address, {}, "application/json", headers=way_in).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert {one["type"] for one in answers[0]["patterns"]} == {"failure", "step_failure", "slow_step", "retry_needed"}
    assert recipe.patterns.get(type="step_failure").seen == 1
    assert run.events.filter(type="learning.ready").count() == 1


def test_stats_are_sums_of_what_was_assessed() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    runs_of(cast, recipe, WELL, WELL, POOR)
    stats = client_of(cast).get(f"/api/workflow-recipes/{recipe.pk}/stats", headers=in_workspace(cast)).json()
    assert (stats["use_count"], stats["completed"], stats["failed"]) == (3, 2, 1)
    assert stats["success_rate"] == pytest.approx(2 / 3)
    assert stats["average_rating"] is None
    assert stats["error_kinds"] == {"rate_limit": 1}
    assert [(step["step_id"], step["runs"]) for step in stats["steps"]] == [("step_1", 3), ("step_2", 2), ("step_3", 2)]
    assert stats["agents"][0]["runs"] == 7


def test_the_pages_show_score_grade_and_alarm() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    *_, poor = runs_of(cast, recipe, WELL, WELL, POOR)
    client, base = client_of(cast), f"/w/{cast.workspace.slug}"
    quality = client.get(f"{base}/recipes/{recipe.template_id}/quality/").content.decode()
    assert "1 of the last 3 runs" in " ".join(quality.split())
    assert "step_failure" in quality
    assert "rate_limit" in quality
    assert "quality" in client.get(f"{base}/recipes/{recipe.template_id}/").content.decode().lower()
    board = client.get(f"{base}/").content.decode()
    assert f"The last run of {recipe.name} came to {poor.quality_score:.2f}, below 0.70." in board
    runs = client.get(f"{base}/runs/").content.decode()
    assert f"{poor.quality_score:.2f}" in runs
    kitchen = client.get(f"{base}/runs/{poor.pk}/").content.decode()
    assert "Bottlenecks" in kitchen
    assert f"grade {poor.grade}" in kitchen


def test_a_lower_threshold_silences_the_alarm() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.", execution_config={"quality_threshold": 0.1})
    runs_of(cast, recipe, POOR)
    assert "came to" not in client_of(cast).get(f"/w/{cast.workspace.slug}/").content.decode()


def test_a_threshold_that_is_none_is_refused() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    for config, field in (({"quality_threshold": 7}, "quality_threshold"), ({"auto_learning": "yes"}, "auto_learning")):
        answer = client_of(cast).patch(
            f"/api/workflow-recipes/{recipe.pk}",
            {"execution_config": config},
            "application/json",
            headers=in_workspace(cast),
        )
        assert answer.status_code == 400
        assert f"execution_config.{field}" in answer.json()["error"]["fields"]


def test_the_page_asks_the_same_number_of_queries_however_many_runs(django_assert_max_num_queries: object) -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    runs_of(cast, recipe, *[WELL] * 12)
    client = client_of(cast)
    address = f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/quality/"
    client.get(address)
    with django_assert_max_num_queries(35):  # type: ignore[operator]
        assert client.get(address).status_code == 200
