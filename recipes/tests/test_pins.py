"""A run under way stays with the agents it began with; what a person blocks counts at once."""

from typing import Any

import pytest

from agents.models import Agent
from agents.work.queries import spec_of
from agents.work.toolbox import toolbox_of
from automatos.llm.testing.server import Recorded
from automatos.testing import Stack
from recipes.engine import sql
from recipes.models import AgentPin, Call
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import Cast, ended, error_of, final_output, wait_for
from recipes.tests.test_engine import claim, done
from tools.models import AgentAppAssignment, ComposioConnection, ComposioEntity
from workspaces.tests.rest import Caller


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


def edited(room: Room, agent: Agent, **changes: Any) -> None:
    """An edit as a person makes it, over REST."""
    status, body = Caller(room.key).patch(f"/api/agents/{agent.pk}", changes)
    assert status == 200, body


def offered(seen: Recorded) -> list[str]:
    return sorted(tool["function"]["name"] for tool in seen.body.get("tools", ()))


def system(seen: Recorded) -> str:
    return str(seen.body["messages"][0]["content"])


@pytest.mark.slow
def test_an_edit_changes_no_step_of_a_run_under_way(room: Room) -> None:
    stack, cast, word = room.stack, room.cast, room.cast.workspace.slug
    with_tools(cast.agent, "calculator")
    held = stack.models.hold(f"one {word}")
    stack.models.on(word, reply="Soup.")
    run = cast.cook(cast.recipe(f"one {word}", f"two {word}"))
    held.wait_for_requests(1)
    edited(room, cast.agent, custom_prompt="Answer in Latin.", tool_ids=["current_time"])
    held.release()
    assert ended(run).status == "completed"
    first, second = [one for one in stack.models.requests if word in one.prompt][-2:]
    assert system(first) == system(second)
    assert (offered(first), offered(second)) == (["calculator"], ["calculator"])
    assert ended(cast.cook(cast.recipe(f"three {word}"))).status == "completed"
    newest = stack.models.requests[-1]
    assert "Latin" in system(newest)
    assert offered(newest) == ["current_time"]
    pins = AgentPin.objects.filter(agent=cast.agent).order_by("agent_version")
    assert [pin.agent_version for pin in pins] == [1, 2]


@pytest.mark.slow
@pytest.mark.chaos
def test_after_a_kill_the_edited_agent_goes_on_as_it_was(room: Room) -> None:
    stack, cast, word = room.stack, room.cast, room.cast.workspace.slug
    with_tools(cast.agent, "calculator")
    sums = {"tool_calls": [call("calculator", expression="6*7")]}
    held = stack.models.hold(word, round=1, times=1)
    stack.models.conversation(word, sums, {"reply": "It is 42."})
    run = cast.cook(cast.recipe(f"how much {word}", step={"timeout": 600}))
    wait_for(lambda: any(word in one.prompt and one.round == 1 for one in stack.models.requests))
    edited(room, cast.agent, custom_prompt="Answer in Latin.", tool_ids=["current_time"])
    stack.worker.kill()
    stack.worker.start()
    held.release()
    assert final_output(ended(run)) == "It is 42."
    seen = [one for one in stack.models.requests if word in one.prompt]
    assert {system(one) for one in seen} == {system(seen[0])}
    assert {tuple(offered(one)) for one in seen} == {("calculator",)}
    calls = Call.objects.filter(step__execution=run)
    assert sorted(calls.values_list("path", "status")) == [("0", "done"), ("1", "done"), ("2", "done")]


@pytest.mark.slow
def test_an_asked_agent_stays_as_it_was_first_asked(room: Room) -> None:
    stack, cast, word = room.stack, room.cast, room.cast.workspace.slug
    abacus = cast.add_agent("Abacus")
    asks = [{"tool_calls": [call("ask_agent", n, agent="abacus", task=f"sum {n} {word}")]} for n in (1, 2)]
    stack.models.conversation(f"delegate {word}", *asks, {"reply": "Done."})
    held = stack.models.hold(f"sum 1 {word}")
    stack.models.on(f"sum 1 {word}", reply="One.")
    stack.models.on(f"sum 2 {word}", reply="Two.")
    with_tools(cast.agent, "ask_agent")
    run = cast.cook(cast.recipe(f"delegate {word}"))
    held.wait_for_requests(1)
    edited(room, abacus, custom_prompt="Answer in Latin.")
    held.release()
    assert ended(run).status == "completed"
    asked = [system(one) for one in stack.models.requests if one.prompt.startswith("sum ") and word in one.prompt]
    assert len(asked) == 2
    assert "Latin" not in "".join(asked)


@pytest.mark.slow
def test_a_paused_agent_takes_no_next_step_although_it_is_pinned(room: Room) -> None:
    stack, cast, word = room.stack, room.cast, room.cast.workspace.slug
    held = stack.models.hold(f"one {word}")
    stack.models.on(word, reply="Soup.")
    run = cast.cook(cast.recipe(f"one {word}", f"two {word}"))
    held.wait_for_requests(1)
    Agent.objects.filter(pk=cast.agent.pk).update(status="paused")
    held.release()
    over = ended(run)
    assert (over.status, error_of(over)["code"]) == ("failed", "agent_unusable")
    assert list(run.steps.order_by("order").values_list("status", flat=True)) == ["completed", "failed"]


@pytest.mark.django_db
def test_all_agents_of_a_run_are_kept_at_its_first_claim() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("One", "Two"))
    (job,) = claim()
    execution.refresh_from_db()
    assert execution.pins == {str(cast.agent.pk): str(AgentPin.objects.get(agent=cast.agent).pk)}
    Agent.objects.filter(pk=cast.agent.pk).update(custom_prompt="Answer in Latin.", version=2)
    (job,) = done(job)
    assert "Latin" not in job.task.spec.system_prompt
    assert (AgentPin.objects.count(), job.task.spec.version) == (1, 1)


@pytest.mark.django_db
def test_pins_cost_no_statement_where_nothing_was_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    cast.cook(cast.recipe("One", "Two"))
    sent: list[str] = []
    send = sql.Statements.send

    def counted(self: sql.Statements, text: str, params: Any) -> Any:
        sent.append(text)
        return send(self, text, params)

    monkeypatch.setattr(sql.Statements, "send", counted)
    (job,) = claim()
    first = len(sent)
    done(job)
    (writing,) = [text for text in sent if "agent_pins" in text]
    assert "UPDATE execution_steps" in writing, "what is pinned is written down together with the claim"
    assert first <= 5, "a claim's statements"


@pytest.mark.django_db
def test_the_connection_of_an_app_is_read_with_its_agent() -> None:
    cast = Cast()
    AgentAppAssignment.objects.create(
        workspace=cast.workspace, agent_id=cast.agent.pk, app="github", level="app", name="", allowed=True
    )
    entity = ComposioEntity.objects.create(workspace=cast.workspace, entity_id="probe")
    connection = ComposioConnection.objects.create(
        workspace=cast.workspace, entity=entity, app="github", status="active"
    )
    use = toolbox_of(spec_of(cast.agent))["use_app_action"]
    assert use.connection_of({"action": "GITHUB_CREATE_AN_ISSUE"}) == connection.pk
