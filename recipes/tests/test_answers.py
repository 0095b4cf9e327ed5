"""Answers of an agent in a conversation: runs of one step on the same engine."""

from uuid import uuid4

import pytest

from agents.models import Conversation
from automatos.errors import AppError
from automatos.testing import Stack
from recipes.chat.answer_services import Question, ask
from recipes.models import Execution, Trigger
from recipes.runs.reading import executions_of
from recipes.tests.kit import Cast, ended, final_output

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return Conversation.objects.create(workspace=cast.workspace, agent=cast.agent, user=cast.owner)


def say(talk: Conversation, text: str, parent: Execution | None = None, model: str = "") -> Execution:
    question = Question(text, parent.pk if parent else None, model)
    return ended(ask(conversation=talk, question=question, user=talk.user, trigger=Trigger.PLAYGROUND))


def sent(stack: Stack) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in stack.models.requests[-1].body["messages"][1:]]


def test_an_answer_knows_what_was_said_before_it(stack: Stack, talk: Conversation) -> None:
    stack.models.on("My name", reply="Hello Ines.")
    stack.models.on("Who am I", reply="Ines.")
    first = say(talk, "My name is {Ines}.")
    assert final_output(say(talk, "Who am I?", first)) == "Ines."
    assert sent(stack) == [("user", "My name is {Ines}."), ("assistant", "Hello Ines."), ("user", "Who am I?")]


def test_a_message_sent_again_differently_starts_a_branch(stack: Stack, talk: Conversation) -> None:
    first = say(talk, "one")
    say(talk, "two", first)
    say(talk, "two, but other", first)
    assert [text for role, text in sent(stack) if role == "user"] == ["one", "two, but other"]


def test_another_model_may_give_one_answer(talk: Conversation) -> None:
    answer = say(talk, "Hi", model="anthropic:test-model")
    assert answer.steps.get().model == "anthropic:test-model"


def test_answers_are_not_listed_among_the_runs(talk: Conversation) -> None:
    say(talk, "Hi")
    assert not executions_of(talk.workspace).exists()


@pytest.mark.parametrize(
    ("question", "code"),
    [(Question(" "), "invalid"), (Question("x" * 200_001), "invalid"), (Question("Hi", uuid4()), "not_found")],
)
def test_what_cannot_be_answered_is_refused(talk: Conversation, question: Question, code: str) -> None:
    with pytest.raises(AppError) as refusal:
        ask(conversation=talk, question=question, user=talk.user, trigger=Trigger.PLAYGROUND)
    assert refusal.value.code == code
    assert not talk.answers.exists()
