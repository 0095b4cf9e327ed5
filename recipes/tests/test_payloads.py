"""Large values are stored once and referred to, and nobody who reads them can tell."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from agents.models import Conversation
from automatos.tests.threads import together
from recipes.chat.answer_services import Question, ask
from recipes.chat.client_history import UNKNOWN, origins_of
from recipes.engine import settling, turns
from recipes.engine.journal import Intent, Result, call_id
from recipes.engine.payloads import LARGE, SEARCHED, Shelf
from recipes.engine.progress import Progress, keep
from recipes.engine.sql import statements
from recipes.models import Call, Execution, ExecutionStep, Payload, PayloadUse, StepAttempt, Trigger, Worker
from recipes.runs.payload_sweep import sweep_payloads
from recipes.runs.replay_queries import replay
from recipes.tasks import sweep_retention
from recipes.tests.kit import Cast, final_output
from recipes.tests.test_engine import ME, claim, done, failed
from recipes.tests.test_loops import begun, cast_recipe
from recipes.tests.test_reruns import api_of
from workspaces.models import Workspace
from workspaces.scope.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

# Hostile on purpose: what looks like a reference, what JSON and PostgreSQL are touchy about, and what turns text round.
ODD = '\u202eabc\u2066 \\u0000 \x01 ["00000000-0000-0000-0000-000000000000"] {input.x} é 𝄞 \\ \' " {{'


def long(word: str, length: int = 2 * LARGE) -> str:
    """A text of a few more characters than that, none of it like another one's."""
    return f"{ODD} {word} " + " ".join(f"{word}{n}" for n in range(length // (len(word) + 5)))[:length]


def stored(table: str, *columns: str) -> int:
    """Characters that stand in these columns themselves."""
    sums = " + ".join(f"COALESCE(sum(length({column}::text)), 0)" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sums} FROM {table}")
        return int(cursor.fetchone()[0])


def keep_for(run: Execution, text: str) -> None:
    """Store a value for a run, as the engine does."""
    with statements() as sql:
        Shelf().keep(sql, [(run.pk, run.workspace_id, text)])


def through(cast: Cast, steps: int, text: str) -> Execution:
    """A run whose first output is that text, and which every later step is told."""
    prompts = ["One {input.doc}", *["More of {step_1_output} for {input.doc}!"] * (steps - 1)]
    recipe = cast.recipe(*prompts, inputs={"doc": {}})
    body = {"input_data": {"doc": long("input")}}
    status, made = api_of(cast).post(f"/api/workflow-recipes/{recipe.template_id}/execute", body)
    assert status == 202, made
    execution, jobs = Execution.objects.get(pk=made["execution_id"]), claim()
    for number in range(steps):
        jobs = done(jobs[0], text if number == 0 else f"short {number}")
    execution.refresh_from_db()
    return execution


def test_what_many_steps_read_is_stored_once_and_reads_the_same_everywhere() -> None:
    cast, text = Cast(), long("tides", 60_000)
    execution = through(cast, 5, text)
    assert execution.status == "completed", execution.error
    given = execution.input_data["doc"]
    assert given == long("input")
    assert sorted(Payload.objects.values_list("body", flat=True)) == sorted([given, text])
    inside = stored("execution_steps", "prompt", "output", "prompt_refs", "output_refs")
    assert inside < 5_000, "steps have references"
    assert stored("execution_calls", "output") < 100
    assert stored("recipe_executions", "input_data", "output_data") < 3 * SEARCHED + 1000
    shown = api_of(cast).get(f"/api/executions/{execution.pk}")[1]
    assert shown["step_results"][0]["output"] == text
    assert shown["step_results"][4]["prompt"] == f"More of {text} for {given}!"
    assert (shown["input_data"]["doc"], shown["output_data"]["outputs"]["step_1"]) == (given, text)
    assert list(execution.steps.filter(output__contains="tides42 ").values_list("order", flat=True)) == [1]
    assert Call.objects.get(step__order=1).output == text
    found = replay(execution)
    assert (found.again, found.differences) == (5, [])
    assert found.bytes > 5 * len(text)
    assert [row["execution_id"] for row in api_of(cast).get("/api/executions?search=tides999")[1]["items"]] == [
        str(execution.pk)
    ]


def test_of_a_run_that_failed_every_attempt_and_what_is_taken_over_reads_the_same() -> None:
    cast, text = Cast(), long("moss")
    retry = {"error_handling": "retry", "max_retries": 1}
    execution = cast.cook(cast.recipe("One", "Two {previous_output}", step=retry))
    (second,) = done(claim()[0], text)
    failed(second)
    ExecutionStep.objects.filter(status="pending").update(runnable_at=execution.created_at)
    failed(claim()[0])
    assert StepAttempt.objects.get().prompt == f"Two {text}"
    status, made = api_of(cast).post(f"/api/executions/{execution.pk}/retry")
    assert status == 202, made
    (job,) = claim()
    assert job.task.messages[-1].content == f"Two {text}"
    done(job, "end")
    again = Execution.objects.get(pk=made["execution_id"])
    assert again.steps.get(order=1).output == text
    assert Payload.objects.count() == 1
    # The first run goes, and with it only what no other one refers to.
    old = execution.created_at - timedelta(days=40)
    Workspace.objects.filter(pk=cast.workspace.pk).update(keep_runs_days=30)
    Execution.objects.filter(pk=execution.pk).update(created_at=old, completed_at=old)
    sweep_retention()
    assert list(Execution.objects.all()) == [again]
    assert ExecutionStep.objects.get(execution=again, order=1).output == text
    Execution.objects.update(created_at=old, completed_at=old)
    sweep_retention()
    assert not Execution.objects.exists()
    assert not Payload.objects.exists()


def test_a_loop_and_a_recipe_inside_refer_to_the_same_value() -> None:
    cast, text = Cast(), long("fern")
    low = cast.recipe("Inside {input.text}", inputs={"text": {}})
    agent = cast.agent.id
    recipe = cast_recipe(cast, [
        {"agent_id": agent, "prompt_template": "One", "step_id": "one", "output_key": "one"},
        {"kind": "loop", "step_id": "each", "config": {"over": "['a', 'b', 'c']"}},
        {"agent_id": agent, "prompt_template": "{item} of {one}", "step_id": "it", "under": "each", "branch": "body"},
        {"kind": "recipe", "step_id": "sub", "output_key": "sub",
         "config": {"recipe": low.template_id, "inputs": {"text": "{one}"}}},
    ])  # fmt: skip
    execution = cast.cook(recipe)
    done(claim()[0], text, limit=0)
    jobs = begun()
    assert sorted(job.task.messages[-1].content for job in jobs) == [f"{word} of {text}" for word in "abc"]
    for job in jobs:
        done(job, "short", limit=0)
    while jobs := begun():
        assert jobs[0].task.messages[-1].content == f"Inside {text}"
        done(jobs[0], f"{text}!", limit=0)
    execution.refresh_from_db()
    assert final_output(execution) == f"{text}!"
    assert stored("execution_steps", "prompt", "output") < 1000
    assert {one.body for one in Payload.objects.all()} == {text, f"{text}!"}
    with workspace_scope(cast.workspace.pk):
        assert replay(execution).differences == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x00" + long("nul") + "\ud800", id="neither NUL nor halves of characters"),
        pytest.param(long("big", 5_000_000), id="five megabytes"),
    ],
)
def test_odd_texts_come_back_as_they_are_stored_anywhere(text: str) -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("One"))
    done(claim()[0], text)
    execution.refresh_from_db()
    clean = text.replace("\x00", "").replace("\ud800", "\ufffd")
    assert final_output(execution) == clean
    assert ExecutionStep.objects.get().output == Call.objects.get().output == Payload.objects.get().body == clean


def test_what_fails_before_its_commit_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, text = Cast(), long("cut")
    execution = cast.cook(cast.recipe("One"))
    (job,) = claim()
    with monkeypatch.context() as broken:
        broken.setattr(settling, "_changes_written", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            done(job, text)
    assert not Payload.objects.exists()
    done(job, text)
    assert final_output(Execution.objects.get(pk=execution.pk)) == text


@pytest.mark.django_db(transaction=True)
def test_whoever_needs_a_value_at_the_same_moment_neither_waits_nor_loses_it() -> None:
    cast, text = Cast(), long("twin")
    runs = [cast.cook(cast.recipe("One")) for _ in range(3)]
    jobs = claim()
    # It is being stored by another transaction: the second run keeps a copy of its own.
    with transaction.atomic():
        keep_for(runs[0], text)
        together(lambda: done(jobs[1], text, limit=0))
        assert ExecutionStep.objects.get(pk=jobs[1].step_id).output_refs is None
    done(jobs[0], text, limit=0)
    # Nobody refers to it any more; but while it is looked at, somebody does so again.
    runs[0].delete()
    with transaction.atomic():
        keep_for(runs[2], text)
        assert together(sweep_payloads) == [0]
    done(jobs[2], text, limit=0)
    # And it is being removed.
    runs[2].delete()
    last = cast.cook(cast.recipe("One"))
    (job,) = claim()
    with transaction.atomic():
        assert sweep_payloads() == 1
        transaction.set_rollback(True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM payloads FOR UPDATE")
        together(lambda: done(job, text, limit=0))
    assert (sweep_payloads(), sweep_payloads()) == (1, 0)
    for run in (runs[1], last):
        assert final_output(Execution.objects.get(pk=run.pk)) == text


def test_what_somebody_writes_is_never_taken_for_a_reference() -> None:
    cast, text = Cast(), long("secret")
    execution = cast.cook(cast.recipe("One {input.a}", inputs={"a": {}}), a="x")
    done(claim()[0], text)
    key = str(Payload.objects.get().pk)
    for forged in (key, f'["{key}"]', f'{{"text": "{key}"}}', f"payload:{key}"):
        other = cast.cook(cast.recipe("One {input.a}", inputs={"a": {}}), a=forged)
        done(claim()[0], forged)
        other.refresh_from_db()
        assert (other.input_data["a"], final_output(other)) == (forged, forged)
    # And what is written past the door takes the place of a reference, and is no name for what was there before.
    past = cast.cook(cast.recipe("One {input.a}", inputs={"a": {}}), a=long("given"))
    written = long("other")
    Execution.objects.filter(pk=past.pk).update(input_data={"a": written})
    done(claim()[0], written)
    past.refresh_from_db()
    assert final_output(past) == written
    ExecutionStep.objects.filter(execution=execution).update(output="mended")
    Execution.objects.filter(pk=execution.pk).update(output_data={"final_output": "mended", "outputs": {}})
    execution.refresh_from_db()
    assert (execution.steps.get().output, final_output(execution)) == ("mended", "mended")


def test_another_workspace_neither_reads_nor_shares_it() -> None:
    ours, theirs, text = Cast(), Cast(), long("same")
    runs = [cast.cook(cast.recipe("One")) for cast in (ours, theirs)]
    for job in claim():
        done(job, text, limit=0)
    assert len(set(Payload.objects.values_list("workspace_id", "sha256", "pk"))) == 2
    kept = Payload.objects.get(workspace=theirs.workspace)
    with workspace_scope(ours.workspace.pk), connection.cursor() as cursor:
        assert not Payload.objects.filter(pk=kept.pk).exists()
        with pytest.raises(Error, match="is missing"), transaction.atomic():
            cursor.execute("SELECT automatos_payload(%s)", [kept.pk])
        with pytest.raises(Error, match="row-level security"), transaction.atomic():
            PayloadUse.objects.create(workspace=ours.workspace, execution=runs[0], payload_id=kept.pk)
        assert ExecutionStep.objects.get().output == text


def test_a_worker_of_the_release_before_finds_every_value_in_its_row() -> None:
    cast, text = Cast(), long("old")
    old = Worker.objects.create(host="a", pid=1, reads_payloads=False)
    execution = cast.cook(cast.recipe("One {input.a}", inputs={"a": {}}), a=text)
    done(claim()[0], text)
    assert stored("execution_steps", "output") == len(text)
    assert not Payload.objects.exists()
    old.delete()
    done_again = cast.cook(cast.recipe("One"))
    done(claim()[0], text)
    assert final_output(Execution.objects.get(pk=done_again.pk)) == final_output(Execution.objects.get(pk=execution.pk))
    assert Payload.objects.count() == 1


def test_what_a_long_conversation_was_told_grows_with_its_length_and_no_faster() -> None:
    cast = Cast()
    talk = Conversation.objects.create(workspace=cast.workspace, agent=cast.agent, user=cast.owner)
    parent, told, weights = None, [], []
    for number in range(24):
        question = Question(f"Question {number} {ODD}", parent)
        run = ask(conversation=talk, question=question, user=cast.owner, trigger=Trigger.API)
        (job,) = claim()
        told.append([(message.role, message.content) for message in job.task.messages])
        done(job, f"{number} " + " ".join(f"word{number}x{n}" for n in range(200)))
        parent = run.pk
        weights.append(stored("execution_steps", "opening", "opening_refs") + stored("payloads", "body"))
    openings = ExecutionStep.objects.order_by("execution__created_at").values_list("opening", flat=True)
    assert [[(one["role"], one["content"]) for one in opening or ()] for opening in openings] == told
    whole = sum(len(content) for messages in told for _, content in messages)
    assert weights[-1] < whole / 2, "what several answers were told is stored once"
    talk.delete()
    assert sweep_payloads() > 0
    assert not Payload.objects.exists()


def test_a_large_answer_that_a_chat_client_sends_back_is_known_as_ours() -> None:
    cast, text = Cast(), long("ours")
    talk = Conversation.objects.create(workspace=cast.workspace, agent=cast.agent, user=cast.owner)
    ask(conversation=talk, question=Question("Go on"), user=cast.owner, trigger=Trigger.CHAT)
    done(claim()[0], text)
    with workspace_scope(cast.workspace.pk):
        assert origins_of(cast.agent, [text, f"{text}!"]) == [UNKNOWN]
        assert origins_of(cast.agent, [text]) == []


def test_arguments_and_result_of_a_tool_are_read_back_whole() -> None:
    cast, given, said = Cast(), long("given"), long("said")
    cast.cook(cast.recipe("One"))
    (job,) = claim()
    key, data = call_id(job.step_id, 1, "1"), {"arguments": {"content": given, "name": "a.txt"}}
    intent = Intent(key, job.workspace_id, job.step_id, 1, "file_write", "1", "tool", data)
    assert keep(Progress(job.step_id, job.fence, intents=[intent]))
    result = Result(key, output=said, data={**data, "is_error": False})
    assert keep(Progress(job.step_id, job.fence, results=[result]))
    assert stored("execution_calls", "output", "data") < 500
    call = Call.objects.get(pk=key)
    assert (call.output, call.data) == (said, result.data)
    # As the next worker reads it, after this one was lost.
    turns.leave(ME)
    (again,) = claim()
    assert (again.journal["1"].output, again.journal["1"].data) == (said, result.data)
