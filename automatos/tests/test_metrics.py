"""GET /metrics: closed by default, for the token alone; what workers and web counted together, and the queue."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from automatos import metrics, metrics_page
from automatos.events import sync_client
from automatos.testing import Stack
from recipes.models import Execution
from recipes.runs.services import cancel
from recipes.tests.kit import Cast, ended, wait_for

TOKEN = "a-token-of-prometheus"


def asked(token: str | None = TOKEN) -> Any:
    metrics_page._kept.clear()
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"} if token is not None else {})


def values(answer: Any) -> dict[tuple[str, str], float]:
    """By name and the one label there is."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.django_db
def test_it_is_closed_without_a_token_and_for_every_other_one(settings: Settings) -> None:
    assert asked().status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for wrong in (None, "", "another", f"{TOKEN}x", "\u00e9"):
        assert asked(wrong).status_code == 401, wrong
    answer = asked()
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/plain")


def test_what_worker_and_web_did_adds_up(stack: Stack, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    stack.models.clear()
    stack.models.on("first", reply="One.")
    stack.models.on("broken", status=400, error="It is broken.")
    stack.models.hold("endless", reply="Never.")
    cast, before = Cast(), values(asked())
    assert ended(cast.cook(cast.recipe("first", "first"))).status == "completed"
    assert ended(cast.cook(cast.recipe("broken"))).status == "failed"
    endless = cast.cook(cast.recipe("endless"))
    wait_for(lambda: Execution.objects.get(pk=endless.pk).status == "running")
    wait_for(lambda: values(asked())["automatos_runs_live", "running"] >= 1)
    cancel(execution=endless, user=cast.owner)
    wanted = {
        ("automatos_runs_total", "completed"): 1, ("automatos_runs_total", "failed"): 1,
        ("automatos_runs_total", "cancelled"): 1, ("automatos_steps_total", "completed"): 2,
        ("automatos_steps_total", "failed"): 1, ("automatos_step_seconds_count", ""): 2,
    }  # fmt: skip

    def grown(name: str, label: str) -> float:
        return values(asked())[name, label] - before[name, label]

    def missing() -> list[tuple[str, str]]:
        return [one for one, number in wanted.items() if grown(*one) < number]

    wait_for(lambda: not missing(), what="what is counted")
    assert grown("automatos_model_seconds_count", "") >= 2
    assert grown("automatos_tokens_total", "output") > 0
    text = asked().content.decode()
    assert str(cast.workspace.pk) not in text
    assert cast.workspace.slug not in text


@pytest.mark.django_db
def test_it_asks_once_for_all_who_ask_in_five_seconds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(metrics_page, "KEPT", 60.0)
    asked()
    with CaptureQueriesContext(connection) as caught:
        for _ in range(20):
            assert Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert [one["sql"] for one in caught if "recipe_executions" in one["sql"] or "execution_steps" in one["sql"]] == []


def test_what_could_not_be_sent_waits() -> None:
    kept = metrics.take()
    metrics.observe("step_seconds", 0.2)
    metrics.observe("step_seconds", 5000)
    taken = metrics.take()
    assert taken == {"step_seconds:0.25": 1, "step_seconds:+Inf": 1, "step_seconds:sum": 5000.2}
    metrics.give_back(taken)
    assert metrics.take() == taken
    metrics.give_back(kept)
    assert sync_client().ping()
