"""Numbers past 64 bits as inputs: taken at every door or refused with the input's name, and never only later."""

import json
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from recipes.models import Execution, Recipe, Schedule
from recipes.tasks import run_schedules
from recipes.tests.kit import Cast, error_of
from recipes.tests.test_engine import claim, failed
from recipes.tests.test_loops import begun, cast_recipe
from recipes.tests.test_sub_recipes import child_of
from workspaces.models import Role
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.django_db
INPUTS = {"n": {"type": "number"}, "more": {"type": "object", "required": False}}
LARGE = 1e20
DIGITS = "100000000000000000000"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def of(cast: Cast, made: tuple[int, dict[str, Any]]) -> Execution:
    assert made[0] == 202, made
    return Execution.objects.get(pk=made[1]["execution_id"])


def newest_of(recipe: Recipe, expected: int) -> None:
    """So many runs there are, and the newest has the number."""
    assert Execution.objects.filter(recipe=recipe).count() == expected
    found = Execution.objects.filter(recipe=recipe).order_by("created_at", "number").last()
    assert found is not None
    assert found.input_data["n"] == int(DIGITS), found.input_data


def test_a_number_that_was_taken_is_taken_again_along_every_door(cast: Cast) -> None:
    recipe = cast.recipe("Write {input.n} {input.more}", inputs=INPUTS)
    api, base = Caller(key_of(cast.workspace, cast.owner, Role.OWNER)), f"/api/workflow-recipes/{recipe.template_id}"
    run = of(cast, api.post(f"{base}/execute", {"input_data": {"n": LARGE, "more": {"deep": [LARGE]}}}))
    assert run.input_data == {"n": int(DIGITS), "more": {"deep": [int(DIGITS)]}}, "as its digits are read back"
    (job,) = claim()
    assert job.task.messages[-1].content == 'Write 1e+20 {"deep": [1e+20]}'
    failed(job)
    client = Client()
    client.force_login(cast.owner)
    pages = f"/w/{cast.workspace.slug}"

    newest = partial(newest_of, recipe)
    assert client.post(f"{pages}/runs/{run.pk}/again/", {"token": "a"}).status_code == 302
    newest(2)
    form = client.get(f"{pages}/runs/{run.pk}/rerun/").content.decode()
    assert DIGITS in form
    sent = {"token": "b", "input-n": DIGITS, "input-more": json.dumps({"deep": [int(DIGITS)]})}
    assert client.post(f"{pages}/runs/{run.pk}/rerun/", sent).status_code == 302
    newest(3)
    assert client.post(f"{pages}/recipes/{recipe.template_id}/cook/", {**sent, "token": "c"}).status_code == 302
    newest(4)
    of(cast, api.post(f"/api/executions/{run.pk}/retry"))
    newest(5)
    body = {"from_step": "1", "overrides": {"input_data": {"more": {"other": LARGE}}}}
    of(cast, api.post(f"/api/executions/{run.pk}/rerun", body, Idempotency_Key="one"))
    newest(6)
    parts = {"input_data": json.dumps({"n": int(DIGITS)})}
    answer = client.post(f"{base}/execute", parts, headers={"X-API-Key": api.key, "Idempotency-Key": "two"})
    assert answer.status_code == 202, answer.content
    newest(7)
    status, made = api.post(f"{base}/schedules", {"cron": "0 * * * *", "input_data": {"n": LARGE}})
    assert status == 201, made
    past = timezone.now().replace(minute=0, second=0, microsecond=0)
    Schedule.objects.filter(pk=made["id"]).update(next_due_at=past, look_at=past, missed_policy="run_once")
    run_schedules()
    newest(8)


def test_one_that_no_number_keeps_is_refused_with_its_name(cast: Cast) -> None:
    recipe = cast.recipe("Write {input.n}", inputs=INPUTS)
    api, base = Caller(key_of(cast.workspace, cast.owner, Role.OWNER)), f"/api/workflow-recipes/{recipe.template_id}"
    for wrong in (2**63 + 1, str(2**63 + 1), -(2**63) - 1, 10**400, "1" + "0" * 399 + "1"):
        status, body = api.post(f"{base}/execute", {"input_data": {"n": wrong}})
        assert (status, list(body["error"]["fields"])) == (400, ["input_data.n"]), wrong
        parts = {"input_data": json.dumps({"n": wrong})}
        answer = api.client.post(f"{base}/execute", parts, headers={"Idempotency-Key": "one"})
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["input_data.n"]), wrong
    assert "type text" in api.post(f"{base}/execute", {"input_data": {"n": str(2**63 + 1)}})[1]["error"]["message"]
    assert not Execution.objects.filter(recipe=recipe).exists()
    for right in (2**63 - 1, -(2**63), str(2**63 - 1)):
        run = of(cast, api.post(f"{base}/execute", {"input_data": {"n": right}}))
        assert run.input_data["n"] == int(right)


def test_a_recipe_inside_takes_what_the_one_above_took(cast: Cast) -> None:
    low = cast.recipe("Write {input.n}", inputs=INPUTS)
    config = {"recipe": low.template_id, "inputs": {"n": "{input.n}"}}
    whole = cast_recipe(cast, [{"kind": "recipe", "step_id": "inside", "config": config}], inputs=INPUTS)
    run = cast.cook(whole, n=LARGE)
    (job,) = begun()
    assert job.task.messages[-1].content == "Write 1e+20"
    assert child_of(run).input_data["n"] == int(DIGITS)
    failed(job)
    begun()
    run.refresh_from_db()
    assert error_of(run)["code"] == "sub_run_failed"
