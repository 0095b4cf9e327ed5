"""What outside trouble becomes on a run: a clear error, nothing lost, nothing stuck."""

from typing import Any

import pytest

from automatos.testing import Stack
from recipes.models import Call, Execution
from recipes.runs import services as runs
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def cooked(cast: Cast, prompt: str, model: str = "openai:test-model", **step: Any) -> Execution:
    cast.agent.agent_model_config.provider, cast.agent.agent_model_config.model_id = model.split(":")
    cast.agent.agent_model_config.save()
    return ended(cast.cook(cast.recipe(prompt, step=step)))


def test_both_vendors_cook(cast: Cast) -> None:
    for model in ("openai:test-model", "anthropic:test-model"):
        execution = cooked(cast, "Say hello", model)
        assert execution.status == "completed", execution.error
        assert final_output(execution)
        assert execution.input_tokens > 0


def test_an_unknown_provider_names_the_setting(cast: Cast) -> None:
    execution = cooked(cast, "Say hello", "acme:test-model")
    assert (execution.status, error_of(execution)["code"]) == ("failed", "model_not_configured")
    assert "acme" in error_of(execution)["message"]


def test_a_rejected_key_fails_at_once(stack: Stack, cast: Cast) -> None:
    stack.models.on("Say hello", status=401, error="Incorrect API key provided.")
    execution = cooked(cast, "Say hello", error_handling="retry", max_retries=3)
    assert error_of(execution)["code"] in {"model_key_refused", "model_not_configured"}
    assert Call.objects.filter(step__execution=execution).count() == 1


@pytest.mark.parametrize("cut_politely", [True, False])
def test_a_cut_stream_is_a_failure_and_may_be_retried(stack: Stack, cast: Cast, cut_politely: bool) -> None:
    stack.models.on("Say hello", chunks=["one ", "two ", "three "], cut_after=2, cut_politely=cut_politely, times=1)
    config = {"retry_delay": 0}
    recipe = cast.recipe("Say hello", step={"error_handling": "retry", "max_retries": 1}, execution_config=config)
    execution = ended(cast.cook(recipe))
    assert execution.status == "completed"
    kinds = assert_numbered_without_gap(execution)
    assert kinds.count("step.retrying") == 1
    assert Call.objects.filter(step__execution=execution).count() == 2


def test_an_empty_answer_is_a_failure(stack: Stack, cast: Cast) -> None:
    stack.models.on("Say nothing", reply="")
    execution = cooked(cast, "Say nothing")
    assert (execution.status, error_of(execution)["code"]) == ("failed", "model_bad_reply")


def test_a_refusal_is_a_failure(stack: Stack, cast: Cast) -> None:
    stack.models.on("Say bad", refusal="I cannot help with that.")
    execution = cooked(cast, "Say bad")
    assert (execution.status, error_of(execution)["code"]) == ("failed", "model_refused")


def test_a_step_past_its_time_out_fails(stack: Stack, cast: Cast) -> None:
    stack.models.on("Say slowly", reply="late", delay=20)
    execution = cooked(cast, "Say slowly", timeout=1)
    assert (execution.status, error_of(execution)["code"]) == ("failed", "model_timeout")


def test_a_dead_model_server_fails_the_step_within_its_time_out(stack: Stack, cast: Cast) -> None:
    stack.models.on("Say down", status=503, error="Overloaded")
    execution = cooked(cast, "Say down", timeout=3)
    assert execution.status == "failed"
    assert error_of(execution)["code"] in {"model_overloaded", "model_timeout"}


def test_a_prompt_of_a_megabyte_arrives_whole(stack: Stack, cast: Cast) -> None:
    execution = cooked(cast, "Read: " + "é" * 999_000)
    assert execution.status == "completed", execution.error
    sent = stack.models.requests[-1].body["messages"][-1]["content"]
    assert len(sent) == 999_006


def test_characters_a_database_cannot_hold_do_not_break_a_run(stack: Stack, cast: Cast) -> None:
    stack.models.on("Say odd", reply="a\x00b\ud83dc")
    execution = cooked(cast, "Say odd")
    assert execution.status == "completed"
    assert final_output(execution).startswith("ab")


def test_cancelling_aborts_the_call_in_flight(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold("Say hold")
    execution = cast.cook(cast.recipe("Say hold", "Say more"))
    held.wait_for_requests(1)
    runs.cancel(execution=execution, user=cast.owner)
    execution.refresh_from_db()
    assert execution.status == "cancelled"
    held.release()
    after = ended(cast.cook(cast.recipe("Say next")))
    assert after.status == "completed"
    execution.refresh_from_db()
    assert list(execution.steps.values_list("status", flat=True)) == ["cancelled", "cancelled"]
    assert stack.models.count("Say more") == 0


def test_two_people_pressing_cook_at_once_get_two_runs(cast: Cast) -> None:
    recipe = cast.recipe("Say hello")
    first, second = cast.cook(recipe), cast.cook(recipe)
    assert {ended(first).status, ended(second).status} == {"completed"}


def test_a_deleted_agent_is_named_before_anything_starts(cast: Cast) -> None:
    from agents.services import delete_agent
    from automatos.errors import Conflict

    recipe = cast.recipe("Say hello")
    delete_agent(agent=cast.agent, user=cast.owner)
    with pytest.raises(Conflict, match="was deleted"):
        cast.cook(recipe)
    wait_for(lambda: not cast.workspace.executions.exists())
