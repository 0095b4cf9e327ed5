"""Text that no database likes, in every field: nothing breaks, nobody waits for it, and it is kept as it was said."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automatos.llm.parts import ToolCall
from automatos.llm.text import clean, clean_value
from automatos.testing import Stack
from recipes.engine import turns
from recipes.engine.decisions import as_decided
from recipes.engine.ledger import from_json
from recipes.engine.progress import Approvals, Progress, keep
from recipes.engine.sql import array, statements
from recipes.engine.storing import as_json
from recipes.models import Call, Execution
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, ended, error_of, final_output
from recipes.tests.test_dashboard import browser_of
from recipes.tests.test_engine import claim
from workspaces.tests.rest import Caller

SIX = "What does \\u0000 mean in JSON, and \\\\u0000, and \\"
LETTERS = st.text(st.one_of(st.characters(), st.sampled_from("\x00\ud800\udc00\\u0\"{}',\u202e")), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | LETTERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4),
    max_leaves=12,
)
ODD = st.one_of(LETTERS, st.sampled_from([SIX, "\\u0000", "\\\\u0000", "\x00", "\ud800", "a\\\x00"]))


@pytest.mark.slow
def test_six_characters_in_a_chat_stop_nobody(stack: Stack) -> None:
    room, other = Room(stack), Cast()
    stack.models.on("mean in JSON", reply=SIX)
    status, asked = Caller(room.key).post(f"/api/agents/{room.cast.agent.pk}/chat", {"message": SIX})
    assert status == 202
    theirs = other.cook(other.recipe("Say hello"))
    assert ended(theirs, 20).status == "completed"
    answer = ended(Execution.objects.get(pk=asked["execution_id"]), 20)
    assert (answer.status, final_output(answer)) == ("completed", SIX)
    assert any(request.prompt == SIX for request in stack.models.requests)


@pytest.mark.slow
@pytest.mark.parametrize("handling", ["stop", "skip", "retry"])
def test_six_characters_travel_from_step_to_step(stack: Stack, handling: str) -> None:
    stack.models.clear()
    cast = Cast()
    stack.models.on("First", reply=SIX)
    recipe = cast.recipe("First \\u0000", "Then {previous_output}", step={"error_handling": handling})
    execution = ended(cast.cook(recipe), 20)
    assert execution.status == "completed", execution.error
    assert execution.output_data is not None
    assert next(iter(execution.output_data["outputs"].values())) == SIX
    assert stack.models.count("First") == 1


@pytest.mark.slow
def test_six_characters_in_a_tool_call_are_kept_and_asked_for(stack: Stack) -> None:
    room = Room(stack)
    with_tools(room.cast.agent, "file_write")
    write = {"tool_calls": [call("file_write", name="a.txt", content=SIX)]}
    stack.models.conversation("keep it", write, {"reply": "Kept."})
    execution = ended(room.cast.cook(room.cast.recipe("keep it")), 20)
    assert execution.status == "completed", execution.error
    noted = Call.objects.get(step__execution=execution, kind="tool")
    assert noted.data is not None
    assert noted.data["arguments"]["content"] == SIX
    event = execution.events.get(type="tool.started")
    assert json.dumps("\\u0000")[1:-1] in event.data["arguments"]


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_json_is_what_it_was_without_what_cannot_be_stored(value: Any) -> None:
    text = as_json(value)
    if value is None:
        assert text is None
        return
    assert text is not None
    text.encode()
    assert json.loads(text) == clean_value(value)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ODD, min_size=1, max_size=5), VALUES)
def test_postgresql_keeps_every_text_and_value(db: None, texts: list[str], value: Any) -> None:
    with statements() as sql:
        rows = sql.rows(
            "SELECT v.a, v.b::jsonb FROM unnest(%s::text[], %s::text[]) AS v(a, b)",
            [array(texts), array(as_json({"kept": [value, text]}) for text in texts)],
        )
    assert [row[0] for row in rows] == [clean(text) for text in texts]
    for (_, kept), text in zip(rows, texts, strict=True):
        assert from_json(kept)["kept"][1] == clean(text)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_text=ODD, template=ODD, answer=ODD)
def test_a_run_survives_any_text_in_every_field(db: None, given_text: str, template: str, answer: str) -> None:
    """The database's own writer is gone round: what stands there already must not stop the engine either."""
    from recipes.tests.test_engine import done

    cast = Cast()
    execution = cast.cook(cast.recipe("Say {input.dish}", "And then", inputs={"dish": {}}), dish="pie")
    prompt = f"{clean(template).replace('{', '(').replace('}', ')')} {{input.dish}}"
    execution.steps.filter(order=1).update(prompt_template=prompt)
    Execution.objects.filter(pk=execution.pk).update(input_data={"dish": clean(given_text)})
    (first,) = turns.take_turn(uuid4(), [], 10).jobs
    (second,) = done(first, answer)
    done(second, answer)
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", clean(answer))


@pytest.mark.slow
def test_a_step_that_cannot_even_be_prepared_fails_alone(stack: Stack) -> None:
    room, other = Room(stack), Cast()
    stack.worker.stop()
    status, asked = Caller(room.key).post(f"/api/agents/{room.cast.agent.pk}/chat", {"message": "hello"})
    assert status == 202
    Execution.objects.filter(pk=asked["execution_id"]).update(input_data=["not", "an", "object"])
    theirs = [other.cook(other.recipe(f"Say {n}")) for n in range(3)]
    stack.worker.start()
    assert [ended(one, 40).status for one in theirs] == ["completed"] * 3
    broken = ended(Execution.objects.get(pk=asked["execution_id"]), 20)
    assert (broken.status, error_of(broken)["code"]) == ("failed", "poison")


@pytest.mark.django_db
def test_a_step_whose_workers_die_three_times_fails_as_poison() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("Cook", "Serve"))
    for _ in range(3):
        assert len(turns.take_turn(uuid4(), [], 10).jobs) == 1
        turns.hand_on(uuid4())
    assert turns.take_turn(uuid4(), [], 10).jobs == []
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "poison")


@pytest.mark.django_db(transaction=True)
def test_a_number_past_64_bits_is_shown_and_decided_about() -> None:
    cast = Cast()
    run = cast.cook(cast.recipe("Pay"))
    (job,) = claim()
    key, wants = uuid4(), {"name": "a.txt", "amount": 1e30, "rest": [1e25, {"a": 1e20}]}
    assert keep(Progress(job.step_id, job.fence, approvals=Approvals([(key, "file_write", wants, None)], ["page x"])))
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}"
    page = client.get(f"{root}/approvals/").content.decode()
    assert 'name="argument-amount"' in page
    assert client.get(f"{root}/runs/{run.pk}/").status_code == 200
    sent = {"decision": "approve", "argument-name": "b.txt", "argument-amount": str(10**30)}
    assert client.post(f"{root}/approvals/{key}/", sent).status_code == 302
    (again,) = claim()
    assert as_decided(again, key, ToolCall("c", "file_write", wants)).arguments == {**wants, "name": "b.txt"}
    # A call that was made stands in the kitchen.
    data = {"arguments": wants, "is_error": False}
    Call.objects.create(
        id=uuid4(), workspace=cast.workspace, step_id=job.step_id, attempt=1, path="1", kind="tool", name="file_write",
        status="done", data=data, sent_at=timezone.now(),
    )  # fmt: skip
    assert client.get(f"{root}/runs/{run.pk}/?step=1").status_code == 200
