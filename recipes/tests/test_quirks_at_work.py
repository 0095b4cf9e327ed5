"""Model servers that misbehave, through a whole run, the playground's page and OpenAI's door.

These stand for the rest of the table in `automatos.llm.testing`, which is read whole beside the adapters.
"""

from collections.abc import Iterator

import openai
import pytest
from django.test import Client

from automatos.llm.testing.quirks import Quirk
from automatos.llm.testing.quirks_chat import ANSWERS
from automatos.llm.testing.quirks_errors import FAILURES
from automatos.testing import Stack
from recipes.models import Call, Execution, ExecutionStatus
from recipes.tests.chat_kit import Room, model, openai_client, with_tools
from recipes.tests.kit import ended, error_of, final_output

pytestmark = pytest.mark.slow
QUIRKS = {quirk.name: quirk for quirk in (*ANSWERS, *FAILURES)}
READ = (
    "sse-single-newline", "sse-many-lines", "json-in-event", "content-parts", "delta-null", "finish-eos",
    "finish-missing", "usage-none", "usage-floats", "think-reasoning-content", "think-details", "think-tags",
    "think-tags-closing-alone", "think-parts", "nul-and-surrogates",
)  # fmt: skip
BROKEN = ("finish-error-in-choice", "error-after-text", "cut-no-end", "empty", "thinking-only")
CALLS = ("calls-same-index", "calls-no-index", "calls-null-id", "calls-arguments-object", "calls-one-id")


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


@pytest.fixture
def client(room: Room) -> Iterator[openai.OpenAI]:
    yield from openai_client(room)


def misbehaves(room: Room, quirk: Quirk, said: str, **rule: int) -> None:
    """The room's model answers this message as the quirk does. The scripted server writes the first `data: ` itself."""
    sent = b"".join(quirk.answer({}, 0).chunks).decode()
    room.stack.models.on(said, raw=sent.removeprefix("data: ").rstrip("\n"), **rule)


def page_of(room: Room, run: Execution) -> str:
    """The playground with this answer."""
    visitor = Client()
    visitor.force_login(room.cast.owner)
    path = f"/w/{room.cast.workspace.slug}/agents/{room.cast.agent.slug}/playground/"
    answer = visitor.get(f"{path}?conversation={run.conversation_id}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", READ)
def test_an_answer_is_read_everywhere(room: Room, client: openai.OpenAI, name: str) -> None:
    quirk = QUIRKS[name]
    want = quirk.expected
    misbehaves(room, quirk, "odd words")
    run = ended(room.cast.cook(room.cast.recipe("odd words")))
    assert final_output(run) == want.text
    assert run.input_tokens > 0
    assert run.output_tokens > 0
    chunks = client.chat.completions.create(
        model=model(room), messages=[{"role": "user", "content": "odd words"}], stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text.endswith(want.text)
    answer = Execution.objects.filter(workspace=room.cast.workspace).latest("created_at")
    page = page_of(room, answer)
    assert want.text in page
    assert ("Thinking</span>" in page) is bool(want.thinking)
    assert want.thinking in page
    assert ("tokens are estimated" in page) is (want.usage is None)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_never_counts_as_complete(room: Room, client: openai.OpenAI, name: str) -> None:
    quirk = QUIRKS[name]
    misbehaves(room, quirk, "odd words")
    run = ended(room.cast.cook(room.cast.recipe("odd words", "Go on with {previous_output}")))
    assert run.status == ExecutionStatus.FAILED
    assert error_of(run)["code"].startswith("model_")
    # What had come in is paid for, once.
    (call,) = Call.objects.filter(step__execution=run)
    assert (call.input_tokens + call.output_tokens > 0) is (quirk.expected.usage != (0, 0))
    with pytest.raises(openai.APIStatusError):
        client.chat.completions.create(model=model(room), messages=[{"role": "user", "content": "odd words"}])


@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_made(room: Room, name: str) -> None:
    with_tools(room.cast.agent, "calculator")
    misbehaves(room, QUIRKS[name], "odd words", round=0)
    room.stack.models.on("odd words", reply="Done.")
    run = ended(room.cast.cook(room.cast.recipe("odd words")))
    assert final_output(run) == "Done."
    results = [result.content for result in room.stack.models.requests[-1].tool_results]
    sums = {"1+1": "1+1 = 2", "2+3": "2+3 = 5"}
    assert results == [sums[arguments["expression"]] for _, arguments in QUIRKS[name].expected.calls]
