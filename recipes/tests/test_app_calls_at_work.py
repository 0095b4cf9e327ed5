"""Calls of apps' actions by the real worker: one that dies in the middle, and two hundred at once."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from automatos.llm.parts import ToolCall
from automatos.loopback import LoopbackServer
from automatos.testing import Stack
from recipes.models import Approval, Call, Execution
from recipes.runs import services as runs
from recipes.tests.kit import Cast, ended, final_output, wait_for
from recipes.tests.test_app_hints_at_work import given_app
from recipes.waits import services as approvals
from tools.composio.tests.kit import signed_in
from tools.models import ToolExecutionLog
from workspaces.models import Role
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.slow


class Service:
    """Composio's door for calls. effects: every call that reached it; most: how many were there at once."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.may_answer = threading.Event()
        self.lock, self.here, self.most = threading.Lock(), 0, 0

    def execute(self, action: str) -> dict[str, Any]:
        with self.lock:
            self.effects.append(action)
            self.here += 1
            self.most = max(self.most, self.here)
        self.may_answer.wait(60)
        with self.lock:
            self.here -= 1
        return {"data": {"done": True}, "error": None, "successful": True, "log_id": "log_1"}


@pytest.fixture
def service(stack: Stack) -> Iterator[Service]:
    stack.models.clear()
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            body = json.dumps(made.execute(self.path.rsplit("/", 1)[1])).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = LoopbackServer(("127.0.0.1", stack.apps_port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        made.may_answer.set()
        server.shutdown()
        server.server_close()


def use(action: str, number: int = 1) -> ToolCall:
    return ToolCall(f"call_{number}", "use_app_action", {"action": action, "arguments": {"city": f"Oslo {number}"}})


def allowed(cast: Cast, execution: Execution) -> None:
    """A person allows the call that waits."""
    waiting = Approval.objects.filter(step__execution=execution, status="pending")
    wait_for(waiting.exists)
    approvals.decide(workspace=cast.workspace, approval_id=waiting.get().pk, user=cast.owner, approve=True)


def test_a_worker_killed_after_the_effect_does_it_once_and_asks_a_person_before_it_is_done_again(
    stack: Stack, service: Service
) -> None:
    cast = Cast()
    action = f"{given_app(cast)}_SET_ALARM_1".upper()
    call = {"tool_calls": [use(action)]}
    again = {"tool_calls": [use(action, 2)]}
    stack.models.conversation("wake me", call, again, {"reply": "Somebody has to look."})
    execution = cast.cook(cast.recipe("wake me"))
    allowed(cast, execution)
    wait_for(lambda: service.effects)
    stack.worker.kill()
    stack.worker.start()
    waiting = Approval.objects.filter(step__execution=execution, status="pending")
    wait_for(waiting.exists)
    assert service.effects == [action]
    lost = Call.objects.filter(step__execution=execution, kind="composio").earliest("sent_at")
    assert (lost.status, "may have taken effect" in lost.output) == ("uncertain", True)
    approvals.decide(workspace=cast.workspace, approval_id=waiting.get().pk, user=cast.owner, approve=False)
    assert final_output(ended(execution)) == "Somebody has to look."
    assert service.effects == [action]
    is_told_as_uncertain(cast, stack, action, lost)


def is_told_as_uncertain(cast: Cast, stack: Stack, action: str, lost: Call) -> None:
    """Whether the tool log has the call once, over REST and on its pages."""
    key = key_of(cast.workspace, cast.owner, Role.OWNER)
    _, found = Caller(key).get("/api/tool-logs?status=uncertain")
    (row,) = found["items"]
    assert (row["tool"], row["source"], row["agent_id"]) == (action, "app", str(cast.agent.pk))
    assert (row["call_id"], row["execution_id"]) == (str(lost.pk), str(lost.step.execution_id))
    assert (row["app"].upper(), row["arguments"], row["duration_ms"]) == (
        action.removesuffix("_SET_ALARM_1"),
        {"city": "Oslo 1"},
        None,
    )
    assert "may have taken effect" in row["result"]
    of_run = f"run={lost.step.execution_id}&agent={cast.agent.name}"
    assert row["id"] in [one["id"] for one in Caller(key).get(f"/api/tool-logs?{of_run}")[1]["items"]]
    assert Caller(key).get(f"/api/tool-logs?run={lost.pk}")[1]["total"] == 0
    assert Caller(key).get(f"/api/tool-logs?run={lost.step.execution_id}&agent=Nobody")[1]["total"] == 0
    status, answer = Caller(key).get("/api/tool-logs?run=1")
    assert (status, list(answer["error"]["fields"])) == (400, ["run"])
    browser, home = signed_in(cast.owner), f"/w/{cast.workspace.slug}/tool-log/"
    assert action in browser.get(f"{home}?status=uncertain").content.decode()
    assert "may have taken effect" in browser.get(f"{home}{row['id']}/").content.decode()


def test_changed_arguments_fit_the_action_before_they_are_accepted(stack: Stack, service: Service) -> None:
    cast = Cast()
    action = f"{given_app(cast)}_SET_ALARM_1".upper()
    stack.models.conversation("wake me", {"tool_calls": [use(action)]}, {"reply": "Set."})
    execution = cast.cook(cast.recipe("wake me"))
    waiting = Approval.objects.filter(step__execution=execution, status="pending")
    wait_for(waiting.exists)
    at = f"/api/approvals/{waiting.get().pk}/approve"
    caller = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    for wrong, field, said in (
        ({"city": "Bergen", "days": "two"}, "arguments.arguments.days", "an integer"),
        ({"days": 2}, "arguments", "city"),
    ):
        status, answer = caller.post(at, {"arguments": {"arguments": wrong}})
        assert (status, list(answer["error"]["fields"])) == (400, [field])
        assert said in answer["error"]["fields"][field][0]
    status, answer = caller.post(at, {"arguments": {"action": "OTHER_DELETE_ALL"}})
    assert (status, list(answer["error"]["fields"])) == (400, ["arguments.action"])
    assert (waiting.count(), service.effects) == (1, [])
    service.may_answer.set()
    assert caller.post(at, {"arguments": {"arguments": {"city": "Bergen", "days": 2}}})[0] == 200
    assert final_output(ended(execution)) == "Set."
    row = ToolExecutionLog.objects.get(workspace=cast.workspace, tool=action)
    assert row.arguments == {"city": "Bergen", "days": 2}


def test_a_call_of_a_cancelled_run_is_in_the_log_too(stack: Stack, service: Service) -> None:
    cast = Cast()
    action = f"{given_app(cast)}_SET_ALARM_1".upper()
    stack.models.conversation("wake me", {"tool_calls": [use(action)]}, {"reply": "Never."})
    execution = cast.cook(cast.recipe("wake me"))
    allowed(cast, execution)
    wait_for(lambda: service.effects)
    runs.cancel(execution=execution, user=cast.owner)
    assert ended(execution).status == "cancelled"
    logged = ToolExecutionLog.objects.filter(workspace=cast.workspace, source="app")
    wait_for(logged.exists)
    assert list(logged.values_list("tool", "status", "duration_ms")) == [(action, "uncertain", None)]


def test_two_hundred_calls_at_once_on_one_worker(stack: Stack, service: Service) -> None:
    cast = Cast()
    action = f"{given_app(cast)}_GET_FORECAST".upper()
    runs = []
    for number in range(10):
        calls = [use(action, at) for at in range(20)]
        stack.models.conversation(f"forecast {number}!", {"tool_calls": calls}, {"reply": "Rain."})
        runs.append(cast.cook(cast.recipe(f"forecast {number}!")))
    begun = time.monotonic()
    wait_for(lambda: len(service.effects) == 200, 60)
    assert service.most == 200
    service.may_answer.set()
    assert [final_output(ended(run)) for run in runs] == ["Rain."] * 10
    print(f"200 calls at once: {time.monotonic() - begun:.1f} s")
    logged = ToolExecutionLog.objects.filter(workspace=cast.workspace, source="app")
    assert (logged.count(), set(logged.values_list("status", flat=True))) == (200, {"done"})
    assert len(service.effects) == 200
