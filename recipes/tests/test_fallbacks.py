"""A fallback model that answers is told everywhere: in the events, the API, the kitchen, the playground, with why."""

import pytest
from django.test import Client

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.tests.chat_kit import Room
from recipes.tests.kit import assert_numbered_without_gap, ended
from workspaces.models import Role
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.slow
OTHER = "anthropic:test-model"
TROUBLES = [
    ({"overloaded": True}, "model_overloaded", "openai:first-model is overloaded"),
    ({"refusal": "I would rather not."}, "model_refused", "openai:first-model declined to answer"),
]


@pytest.fixture
def room(stack: Stack) -> Room:
    room = Room(stack)
    config = room.cast.agent.agent_model_config
    config.model_id, config.fallback_model_id = "first-model", OTHER
    config.save()
    return room


@pytest.mark.parametrize(("trouble", "code", "reason"), TROUBLES)
def test_a_run_tells_which_model_was_asked_instead_and_why(
    room: Room, client: Client, trouble: dict[str, object], code: str, reason: str
) -> None:
    room.stack.models.on("first-model", **trouble)
    run = ended(room.cast.cook(room.cast.recipe("please", step={"timeout": 20})))
    assert assert_numbered_without_gap(run).count("step.fallback") == 1
    told = run.events.get(type="step.fallback").data
    assert (told["model"], told["instead_of"]) == (OTHER, "openai:first-model")
    assert told["error"]["code"] == code
    _, shown = Caller(room.key).get(f"/api/executions/{run.pk}")
    fallback = shown["step_results"][0]["fallback"]
    assert fallback == {"model": OTHER, "instead_of": "openai:first-model", **told["error"]}
    client.force_login(room.cast.owner)
    page = client.get(f"/w/{room.cast.workspace.slug}/runs/{run.pk}/").content.decode()
    assert f"The fallback model {OTHER} was asked</strong> because {reason}." in page


def test_the_playground_tells_it_too_and_is_silent_otherwise(room: Room, client: Client) -> None:
    room.stack.models.on("first-model", refusal="No.", times=1)
    client.force_login(room.cast.owner)
    talk = f"/w/{room.cast.workspace.slug}/agents/{room.cast.agent.slug}/playground/"
    for message, is_told in (("please", True), ("please, again", False)):
        _, answer = Caller(room.key).post(f"/api/agents/{room.cast.agent.pk}/chat", {"message": message})
        run = room.wait(answer["execution_id"], "completed")
        page = client.get(f"{talk}?conversation={answer['conversation_id']}").content.decode()
        assert (f"The fallback model {OTHER} was asked" in page) is is_told
        _, shown = Caller(room.key).get(f"/api/executions/{run.pk}")
        assert bool(shown["step_results"][0]["fallback"]) is is_told


def test_a_step_that_takes_the_fallback_model_for_its_second_attempt_says_so(room: Room) -> None:
    # A request that the vendor turns down is no reason to ask another model, unless the step says so.
    room.stack.models.on("first-model", status=400)
    step = {"timeout": 20, "error_handling": "fallback"}
    run = ended(room.cast.cook(room.cast.recipe("please", step=step)))
    _, shown = Caller(room.key).get(f"/api/executions/{run.pk}")
    assert shown["step_results"][0]["fallback"]["code"] == "model_rejected", run.error


def test_a_fallback_model_is_not_asked_for_more_than_it_writes(room: Room) -> None:
    config = room.cast.agent.agent_model_config
    config.fallback_model_id, config.max_tokens = "openai:gpt-4o", 100_000
    config.save()
    room.stack.models.on("first-model", refusal="No.")
    assert ended(room.cast.cook(room.cast.recipe("please"))).status == "completed"
    asked = {seen.model: seen.body["max_tokens"] for seen in room.stack.models.requests}
    assert asked == {"first-model": 100_000, "gpt-4o": 16_384}


@pytest.mark.browser
def test_the_notice_is_sound_in_the_kitchen_for_editors_and_viewers(room: Room, people: People) -> None:
    room.stack.models.on("first-model", refusal="I would rather not, " + "and-that-in-one-word" * 12)
    run = ended(room.cast.cook(room.cast.recipe("please")))
    for role in (Role.EDITOR, Role.VIEWER):
        people.member(room.cast.workspace, role).check(f"/w/{room.cast.workspace.slug}/runs/{run.pk}/")
