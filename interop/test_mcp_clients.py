"""Clients by others drive /mcp of a running product: `make interop-mcp`. Node 22 or newer; NODE names another one."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast, wait_for
from recipes.tests.test_mcp_server import Desk
from workspaces.models import Role

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
BIN = HERE / "node_modules" / ".bin"
NODE = os.environ.get("NODE", "node")
SECONDS = 120


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


@pytest.fixture
def desk(stack: Stack, cast: Cast) -> Desk:
    return Desk(stack, cast)


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NODE, *arguments], cwd=HERE, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.mark.parametrize(
    ("client", "protocol"), [("sdk", "2025-11-25"), ("client", "2025-11-25"), ("client-auto", "2026-07-28")]
)
def test_typescript_clients(stack: Stack, cast: Cast, desk: Desk, client: str, protocol: str) -> None:
    recipe, endless = cast.recipe("first", "second"), cast.recipe("endless")
    stack.models.on("first", reply="One.")
    stack.models.on("second", reply="Two.")
    stack.models.hold("endless", reply="Never.")
    url = f"{stack.url}/mcp"
    done = node("clients.mjs", client, url, desk.key, recipe.template_id, endless.template_id, str(uuid4()))
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["protocol"] in (protocol, ""), seen
    assert {"list_recipes", "cook_recipe", "ask_agent"} <= set(seen["tools"])
    assert set(seen["prompts"]) == {recipe.template_id, endless.template_id}
    assert seen["progress"] == [[1, 2], [2, 2]]
    assert (seen["cooked"]["status"], seen["output"]) == ("completed", "Two.")
    assert (seen["wrong"], seen["cancelled"]) == (True, True)
    wait_for(lambda: Execution.objects.filter(recipe=endless, status="cancelled").exists())
    assert seen["withoutKey"]
    assert seen["wrongKey"]
    assert seen["otherWorkspace"]


def inspected(desk: Desk, *arguments: str) -> dict[str, Any]:
    """What the inspector's command line prints."""
    url, header = f"{desk.stack.url}/mcp", f"Authorization: Bearer {desk.key}"
    done = node(str(BIN / "mcp-inspector"), "--cli", url, "--transport", "http", *arguments, "--header", header)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_inspector(stack: Stack, cast: Cast, desk: Desk) -> None:
    recipe = cast.recipe("write")
    stack.models.on("write", reply="Done.")
    assert "cook_recipe" in [tool["name"] for tool in inspected(desk, "--method", "tools/list")["tools"]]
    prompts = inspected(desk, "--method", "prompts/list")["prompts"]
    assert [prompt["name"] for prompt in prompts] == [recipe.template_id]
    named = ("--tool-name", "cook_recipe", "--tool-arg", f"recipe={recipe.template_id}")
    cooked = inspected(desk, "--method", "tools/call", *named)
    assert cooked["structuredContent"]["output"] == "Done."
    viewer = Desk(stack, cast, role=Role.VIEWER)
    url, header = f"{stack.url}/mcp", f"Authorization: Bearer {viewer.key}"
    arguments = ("--transport", "http", "--method", "tools/call", *named, "--header", header)
    refused = node(str(BIN / "mcp-inspector"), "--cli", url, *arguments)
    assert "role" in refused.stdout + refused.stderr


@contextmanager
def with_key(desk: Desk) -> Iterator[str]:
    """An address that adds the key to whatever it passes on: the conformance suite cannot send one."""

    class Adding(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ("content-length",)}
            # A host of others has to arrive as it is; ours is the product's, as the browser would name it.
            if headers.get("Host", "").startswith(("127.0.0.1", "localhost")):
                headers["Host"] = desk.stack.url.partition("//")[2]
            headers["Authorization"] = f"Bearer {desk.key}"
            headers["Accept-Encoding"] = "identity"
            with httpx2.stream(self.command, f"{desk.stack.url}/mcp", content=body, headers=headers, timeout=60) as got:
                self.send_response(got.status_code)
                for name, value in got.headers.items():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("connection", "close")
                self.end_headers()
                for part in got.iter_raw():
                    self.wfile.write(part)
                    self.wfile.flush()
            self.close_connection = True

        do_GET = do_POST = do_DELETE = pass_on

    server = ThreadingHTTPServer(("127.0.0.1", 0), Adding)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mcp"
    finally:
        server.shutdown()
        server.server_close()


def test_conformance(stack: Stack, cast: Cast, desk: Desk) -> None:
    """The published suite. What fails is listed with its reason, and what is listed fails."""
    version = node("--version").stdout.strip()
    assert int(version.removeprefix("v").partition(".")[0]) >= 22, f"this is Node {version}; NODE names a newer one"
    stack.models.on("write", reply="Done.")
    cast.recipe("write")
    expected = str(HERE / "conformance.yml")
    with with_key(desk) as url:
        done = node(str(BIN / "conformance"), "server", "--url", url, "--suite", "all", "--expected-failures", expected)
    told = [line for line in done.stdout.splitlines() if line.startswith(("✓", "✗", "Total"))]
    sys.stdout.write("\n".join(told) + "\n")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
