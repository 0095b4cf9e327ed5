"""Calls of apps' actions by an agent: found, allowed by three, sent once over HTTP, told so that a model can act."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync

from automatos.tests.app_role import app_role
from tools import arguments as reading
from tools.app_calls.execution import AppCall, prepare
from tools.app_calls.stored import StoredApps
from tools.app_calls.tools import FIND, SOURCE, USE, AgentApps, apps_from, tools_for
from tools.assignments import services
from tools.assignments.switches import APP
from tools.composio import connections, indexing
from tools.composio.testing import KEY, StandIn, serve
from tools.composio.tests.kit import decide, filled
from tools.composio.waiting import in_thread
from tools.contract import ToolContext, ToolResult
from tools.executor import UnifiedToolExecutor
from tools.logs.entries import Entry, write
from tools.models import ComposioConnection, ToolExecutionLog
from tools.models.assignments import Level
from tools.tests.kit import context
from workspaces.models import User
from workspaces.scope.tenancy import workspace_scope
from workspaces.services import create_workspace

pytestmark = pytest.mark.django_db
ISSUE = {"owner": "o", "repo": "r", "title": "Crash"}


class Kitchen:
    """A workspace with GitHub connected, and an agent that has it."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.workspace = create_workspace(name="Kitchen", owner=User.objects.create_user("owner@example.org"))
        self.agent = uuid4()
        filled(self.workspace)
        with app_role():
            manager = connections.ComposioEntityManager(self.workspace.pk)
            back = decide(manager.connect("github", lambda state: f"http://127.0.0.1:1/{state}"))
            manager.finish(back.rsplit("/", 1)[1].split("?")[0])
        self.switch(APP, True)
        self.apps = AgentApps(("github", "hackernews"))

    def switch(self, place: tuple[str, str], allowed: bool | None, app: str = "github") -> None:
        with app_role(), workspace_scope(self.workspace.pk):
            services.set_switch(
                workspace=self.workspace, agent_id=self.agent, app=app, place=place, allowed=allowed, user=None
            )

    def call(self, tool: str, **arguments: Any) -> ToolResult:
        """One call through the one door, as a worker makes it."""
        door = StoredApps(self.workspace.pk, uuid4(), "Hermes", in_thread, context().files)
        given: ToolContext = context(doors={SOURCE: door})
        with app_role():
            executor = UnifiedToolExecutor(tools_for(self.agent, self.apps))
            found: ToolResult = async_to_sync(executor.run)(tool, arguments, given)
            return found

    def use(self, action: str, **arguments: Any) -> ToolResult:
        return self.call(USE, action=action, arguments=arguments)

    def refused(self, action: str = "GITHUB_CREATE_AN_ISSUE", **arguments: Any) -> str:
        """The text of a call that has to be refused before anything is sent."""
        before = len(self.stand_in.world.effects)
        result = self.use(action, **(arguments or ISSUE))
        assert result.is_error, result.content
        assert len(self.stand_in.world.effects) == before
        assert "failed for a reason of its own" not in result.content
        return result.content


@pytest.fixture
def kitchen(settings: Any) -> Iterator[Kitchen]:
    with serve() as running:
        settings.COMPOSIO_API_KEY, settings.COMPOSIO_BASE_URL = KEY, running.url
        yield Kitchen(running)


def test_a_call_is_made_in_the_workspaces_own_account(kitchen: Kitchen) -> None:
    result = kitchen.use("github_create_an_issue", **ISSUE)
    assert not result.is_error, result.content
    assert json.loads(result.content)["number"] == 1347
    assert result.origin == "app GitHub"
    sent = kitchen.stand_in.made("POST", "/tools/execute/GITHUB_CREATE_AN_ISSUE")[0]["body"]
    account = ComposioConnection.objects.get().account_id
    # The version of the schema the arguments were made for is always named.
    assert (sent["user_id"], sent["connected_account_id"]) == (str(kitchen.workspace.pk), account)
    assert sent["version"] not in ("", "latest")
    log = ToolExecutionLog.objects.get()
    assert (log.tool, log.status, log.agent_name, log.app) == ("GITHUB_CREATE_AN_ISSUE", "done", "Hermes", "github")
    assert log.remote_id.startswith("log_")
    assert log.duration_ms is not None


def test_each_of_the_three_can_say_no(kitchen: Kitchen) -> None:
    kitchen.switch((Level.ACTION, "GITHUB_CREATE_AN_ISSUE"), False)
    assert "switched off for this agent" in kitchen.refused()
    kitchen.switch((Level.ACTION, "GITHUB_CREATE_AN_ISSUE"), None)
    kitchen.switch((Level.GROUP, "changes"), False)
    assert "switched off for this agent" in kitchen.refused()
    kitchen.switch(APP, False)
    assert "may not use github" in kitchen.refused()
    kitchen.switch(APP, True)
    ComposioConnection.objects.update(status="error")
    assert "needs reconnecting" in kitchen.refused()
    ComposioConnection.objects.update(status="added")
    assert "not connected" in kitchen.refused()
    assert set(ToolExecutionLog.objects.values_list("status", flat=True)) == {"refused"}


def test_what_destroys_is_off_until_it_is_switched_on(kitchen: Kitchen) -> None:
    assert "switched off" in kitchen.refused("GITHUB_DELETE_A_REPOSITORY", owner="o", repo="r")
    kitchen.switch((Level.GROUP, "destroys"), True)
    assert not kitchen.use("GITHUB_DELETE_A_REPOSITORY", owner="o", repo="r").is_error


def test_another_workspaces_agent_and_connection_are_not_there(kitchen: Kitchen) -> None:
    kitchen.workspace = create_workspace(name="Other", owner=User.objects.get())
    assert "not connected" in kitchen.refused()


def test_wrong_arguments_are_told_so_that_they_can_be_mended(kitchen: Kitchen) -> None:
    said = kitchen.refused("GITHUB_CREATE_AN_ISSUE", owner="o", repo=7, title="t" * 300)
    assert "repo" in said
    assert "title" in said
    assert "Correct them" in said
    assert "no action of your apps" in kitchen.refused("SLACK_SEND_MESSAGE", channel="c", text="t")
    assert "There is no action" in kitchen.refused("GITHUB_NOTHING")


def test_a_failure_inside_an_answer_of_200_is_a_failure(kitchen: Kitchen) -> None:
    kitchen.stand_in.fail("/tools/execute", 200, raw='{"data": {}, "error": "no such repo", "successful": false}')
    result = kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE)
    assert result.is_error
    assert "no such repo" in result.content
    assert ToolExecutionLog.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("fault", "status", "retryable", "says"),
    [
        ({"status": 429, "retry_after": 9}, "failed", True, "9 seconds"),
        ({"status": 503, "after": True}, "uncertain", False, "may have taken effect"),
        ({"status": 400, "message": "bad \u0000 text"}, "failed", False, "was not done"),
        ({"status": 401}, "failed", False, "refused the key"),
    ],
)
def test_each_failure_is_sent_once_and_said_as_it_is(
    kitchen: Kitchen, fault: dict[str, Any], status: str, retryable: bool, says: str
) -> None:
    kitchen.stand_in.fail("/tools/execute", times=5, **fault)
    result = kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE)
    assert (result.is_error, result.retryable) == (True, retryable)
    assert says in result.content
    # Nothing is ever sent twice: the other side does not know a call again.
    assert len(kitchen.stand_in.made("POST", "/tools/execute")) == 1
    assert ToolExecutionLog.objects.get().status == status


def test_a_call_that_hangs_is_uncertain(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.app_calls.execution.SECONDS", 0.5)
    kitchen.stand_in.fail("/tools/execute", seconds=3.0)
    result = kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE)
    assert result.is_error
    assert "may have taken effect" in result.content
    log = ToolExecutionLog.objects.get()
    assert (log.status, log.duration_ms) == ("uncertain", None)


def test_a_call_that_finds_the_connection_broken_tells_everybody(kitchen: Kitchen) -> None:
    kitchen.stand_in.expire(ComposioConnection.objects.get().account_id)
    assert kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE).is_error
    assert ComposioConnection.objects.get().status == "error"
    assert "needs reconnecting" in kitchen.refused()


def test_a_connection_not_looked_at_lately_is_looked_at_before_its_use(kitchen: Kitchen) -> None:
    kitchen.stand_in.expire(ComposioConnection.objects.get().account_id, "REVOKED")
    ComposioConnection.objects.update(checked_at="2026-01-01T00:00:00Z")
    assert "taken back" in kitchen.refused()
    assert kitchen.stand_in.made("POST", "/tools/execute") == []


def test_a_long_answer_is_cut_and_kept_whole_as_a_file(kitchen: Kitchen) -> None:
    text = json.dumps({"data": {"text": "x" * 50_000}, "error": None, "successful": True})
    kitchen.stand_in.fail("/tools/execute", 200, raw=text)
    result = kitchen.use("GITHUB_GET_A_REPOSITORY", owner="o", repo="r")
    assert len(result.content) <= 20_000
    assert "github_get_a_repository.json" in result.content
    assert result.artefacts == ("github_get_a_repository.json",)


def test_secrets_in_arguments_are_not_kept(kitchen: Kitchen) -> None:
    kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE, body="Bearer abcdefghijklmnop", labels=["a"])
    kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE, api_key="hunter2hunter2")
    kept = json.dumps(list(ToolExecutionLog.objects.values_list("arguments", flat=True)))
    assert "abcdefghijklmnop" not in kept
    assert "hunter2" not in kept


def test_an_app_without_sign_in_needs_no_connection(kitchen: Kitchen) -> None:
    kitchen.switch(APP, True, "hackernews")
    assert not kitchen.use("HACKERNEWS_GET_FRONTPAGE").is_error


def test_the_right_action_is_found_among_what_the_agent_may(kitchen: Kitchen) -> None:
    with app_role():
        indexing.index(None, lambda _: None)
    found = kitchen.call(FIND, task="report a bug in our repository")
    assert "GITHUB_CREATE_AN_ISSUE (GitHub)" in found.content
    assert '"title"' in found.content
    assert "SLACK" not in found.content
    assert "DELETE" not in found.content
    kitchen.switch((Level.ACTION, "GITHUB_CREATE_AN_ISSUE"), False)
    assert "CREATE_AN_ISSUE" not in kitchen.call(FIND, task="report a bug in our repository").content


def test_when_an_action_asks_a_person() -> None:
    apps = apps_from([("github", "action", "GITHUB_GET_A_REPOSITORY", "always")], ["GITHUB_CREATE_LABEL"], ["github"])
    tool = tools_for(UUID(int=1), apps)[USE]
    asks = {
        action: tool.asks_person({"action": action})
        for action in ("GITHUB_GET_A_REPOSITORY", "GITHUB_LIST_X", "GITHUB_CREATE_AN_ISSUE", "GITHUB_CREATE_LABEL")
    }
    assert list(asks.values()) == [True, False, True, False]
    assert tool.asks_person({"action": "GITHUB_DELETE_A_REPOSITORY"})
    assert tool.effects_of({"action": "GITHUB_LIST_X"}) == "reads"
    assert tool.effects_of({"action": "GITHUB_CREATE_AN_ISSUE"}) == "outside"
    assert not tool.is_repeatable({"action": "GITHUB_CREATE_AN_ISSUE"})


def test_the_door_itself_costs_little(kitchen: Kitchen) -> None:
    """Processor time of all that stands before and behind a call, without the other side's and the client's own.

    It is 1.5 ms here (4 ms of it were SQL made anew at each call); the bound is for machines under load.
    """
    kitchen.use("GITHUB_CREATE_AN_ISSUE", **ISSUE)
    call = AppCall(kitchen.workspace.pk, kitchen.agent, "github", "GITHUB_CREATE_AN_ISSUE", ISSUE)
    entry = Entry(kitchen.workspace.pk, call.action, "app", "done", ISSUE, "x" * 500, app="github")

    def door() -> None:
        reading.read({"action": call.action, "arguments": ISSUE}, tools_for(kitchen.agent, kitchen.apps)[USE].schema)
        reading.read(call.arguments, prepare(call).schema)
        write([entry])

    with app_role():
        costs = []
        for _ in range(5):
            begun = time.process_time()
            for _ in range(20):
                door()
            costs.append((time.process_time() - begun) * 1000 / 20)
    print(f"the door: {min(costs):.2f} ms of processor time a call")
    assert min(costs) < 5


def test_a_call_names_its_connection() -> None:
    key = uuid4()
    apps = apps_from((), (), ("github",), {"github": str(key)})
    use = tools_for(uuid4(), apps)[USE]
    assert (use.kind, use.connection_of({"action": "GITHUB_CREATE_AN_ISSUE"})) == ("composio", key)
    assert use.connection_of({"action": "NO_APP"}) is None
