"""Every fetcher of an address that others choose, with every spelling of a private one: none reaches a canary.

Given as it is, and as the place that a public server redirects to.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from automatos.errors import AppError
from automatos.private_hosts import parse
from marketplace.hooks import calling as hooks
from marketplace.hooks.deciding import Happening, Hook
from tools.builtin import BUILTIN
from tools.composio import logos
from tools.composio.tests.test_addresses import FORMS, Canary, canary, wait_for
from tools.executor import UnifiedToolExecutor
from tools.mcp import client
from tools.mcp.oauth import wire
from tools.mcp.terms import Endpoint
from tools.openapi import calling, fetching
from tools.tests.kit import context
from workspaces.credentials import checks

__all__ = ["canary"]
OPERATION = {"method": "POST", "path": "/x", "parameters": [], "body": {}}


def tool(name: str, url: str, **more: str) -> None:
    asyncio.run(UnifiedToolExecutor(BUILTIN).run(name, {"url": url, **more}, context()))


def hook(url: str) -> None:
    made = Hook(uuid4(), "shop", "1.0.0", {"does": "http", "url": url, "seconds": 5}, may_call=True)
    work = hooks.call(made, Happening("run_start", "Quill"), workspace_id=uuid4(), execution_id=uuid4(), key="k")
    asyncio.run(work)


def operation(url: str) -> None:
    asyncio.run(calling.send(calling.request_of(url, OPERATION, {}), {"Authorization": "Bearer secret"}))


FETCHERS: dict[str, Callable[[str], Any]] = {
    "MCP server": lambda url: asyncio.run(client.look(Endpoint("http", url))),
    "MCP server, older transport": lambda url: asyncio.run(client.look(Endpoint("sse", url))),
    "OAuth metadata": lambda url: asyncio.run(wire.discover(url)),
    "OAuth tokens": lambda url: asyncio.run(wire._post(url, b"{}", "application/json", {"Authorization": "secret"})),
    "OpenAPI document": fetching.fetch,
    "OpenAPI operation": operation,
    "web_fetch": partial(tool, "web_fetch"),
    "http_request": partial(tool, "http_request", method="GET"),
    "logo of an app": lambda url: asyncio.run(logos.fetch(url)),
    "check of a credential": lambda url: asyncio.run(checks._get(url, {"Authorization": "secret"})),
    "hook of a plugin": hook,
}


@pytest.fixture
def redirecting(settings: Settings) -> Iterator[str]:
    """A server that may be reached and sends everybody to the address after the slash."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(302)
            self.send_header("location", unquote(self.path[1:]).replace("\r", "").encode("utf-8").decode("latin-1"))
            self.send_header("content-length", "0")
            self.end_headers()

        do_POST = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{server.server_port}"])
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", FETCHERS)
def test_no_spelling_leads_a_fetcher_to_a_private_server(
    name: str, canary: Canary, redirecting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "secret_of", lambda *_: "secret")
    assert len(FORMS) >= 60
    for form in FORMS:
        for url in (canary.at(form), f"{redirecting}/{quote(canary.at(form), safe='')}"):
            try:
                FETCHERS[name](url)
            except (AppError, ValueError):
                continue
    assert wait_for(canary) == 0


@pytest.mark.parametrize("name", FETCHERS)
def test_the_canary_is_reached_where_the_operator_allows_it(
    name: str, canary: Canary, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them does ask the address it is given, so that what stops it above is the guard."""
    monkeypatch.setattr(hooks, "secret_of", lambda *_: "secret")
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{canary.port}"])
    with contextlib.suppress(AppError):
        FETCHERS[name](f"http://127.0.0.1:{canary.port}")
    assert wait_for(canary) >= 1
