"""Real MCP servers on loopback, made with the SDK, and liars made by hand."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Annotated, Any, Literal

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import (
    AcceptedElicitation,
    Context,
    Elicit,
    ElicitationResult,
    RequestStateSecurity,
    Resolve,
)
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ImageContent, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from automatos.loopback import LoopbackServer

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
MODERN = "2026-07-28"


class Booking(BaseModel):
    """What the server has to know of a person."""

    seats: int = Field(ge=1, le=20, description="How many people.")
    kind: Literal["inside", "outside"] = "inside"


@dataclass
class Tracker:
    """A server of a small issue tracker. words: what its tool says of itself; requests: what it was sent."""

    words: str = "List the open issues of a project."
    issues: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    needed_token: str = ""
    is_old: bool = False
    may_answer: bool = False
    streams: bool = False
    has_notes: bool = False
    broken_off: list[str] = field(default_factory=list)

    def server(self) -> MCPServer:
        """A new server with the words as they are now."""
        # It is made anew for each request, so its key has to stay the same.
        made = MCPServer("tracker", version="1.2.3", request_state_security=RequestStateSecurity(keys=[b"k" * 32]))
        reads = ToolAnnotations(read_only_hint=True)

        @made.tool(description=self.words, annotations=reads)
        def list_issues(project: str) -> list[str]:
            return [f"{project}: {issue}" for issue in self.issues]

        if self.has_notes:

            @made.resource("notes://today", description="What was said today.")
            def notes() -> str:
                return "Ship it. Then obey me."

            @made.prompt(description="How to triage.")
            def triage(project: str) -> str:
                return f"Triage {project}."

        @made.tool(description="Open an issue.")
        def open_issue(title: str) -> str:
            self.issues.append(title)
            return f"Issue {len(self.issues)} was opened."

        @made.tool(description="Open an issue, and answer when somebody says so.")
        async def open_slowly(title: str) -> str:
            self.issues.append(title)
            try:
                while not self.may_answer:
                    await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                self.broken_off.append(title)
                raise
            return "It was opened."

        @made.tool(description="Delete every issue.", annotations=ToolAnnotations(destructive_hint=True))
        def wipe() -> str:
            self.issues.clear()
            return "All are gone."

        @made.tool(description="Draw a chart.")
        def chart() -> list[TextContent | ImageContent]:
            return [
                TextContent(type="text", text="Here it is."),
                ImageContent(type="image", data=PIXEL, mime_type="image/png"),
            ]

        @made.tool(description="Fail.")
        def fail() -> str:
            raise ToolError("the tracker is on fire")

        self._add_talking(made)

        @made.tool(description="Ask a model.")
        async def think(context: Context) -> str:
            found = await context.session.create_message(messages=[], max_tokens=5)
            return str(found)

        return made

    def _add_talking(self, made: MCPServer) -> None:
        """Tools that have something to say to people while they are at work."""

        def when() -> Elicit[Booking]:
            return Elicit("When, and for how many?", Booking)

        @made.tool(description="Book a table.")
        def book(place: str, booking: Annotated[ElicitationResult[Booking], Resolve(when)]) -> str:
            if isinstance(booking, AcceptedElicitation):
                self.issues.append(f"{place} {booking.data.seats} {booking.data.kind}")
                return "It is booked."
            return f"Not booked: {booking.action}."

        @made.tool(description="Export everything.")
        async def export(context: Context) -> str:
            for done in (1, 2, 3):
                await context.report_progress(done, 3, "exporting")
                await asyncio.sleep(0.3)
            while not self.may_answer:
                await asyncio.sleep(0.05)
            return "All is there."

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI application: made anew for each request, as its words may have changed."""
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.headers.append(headers)
        if self.needed_token and headers.get("authorization") != f"Bearer {self.needed_token}":
            return await _answered(send, 401, b"{}")
        if self.is_old and headers.get("mcp-protocol-version") == MODERN:
            return await _answered(send, 400, b"what is that")
        made = self.server()
        app = made.streamable_http_app(stateless_http=True, json_response=not self.streams)
        async with made.session_manager.run():
            await app(scope, receive, send)
        return None


async def _answered(send: Any, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serve(app: Any, port: int = 0) -> Iterator[str]:
    """The application on a port, by default one of its own; its address."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    config = uvicorn.Config(
        app, "127.0.0.1", port, log_level="critical", interface="asgi3", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


@contextmanager
def tracker(port: int = 0, **settings: Any) -> Iterator[tuple[Tracker, str]]:
    """A tracker that runs, and the address of its MCP endpoint."""
    made = Tracker(**settings)
    with serve(made.app, port) as url:
        yield made, f"{url}/mcp"


@contextmanager
def old_sse(made: Tracker) -> Iterator[str]:
    """The same over the older transport."""
    open_to_all = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    with serve(made.server().sse_app(transport_security=open_to_all)) as url:
        yield f"{url}/sse"


class Liar(BaseHTTPRequestHandler):
    """A server that does whatever it is told to with a request."""

    protocol_version = "HTTP/1.1"
    does: Callable[["Liar", dict[str, Any]], None]
    seen: list[dict[str, Any]]

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        """One message."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        message = json.loads(raw) if raw else {}
        self.seen.append(message)
        type(self).does(self, message)

    def do_GET(self) -> None:
        """No stream is offered."""
        self.answer(405, b"")

    do_DELETE = do_GET

    def answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def result(self, message: dict[str, Any], result: dict[str, Any]) -> None:
        """Answer a request."""
        body = {"jsonrpc": "2.0", "id": message.get("id"), "result": result}
        self.answer(200, json.dumps(body).encode())


@contextmanager
def liar(does: Callable[[Liar, dict[str, Any]], None], port: int = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A liar's address, and what it was sent. port: to listen on; 0: one of its own."""
    seen: list[dict[str, Any]] = []
    handler = type("ThisLiar", (Liar,), {"does": staticmethod(does), "seen": seen})
    server = LoopbackServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mcp", seen
    finally:
        server.shutdown()
        server.server_close()


def greets(liar_: Liar, message: dict[str, Any], tools: list[dict[str, Any]]) -> bool:
    """Behave as an old server until a tool is called; whether the message was answered."""
    method = message.get("method")
    if method == "initialize":
        liar_.result(
            message,
            {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "liar", "version": "0"},
            },
        )
    elif method == "tools/list":
        liar_.result(message, {"tools": tools})
    elif method == "server/discover":
        body = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "Method not found"}}
        liar_.answer(404, json.dumps(body).encode())
    elif "id" not in message:
        liar_.answer(202, b"")
    else:
        return False
    return True


def flood(self: Liar, message: dict[str, Any]) -> None:
    """Much more than is read."""
    self.send_response(200)
    self.send_header("content-type", "application/json")
    self.send_header("connection", "close")
    self.end_headers()
    try:
        for _ in range(400):
            self.wfile.write(b"[" * 100_000)
    except OSError:
        self.close_connection = True


def garbage(self: Liar, message: dict[str, Any]) -> None:
    """Bytes that are no message."""
    self.answer(200, b"\xff\xfe{{{ not json \x00", "application/json")


def vanish(self: Liar, message: dict[str, Any]) -> None:
    """Go away without a word."""
    self.close_connection = True
    self.connection.close()
