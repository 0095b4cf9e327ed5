"""Hooks of plugins in runs, through the real worker: text for the model, refusals, people asked, addresses called."""

import hmac
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db.models import Sum

from automatos.private_hosts import parse
from automatos.testing import Stack
from marketplace.models import PluginVersion
from marketplace.moderation import services as desk
from recipes.models import Call, Execution
from recipes.tests.kit import ended, error_of, final_output, wait_for
from recipes.tests.test_plugins_at_work import Shop, call, slug, waits
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.slow
Hooks = dict[str, list[dict[str, Any]]]


class Guarded(Shop):
    """A workspace with a plugin of these hooks, which its agent has."""

    def hooks(self, hooks: Hooks, *tools: str) -> PluginVersion:
        self.name = slug()
        version = self.plugin(self.name, {"hooks/hooks.json": json.dumps({"hooks": hooks})})
        self.equip(version, tools=tools)
        self.api = Caller(key_of(self.workspace, self.owner, "owner"))
        self.path = f"/api/workspaces/{self.workspace.pk}/plugins/{version.plugin_id}/hooks"
        return version

    def rulings(self, run: Execution) -> list[str]:
        rows = Call.objects.filter(step__execution=run, name=f"hook {self.name}").order_by("sent_at")
        return list(rows.values_list("output", flat=True))


@pytest.fixture
def shop(stack: Stack) -> Guarded:
    stack.models.clear()
    return Guarded()


class Address(BaseHTTPRequestHandler):
    """Keeps what it is told and answers what it was given."""

    told: list[tuple[dict[str, str], bytes]]
    answer: dict[str, Any]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).told.append((dict(self.headers), body))
        said = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def address(stack: Stack, settings: Any) -> Iterator[type[Address]]:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{stack.tools_port}"])
    made = type("Told", (Address,), {"told": [], "answer": {}})
    server = ThreadingHTTPServer(("127.0.0.1", stack.tools_port), made)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_hook_adds_refuses_and_asks(stack: Stack, shop: Guarded) -> None:
    refusing = {"type": "refuse", "text": "No {tool_name} of secrets.", "match": {"tool_input": "secret"}}
    hooks: Hooks = {
        "SessionStart": [{"hooks": [{"type": "context", "text": "Answer in verse."}]}],
        "PreToolUse": [{"matcher": "Write", "hooks": [refusing, {"type": "ask", "text": "Is the name right?"}]}],
        "PostToolUse": [{"matcher": "Write", "hooks": [{"type": "context", "text": "Say that it is written."}]}],
        "Stop": [{"hooks": [{"type": "command", "command": "curl evil.example"}]}],
    }
    version = shop.hooks(hooks, "file_write")
    status, listed = shop.api.get(shop.path)
    assert (status, len(listed["items"]), len(listed["inert"]), listed["secret"]) == (200, 4, 1, "")
    writes = [call("file_write", 1, name="a.txt", content="secret"), call("file_write", 2, name="b.txt", content="x")]
    stack.models.conversation("the verse", *writes, {"reply": "Written."})
    run = shop.cook(shop.recipe("the verse"))
    asked = waits(run)
    assert asked.arguments == {"name": "b.txt", "content": "x"}
    assert asked.origins == [f"plugin {shop.name} 1.0.0", f"hook of plugin {shop.name} 1.0.0: Is the name right?"]
    desk.block(version_id=version.pk, moderator=None, reason="It reads what it should not.")
    assert shop.api.post(f"/api/approvals/{asked.pk}/approve")[0] == 200
    assert final_output(ended(run)) == "Written."
    first, second, *_ = stack.models.requests
    assert "Answer in verse." in first.system
    assert f'origin="plugin {shop.name} 1.0.0"' in first.system
    assert "No file_write of secrets." in second.tool_results[-1].content
    assert "Say that it is written." not in str(stack.models.requests[-1].body), "a blocked plugin says no more"
    assert "Refused: No file_write of secrets.\n\nWants" in "".join(shop.rulings(run))
    assert "Answer in verse." not in stack.models.requests[-1].system
    files = Call.objects.filter(step__execution=run, name="file_write", data__is_error=False)
    assert [row.data["arguments"]["name"] for row in files if row.data] == ["b.txt"]


def test_what_a_plugin_withheld_stays_withheld_when_it_is_gone(stack: Stack, shop: Guarded) -> None:
    withheld = {"type": "refuse", "text": "It names a customer.", "match": {"tool_output": "42"}}
    version = shop.hooks({"PostToolUse": [{"hooks": [withheld]}]}, "calculator")
    stack.models.conversation("the sum", call("calculator", 1, expression="6*7"), {"reply": "I may not say."})
    run = ended(shop.cook(shop.recipe("the sum")))
    assert final_output(run) == "I may not say."
    assert "It names a customer." in stack.models.requests[-1].tool_results[-1].content
    desk.block(version_id=version.pk, moderator=None, reason="It reads what it should not.")
    found = shop.api.get(f"/api/executions/{run.pk}/replay")[1]
    assert (found["same"], found["calls"]) == (True, 4), found["differences"]


def test_a_refusal_of_an_answer_ends_the_step_with_its_reason(stack: Stack, shop: Guarded) -> None:
    hooks: Hooks = {
        "before_model_call": [{"hooks": [{"type": "ask", "text": "May it think?"}]}],
        "step_end": [{"hooks": [{"type": "refuse", "text": "It swears.", "match": {"answer": ["damn"]}}]}],
    }
    shop.hooks(hooks)
    stack.models.conversation("the poem", {"reply": "Damn."})
    run = shop.cook(shop.recipe("the poem"))
    asked = waits(run)
    assert (asked.tool, asked.arguments["why"]) == ("go_on", "May it think?")
    assert not stack.models.requests
    assert shop.api.post(f"/api/approvals/{asked.pk}/approve")[0] == 200
    over = ended(run)
    assert over.status == "failed"
    assert error_of(over)["code"] == "hook_refused"
    assert "It swears." in error_of(over)["message"]
    again = shop.cook(shop.recipe("the poem"))
    assert shop.api.post(f"/api/approvals/{waits(again).pk}/reject")[0] == 200
    assert "asked a person" in error_of(ended(again))["message"]


def test_an_answer_that_a_hook_speaks_of_is_paid_once(stack: Stack, shop: Guarded) -> None:
    shop.hooks({"step_end": [{"hooks": [{"type": "context", "text": "It is over."}]}]})
    stack.models.conversation("the tale", {"reply": "Once."})
    run = ended(shop.cook(shop.recipe("the tale")))
    assert shop.rulings(run)
    paid = Call.objects.filter(step__execution=run).aggregate(Sum("input_tokens"), Sum("output_tokens"), Sum("cost"))
    assert (run.input_tokens, run.output_tokens, run.cost) == tuple(paid.values())


def test_an_address_is_called_signed_once_it_may_be(stack: Stack, shop: Guarded, address: type[Address]) -> None:
    url = f"http://127.0.0.1:{stack.tools_port}/hook"
    events = ("UserPromptSubmit", "PreToolUse", "SessionEnd")
    shop.hooks({event: [{"hooks": [{"type": "http", "url": url}]}] for event in events}, "calculator")
    turns = [call("calculator", expression="1+1"), {"reply": "Two."}]
    stack.models.conversation("the sum", *turns)
    assert final_output(ended(shop.cook(shop.recipe("the sum")))) == "Two."
    assert address.told == [], "nobody let it call"
    secret = shop.api.get(shop.path)[1]["secret"]
    editor = Caller(key_of(shop.workspace, shop.owner, "editor"))
    assert editor.get(shop.path)[1]["secret"] == ""
    assert editor.put(shop.path, {"allows_calls": True})[0] == 403
    assert shop.api.put(shop.path, {"allows_calls": True})[1]["allows_calls"] is True
    address.answer = {"hookSpecificOutput": {"permissionDecision": "deny", "permissionDecisionReason": "Not today."}}
    stack.models.conversation("the sum", *turns)
    run = ended(shop.cook(shop.recipe("the sum")))
    assert error_of(run)["message"].endswith("Not today.")
    address.answer = {"hookSpecificOutput": {"permissionDecision": "allow", "additionalContext": "Sums are holy."}}
    stack.models.conversation("the sum", *turns)
    run = ended(shop.cook(shop.recipe("the sum")))
    assert final_output(run) == "Two."
    assert "Sums are holy." in stack.models.requests[-1].system

    def told() -> list[tuple[dict[str, str], bytes]]:
        return [one for one in address.told if json.loads(one[1])["session_id"] == str(run.pk)]

    wait_for(lambda: len(told()) == 3)
    assert [json.loads(body)["hook_event_name"] for _, body in told()] == list(events)
    headers, body = told()[1]
    assert json.loads(body)["tool_name"] == "calculator"
    moment, _, digest = headers["X-Automatos-Signature"].removeprefix("t=").partition(",v1=")
    assert digest == hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
