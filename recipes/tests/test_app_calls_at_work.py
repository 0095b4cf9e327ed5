"""Calls of apps' actions by the real worker: one that dies in the middle, and two hundred at once."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Approval, Call, Execution
from recipes.tests.kit import Cast, ended, final_output, wait_for
from recipes.tests.test_app_hints_at_work import given_app
from recipes.waits import services as approvals
from tools.models import ToolExecutionLog

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

    class Server(ThreadingHTTPServer):
        request_queue_size, daemon_threads = 300, True

    server = Server(("127.0.0.1", stack.apps_port), Handler)
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
