"""Answers that never came to their end: what was written stays, is marked, is paid, and is remembered."""

from typing import Any

import pytest
from django.test import Client

from automatos.testing import Stack
from recipes.engine.history import CUT, UNANSWERED
from recipes.models import Call, Execution
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, ended, error_of, wait_for
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.slow


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


def say(room: Room, message: str, **body: Any) -> Execution:
    status, begun = Caller(room.key).post(f"/api/agents/{room.cast.agent.pk}/chat", {"message": message, **body})
    assert status == 202, begun
    return Execution.objects.get(pk=begun["execution_id"])


def sent(room: Room) -> list[tuple[str, str]]:
    """The last request's messages after the system prompt."""
    return [(one["role"], one["content"]) for one in room.stack.models.requests[-1].body["messages"][1:]]


def stopped(room: Room, message: str, **body: Any) -> Execution:
    """An answer that is stopped when half of it is there."""
    held = room.stack.models.hold(message, after_chunks=2, chunks=["Once upon ", "a time ", "there was"])
    execution = say(room, message, **body)
    held.wait_for_requests(1)
    wait_for(lambda: execution.steps.filter(status="running").exists())
    caller = Caller(room.key)
    wait_for(lambda: _streams(caller, execution))
    assert caller.post(f"/api/executions/{execution.pk}/cancel")[0] == 200
    held.release()
    return ended(execution)


def _streams(caller: Caller, execution: Execution) -> bool:
    from automatos.events import streamed_text

    step = execution.steps.get()
    return "time" in streamed_text(step.pk, step.attempt)


def test_what_was_written_before_a_stop_is_kept_paid_and_shown(room: Room) -> None:
    execution = stopped(room, "tell a story")
    step = execution.steps.get()
    wait_for(lambda: execution.steps.filter(finish_reason="cut").exists(), 10, "the text was thrown away")
    step.refresh_from_db()
    execution.refresh_from_db()
    assert (execution.status, step.output, step.finish_reason) == ("cancelled", "Once upon a time ", "cut")
    call = Call.objects.get(step=step)
    assert (call.status, call.output) == ("failed", "Once upon a time ")
    assert call.output_tokens > 0
    totals = [(one.input_tokens, one.output_tokens, one.cost) for one in (call, step, execution)]
    assert totals == [totals[0]] * 3
    member = Client()
    member.force_login(room.cast.owner)
    place = f"/w/{room.cast.workspace.slug}"
    run = member.get(f"{place}/runs/{execution.pk}/").content.decode()
    assert "Once upon a time" in run
    assert "The answer was stopped." in run


def test_an_agent_remembers_what_stood_before_a_stop(room: Room) -> None:
    first = ended(say(room, "I am Ines."))
    talk = {"conversation_id": str(first.conversation_id)}
    second = stopped(room, "tell a story", **talk, parent=str(first.pk))
    wait_for(lambda: second.steps.filter(finish_reason="cut").exists(), 10)
    ended(say(room, "Who am I?", **talk, parent=str(second.pk)))
    assert [text for role, text in sent(room) if role == "user"] == ["I am Ines.", "tell a story", "Who am I?"]
    assert ("assistant", f"Once upon a time {CUT}") in sent(room)


def test_an_agent_remembers_what_stood_before_a_failure(room: Room) -> None:
    first = ended(say(room, "I am Ines."))
    room.stack.models.on("fall over", status=400, error="No.")
    second = ended(say(room, "fall over", conversation_id=str(first.conversation_id), parent=str(first.pk)))
    assert second.status == "failed"
    ended(say(room, "Who am I?", conversation_id=str(first.conversation_id), parent=str(second.pk)))
    assert [text for role, text in sent(room) if role == "user"] == ["I am Ines.", "fall over", "Who am I?"]
    assert ("assistant", UNANSWERED) in sent(room)


def test_a_conversation_goes_on_from_its_newest_answer(room: Room) -> None:
    first = ended(say(room, "I am Ines."))
    talk = {"conversation_id": str(first.conversation_id)}
    second = ended(say(room, "I like tea.", **talk))
    assert second.input_data["parent"] == str(first.pk)
    third = ended(say(room, "Who am I?", **talk))
    assert [text for role, text in sent(room) if role == "user"] == ["I am Ines.", "I like tea.", "Who am I?"]
    assert third.input_data["parent"] == str(second.pk)
    anew = ended(say(room, "Begin again.", **talk, parent=None))
    assert "parent" not in anew.input_data
    assert [text for role, text in sent(room) if role == "user"] == ["Begin again."]


@pytest.mark.parametrize("handling", ["stop", "skip"])
def test_half_an_answer_is_a_failed_call_whose_text_is_kept(stack: Stack, handling: str) -> None:
    """A connection that breaks is tried again by the call itself only as long as nothing was told."""
    stack.models.clear()
    cast = Cast()
    stack.models.on("half", chunks=["one ", "two ", "three "], cut_after=2)
    step = {"error_handling": handling}
    execution = ended(cast.cook(cast.recipe("half", "Then: {previous_output}.", step=step)))
    first = execution.steps.get(order=1)
    call = Call.objects.get(step=first)
    assert (call.status, call.output) == ("failed", "one two ")
    assert first.finish_reason == "cut"
    assert (call.input_tokens, call.output_tokens) == (first.input_tokens, first.output_tokens)
    if handling == "stop":
        assert (first.status, first.output) == ("failed", "one two ")
        assert error_of(execution)["step"] == 1
    else:
        assert (first.status, first.output) == ("skipped", "")
        assert stack.models.requests[-1].prompt == "Then: ."
