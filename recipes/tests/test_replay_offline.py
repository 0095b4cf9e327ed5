"""Runs that are over, gone through again from their record: the same bytes, no call, nothing written."""

import base64
import json
import time
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from agents.models import Agent, AgentModelConfig
from automatos.testing import Stack
from recipes.engine.history import UNANSWERED, UNSETTLED
from recipes.models import Approval, Call, Event, Execution, ExecutionStep
from recipes.runs import replay_queries
from recipes.runs.replay_queries import replay
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, ended, final_output, wait_for
from recipes.tests.test_chat_api import PIXEL
from recipes.tests.test_engine import claim
from recipes.tests.test_loops import cast_recipe
from workspaces.models import AuditEntry, Role, Spend, Workspace
from workspaces.scope.tenancy import workspace_scope
from workspaces.tests.rest import Caller, key_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def every_kind(room: Room) -> Execution:
    """A finished run of all kinds of steps, with tools, another attempt, and a round that was passed over."""
    cast, word, models = room.cast, room.cast.workspace.slug, room.stack.models
    with_tools(cast.agent, "calculator")
    sums = {"tool_calls": [call("calculator", expression="6*7")]}
    models.conversation(f"plan {word}", sums, {"reply": '{"topics": ["tides", "möwen", "sand"], "score": 9}'})
    models.on(f"note {word} tides", chunks=["half ", "an answer"], cut_after=1, times=1)
    for topic in ("tides", "möwen", "sand"):
        models.on(f"note {word} {topic}", reply=f"Note on {topic} ✓")
    models.on(f"inside {word}", reply="From inside")
    models.on(f"close {word}", reply="Bye\n\n  end ")
    low = cast.recipe(f"inside {word} {{input.topic}}", inputs={"topic": {}})
    agent = cast.agent.id
    steps: list[dict[str, Any]] = [
        {"agent_id": agent, "prompt_template": f"plan {word} {{input.n}}", "output_key": "plan", "step_id": "plan"},
        {"kind": "condition", "step_id": "good", "config": {"expression": "plan.score >= input.n"}},
        {"kind": "loop", "step_id": "each", "output_key": "notes", "config": {"over": "{plan.topics}"}, "under": "good",
         "branch": "then"},
        {"agent_id": agent, "prompt_template": f"note {word} {{item}}", "step_id": "note", "under": "each",
         "branch": "body", "error_handling": "retry", "max_retries": 3},
        {"agent_id": agent, "prompt_template": "never", "step_id": "never", "under": "good", "branch": "else"},
        {"kind": "recipe", "step_id": "inside", "output_key": "inner",
         "config": {"recipe": low.template_id, "inputs": {"topic": "{notes}"}}},
        {"kind": "tool", "step_id": "sum", "output_key": "sum", "agent_id": agent,
         "config": {"tool": "calculator", "arguments": {"expression": "{input.n} + 1"}}},
        {"kind": "wait", "step_id": "pause", "config": {"for": "time", "seconds": 1}},
        {"agent_id": agent, "prompt_template": f"close {word} {{inner}} {{sum}} {{notes}}", "step_id": "close"},
    ]  # fmt: skip
    recipe = cast_recipe(cast, steps, inputs={"n": {"type": "integer"}}, execution_config={"retry_delay": 0})
    run = ended(cast.cook(recipe, n=7))
    assert run.status == "completed", run.error
    wait_for(lambda: not Execution.objects.filter(workspace=cast.workspace, assessed_at=None).exists())
    # What follows an assessment (its events, what it teaches) comes by tasks of its own.
    wait_for(partial(is_still, cast))
    return run


def is_still(cast: Cast) -> bool:
    """Whether nothing of its runs changed for half a second."""
    before = rows_of(cast)
    time.sleep(0.5)
    return rows_of(cast) == before


def rows_of(cast: Cast) -> str:
    """Everything that a run is, as it stands."""
    kinds = (Execution, ExecutionStep, Call, Event, Approval, Spend, AuditEntry)
    of = {"workspace_id": cast.workspace.pk}
    rows = [list(kind.objects.filter(**of).order_by("pk").values()) for kind in kinds]
    return json.dumps(rows, default=str)


def test_a_run_of_every_kind_comes_out_the_same_without_a_call(stack: Stack) -> None:
    room = Room(stack)
    run = every_kind(room)
    before, asked = rows_of(room.cast), len(stack.models.requests)
    status, found = Caller(room.key).get(f"/api/executions/{run.pk}/replay")
    assert status == 200, found
    assert (found["same"], found["first"], found["differences"]) == (True, None, []), found["differences"]
    # plan, condition, loop, three notes, recipe inside, tool, close; and the step of the run inside.
    assert (found["runs"], found["steps"]) == (2, 10)
    assert found["kept"] == {
        "never": "never came to its turn",
        "pause": "what a person, a message or the clock brought",
    }
    assert found["calls"] == 3 + 3 + 1 + 1 + 1
    assert run.steps.get(path="each.1.note").attempt == 2
    assert (rows_of(room.cast), len(stack.models.requests)) == (before, asked)
    told = StringIO()
    call_command("replay", str(run.pk), workspace=room.cast.workspace.slug, stdout=told)
    assert "10 steps in 2 runs" in told.getvalue()
    assert told.getvalue().rstrip().endswith("Every byte is the same.")
    client = Client()
    client.force_login(room.cast.owner)
    page = client.get(f"/w/{room.cast.workspace.slug}/runs/{run.pk}/replay/")
    assert (page.status_code, b"Every byte comes out the same" in page.content) == (200, True)
    kitchen = client.get(f"/w/{room.cast.workspace.slug}/runs/{run.pk}/").content.decode()
    assert f"/runs/{run.pk}/replay/" in kitchen


def test_the_first_difference_is_told(stack: Stack) -> None:
    room = Room(stack)
    run = every_kind(room)
    api = Caller(room.key)

    def differs(**change: Any) -> list[tuple[str, str, int]]:
        found = api.get(f"/api/executions/{run.pk}/replay")[1]
        assert found["first"] == found["differences"][0]
        assert not found["same"]
        return [(one["step"], one["what"], one["at"]) for one in found["differences"]]

    close = run.steps.get(step_id="close")
    ExecutionStep.objects.filter(pk=close.pk).update(output="Bye\n\n  ENd ")
    assert differs() == [("close", "output", 7), ("", "result", 21)]
    with pytest.raises(CommandError, match="close, output, byte 7: 'ENd ' is recorded, 'end ' comes out"):
        call_command("replay", str(run.pk), workspace=room.cast.workspace.slug)
    ExecutionStep.objects.filter(pk=close.pk).update(output=close.output)
    # Another prompt asks another question than the one that is answered in the record.
    ExecutionStep.objects.filter(pk=close.pk).update(prompt_template="farewell")
    assert [(place, what) for place, what, _ in differs()] == [("close", "prompt"), ("close", "calls")]
    ExecutionStep.objects.filter(pk=close.pk).update(prompt_template=close.prompt_template)
    # A call that is gone cannot be answered, and is not made either.
    asked = len(stack.models.requests)
    Call.objects.filter(step__execution=run, step__step_id="plan", path="2").delete()
    found = api.get(f"/api/executions/{run.pk}/replay")[1]
    assert [(one["step"], one["what"]) for one in found["differences"]] == [("plan", "calls")]
    assert "the record has no such call" in found["first"]["came"]
    assert len(stack.models.requests) == asked


def test_what_a_person_decided_is_decided_again(stack: Stack) -> None:
    room = Room(stack)
    run = room.waiting()
    api = Caller(room.key)
    assert api.get(f"/api/executions/{run.pk}/replay")[0] == 409
    (asked,) = Approval.objects.filter(step__execution=run)
    assert api.post(f"/api/approvals/{asked.pk}/approve")[0] == 200
    ended(run)
    found = api.get(f"/api/executions/{run.pk}/replay")[1]
    assert (found["same"], found["steps"], found["kept"]) == (True, 1, {}), found
    # Whatever its agent is by now: other words, another model, no tools, gone.
    Agent.objects.filter(pk=room.cast.agent.pk).update(
        custom_prompt="Answer in verse.", tool_ids=[], status="inactive", deleted_at=timezone.now()
    )
    AgentModelConfig.objects.filter(agent=room.cast.agent).update(model_id="else", max_task_tokens=1)
    Agent.objects.filter(workspace=room.cast.workspace, name="Stranger").update(name="Else", slug="else")
    Workspace.objects.filter(pk=room.cast.workspace.pk).update(approval_policy="always")
    assert api.get(f"/api/executions/{run.pk}/replay")[1] == found


def test_a_picture_stays_as_it_was_sent(stack: Stack) -> None:
    room = Room(stack)
    with_tools(room.cast.agent, "file_write")
    Workspace.objects.filter(pk=room.cast.workspace.pk).update(approval_policy="never")
    write = {"tool_calls": [call("file_write", name="dot.png", content="another")]}
    stack.models.conversation("What is this?", write, {"reply": "A dot."})
    picture = {"name": "dot.png", "data": base64.b64encode(PIXEL).decode()}
    body = {"message": "What is this?", "attachments": [picture]}
    with room.send(f"/api/agents/{room.cast.agent.pk}/chat", body) as answer:
        run = ended(Execution.objects.get(pk=json.loads(answer.read())["execution_id"]))
    assert final_output(run) == "A dot."
    found = Caller(room.key).get(f"/api/executions/{run.pk}/replay")[1]
    assert (found["same"], found["calls"]) == (True, 3), found


def test_a_failure_comes_again(stack: Stack) -> None:
    room = Room(stack)
    word = room.cast.workspace.slug
    stack.models.on(f"fail {word}", status=400)
    run = ended(room.cast.cook(room.cast.recipe(f"fail {word}", f"after {word}")))
    assert run.status == "failed"
    with workspace_scope(room.cast.workspace.pk):
        found = replay(run)
    assert (found.again, found.differences, list(found.kept)) == (1, [], ["step_2"])
    step = run.steps.get(order=1)
    ExecutionStep.objects.filter(pk=step.pk).update(error={**(step.error or {}), "message": "Else"})
    with workspace_scope(room.cast.workspace.pk):
        assert [one.what for one in replay(run).differences] == ["error"]


def test_an_answer_of_a_conversation_comes_again(stack: Stack) -> None:
    room = Room(stack)
    agent = room.cast.agent
    with room.send(f"/api/agents/{agent.pk}/chat", {"message": "Good day"}) as answer:
        first = json.loads(answer.read())
    conversation = first["conversation_id"]
    ended(Execution.objects.get(pk=first["execution_id"]))
    with room.send(f"/api/agents/{agent.pk}/chat", {"message": "And?", "conversation_id": conversation}) as answer:
        said = json.loads(answer.read())
    run = ended(Execution.objects.get(pk=said["execution_id"]))
    found = Caller(room.key).get(f"/api/executions/{run.pk}/replay")[1]
    assert (found["first"], found["same"], found["steps"], found["calls"]) == (None, True, 1, 1)


def test_what_was_not_written_yet_when_the_next_message_came_stays_so(stack: Stack) -> None:
    """Of an answer under way, and of one whose text was kept after its stop, the next one was told nothing."""
    room = Room(stack)
    api, chat, word = Caller(room.key), f"/api/agents/{room.cast.agent.pk}/chat", room.cast.workspace.slug

    def say(message: str, **body: Any) -> Execution:
        status, begun = api.post(chat, {"message": f"{message} {word}", **body})
        assert status == 202, begun
        return Execution.objects.get(pk=begun["execution_id"])

    def same(run: Execution) -> bool:
        found = api.get(f"/api/executions/{run.pk}/replay")[1]
        assert found["steps"] == 1, found
        return bool(found["same"])

    first = ended(say("I am Ines."))
    held = stack.models.hold(f"Tell a story. {word}")
    second = say("Tell a story.", conversation_id=str(first.conversation_id))
    held.wait_for_requests(1)
    third = ended(say("Who am I?", conversation_id=str(first.conversation_id)))
    asked = [one["content"] for one in stack.models.requests[-1].body["messages"][1:]]
    assert asked == [
        f"I am Ines. {word}",
        first.steps.get().output,
        f"Tell a story. {word}",
        UNSETTLED,
        f"Who am I? {word}",
    ]
    held.release()
    assert ended(second).status == "completed"
    assert same(third)
    # A stop ends the run at once; what was written by then is kept a moment later.
    Execution.objects.filter(pk=second.pk).update(status="cancelled")
    kept = second.steps.get().output
    second.steps.update(output="")
    fourth = ended(say("And now?", conversation_id=str(first.conversation_id), parent=str(second.pk)))
    assert [one["content"] for one in stack.models.requests[-1].body["messages"]][-2] == UNANSWERED
    second.steps.update(output=kept, finish_reason="cut")
    assert same(fourth)


@pytest.mark.parametrize(
    ("bound", "most", "said"),
    [
        ("MOST_STEPS", 3, "has 4 steps; here up to 3"),
        ("MOST_BYTES", 9_999, "bytes on record; here up to 9,999"),
        ("MOST_SECONDS", 0.0, "takes longer than 0 seconds"),
    ],
)
def test_what_is_too_large_is_not_gone_through_while_somebody_waits(
    monkeypatch: pytest.MonkeyPatch, bound: str, most: float, said: str
) -> None:
    """Steps and texts of runs inside count as well; the command takes any number."""
    cast = Cast()
    run, inside = (cast.cook(cast.recipe("Write", "Write on")) for _ in range(2))
    step = run.steps.get(order=1)
    ExecutionStep.objects.filter(pk=step.pk).update(kind="recipe")
    Execution.objects.filter(pk=inside.pk).update(parent_step=step, root_id=run.pk)
    Execution.objects.filter(pk__in=[run.pk, inside.pk]).update(status="cancelled")
    inside.steps.filter(order=2).update(output="long " * 2_000)
    monkeypatch.setattr(replay_queries, bound, most)
    status, found = Caller(key_of(cast.workspace, cast.owner, Role.OWNER)).get(f"/api/executions/{run.pk}/replay")
    assert (status, found["error"]["code"]) == (409, "too_long")
    assert said in found["error"]["message"]
    assert "`manage.py replay` goes through runs of any size." in found["error"]["message"]
    told = StringIO()
    call_command("replay", str(run.pk), workspace=cast.workspace.slug, stdout=told)
    assert "never came to its turn" in told.getvalue()


def test_a_run_under_way_is_refused() -> None:
    cast = Cast()
    run = cast.cook(cast.recipe("Write"))
    claim()
    client = Client()
    client.force_login(cast.owner)
    page = client.get(f"/w/{cast.workspace.slug}/runs/{run.pk}/replay/")
    assert (page.status_code, b"still under way" in page.content) == (409, True)
