"""Agents taken out of work while runs are live: the three ways to stop, through the API and the real worker."""

from collections.abc import Iterator

import pytest

from agents.models import Agent, AgentStatus
from agents.services import ALLOWED_MOVES
from automatos.llm.testing.rules import Hold
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output, wait_for
from workspaces.models import Role
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


class Work:
    """A run whose first step is at the model now, and somebody who changes its agent's status."""

    def __init__(self, stack: Stack, cast: Cast, **step: str) -> None:
        word = cast.workspace.slug
        self.cast, self.stack = cast, stack
        self.held: Hold = stack.models.hold(f"one {word}", after_chunks=1)
        self.recipe = cast.recipe(f"one {word}", f"two {word}", step=step)
        self.run: Execution = cast.cook(self.recipe)
        self.held.wait_for_requests(1)
        self.caller = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
        self.path = f"/api/agents/{cast.agent.pk}/status"

    def move(self, status: str, mode: str = "") -> tuple[int, dict[str, object]]:
        return self.caller.post(self.path, {"status": status, **({"mode": mode} if mode else {})})

    def status(self) -> str:
        return str(Agent.objects.get(pk=self.cast.agent.pk).status)

    def steps(self) -> list[str]:
        return list(self.run.steps.order_by("order").values_list("status", flat=True))


@pytest.fixture
def work(stack: Stack, cast: Cast) -> Iterator[Work]:
    made = Work(stack, cast)
    yield made
    made.held.release()


def test_graceful_finishes_the_step_and_fails_the_next(work: Work) -> None:
    assert work.move("paused")[0] == 200
    assert work.steps() == ["running", "pending"]
    work.held.release()
    assert error_of(ended(work.run))["code"] == "agent_unusable"
    assert work.steps() == ["completed", "failed"]


def test_immediate_fails_the_step_and_aborts_its_call(work: Work) -> None:
    assert work.move("paused", "immediate")[0] == 200
    run = ended(work.run)  # while its call is still held
    assert (run.status, error_of(run)["code"]) == ("failed", "agent_unusable")
    assert work.steps() == ["failed", "cancelled"]
    work.stack.models.wait_until_gone(1)
    assert_numbered_without_gap(run)


def test_immediate_follows_the_error_handling_of_the_step(stack: Stack, cast: Cast) -> None:
    word = cast.workspace.slug
    work = Work(stack, cast, error_handling="skip")
    other = cast.add_agent("Argus")
    step = work.run.steps.get(order=2)
    step.agent = other
    step.save(update_fields=["agent"])
    assert work.move("maintenance", "immediate")[0] == 200
    work.held.release()
    assert ended(work.run).status == "completed"
    assert work.steps() == ["skipped", "completed"]
    assert stack.models.count(f"two {word}") == 1


def test_scheduled_waits_for_the_live_runs_and_takes_no_new_one(work: Work) -> None:
    status, body = work.move("paused", "scheduled")
    assert (status, body["status"], body["pending_status"]) == (200, "active", "paused")
    refused = work.caller.post(f"/api/workflow-recipes/{work.recipe.pk}/execute", {"input_data": {}})
    assert (refused[0], refused[1]["error"]["code"]) == (409, "agent_unusable")
    assert work.status() == "active"
    work.held.release()
    assert final_output(ended(work.run))
    wait_for(lambda: work.status() == "paused")
    assert Agent.objects.get(pk=work.cast.agent.pk).pending_status == ""


def test_a_scheduled_change_can_be_called_off(work: Work) -> None:
    work.move("paused", "scheduled")
    assert work.move("active")[1]["pending_status"] == ""
    work.held.release()
    ended(work.run)
    assert work.status() == "active"


def test_a_scheduled_change_without_live_runs_happens_at_once(stack: Stack, cast: Cast) -> None:
    caller = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    body = caller.post(f"/api/agents/{cast.agent.pk}/status", {"status": "paused", "mode": "scheduled"})[1]
    assert (body["status"], body["pending_status"]) == ("paused", "")


def test_what_a_stop_touches_is_told_before(work: Work) -> None:
    told = work.caller.get(work.path)[1]
    assert (told["steps_cooking"], told["live_runs"]) == (1, 1)
    assert told["runs"][0]["execution_id"] == str(work.run.pk)
    assert told["recipes"] == [{"template_id": work.recipe.template_id, "name": "Brief", "steps": 2}]
    assert told["moves"] == list(ALLOWED_MOVES[AgentStatus.ACTIVE])


@pytest.mark.parametrize(
    ("status", "mode", "code"),
    [("retired", "immediate", 409), ("nix", "", 400), ("paused", "nix", 400), ("draft", "scheduled", 409)],
)
def test_a_move_the_table_does_not_have_aborts_nothing(work: Work, status: str, mode: str, code: int) -> None:
    assert work.move(status, mode)[0] == code
    assert work.steps() == ["running", "pending"]
