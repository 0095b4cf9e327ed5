"""A real authorization server on loopback, and an MCP server that takes its tokens alone."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tools.mcp.tests.servers import Tracker, _answered, serve


@dataclass
class Authority:
    """An OAuth 2.1 server with registration, PKCE and rotating refresh tokens. asked: every request for tokens."""

    url: str = ""
    lasts: int = 3600
    names: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    denies: bool = False
    # Scopes by token, and the one that a call of a tool needs.
    scopes: dict[str, str] = field(default_factory=dict)
    needs: str = ""

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["issues", "offline_access"],
            "authorization_response_iss_parameter_supported": True,
            **self.names,
        }

    def allow(self, url: str) -> dict[str, str]:
        """What a person does on its page; the query with which their browser is sent back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["redirect_uri"] in self.clients[asked["client_id"]]["redirect_uris"]
        assert asked["code_challenge_method"] == "S256"
        if self.denies:
            return {"state": asked["state"], "error": "access_denied", "iss": self.url}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"state": asked["state"], "code": code, "iss": self.url}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """One request for tokens."""
        self.asked.append(form)
        began: dict[str, str] | None = None
        if form["grant_type"] == "authorization_code":
            began = self.codes.pop(form["code"], None)
            proof = (
                base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
            )
            is_good = began is not None and began["code_challenge"] == proof and began["resource"] == form["resource"]
        else:
            is_good = form["refresh_token"] in self.refreshes
            self.refreshes.discard(form["refresh_token"])
        if not is_good:
            return 400, {"error": "invalid_grant", "error_description": "That was used up."}
        access, refresh = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        self.tokens.add(access)
        self.scopes[access] = (began or {}).get("scope", "")
        self.refreshes.add(refresh)
        return 200, {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lasts}


@contextmanager
def authority(**settings: Any) -> Iterator[Authority]:
    """One that runs."""
    made = Authority(**settings)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def answer(self, status: int, shape: dict[str, Any]) -> None:
            body = json.dumps(shape).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            is_known = self.path == "/.well-known/oauth-authorization-server"
            self.answer(*((200, made.metadata()) if is_known else (404, {})))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            if self.path == "/register":
                key = f"client-{len(made.clients)}"
                made.clients[key] = json.loads(raw)
                self.answer(201, {"client_id": key, **json.loads(raw)})
            else:
                self.answer(*made.token(dict(parse_qsl(raw))))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Guarded(Tracker):
    """A tracker that takes the tokens of an authority. about: further claims of its metadata."""

    at: Authority = field(default_factory=Authority)
    about: dict[str, Any] = field(default_factory=dict)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        here = f"http://{headers['host']}"
        if scope["path"] == "/.well-known/oauth-protected-resource/mcp":
            shape = {"resource": f"{here}/mcp", "authorization_servers": [self.at.url], "scopes_supported": ["issues"]}
            return await _answered(send, 200, json.dumps({**shape, **self.about}).encode())
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.at.tokens:
            named = f'Bearer resource_metadata="{here}/.well-known/oauth-protected-resource/mcp"'
            start = {"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", named.encode())]}
            await send(start)
            await send({"type": "http.response.body", "body": b"{}"})
            return None
        token = headers["authorization"].removeprefix("Bearer ")
        if headers.get("mcp-method") == "tools/call" and self.at.needs not in self.at.scopes[token]:
            said = f'Bearer error="insufficient_scope", scope="{self.at.needs}"'
            await send(
                {"type": "http.response.start", "status": 403, "headers": [(b"www-authenticate", said.encode())]}
            )
            await send({"type": "http.response.body", "body": b"{}"})
            return None
        return await super().app(scope, receive, send)


@contextmanager
def guarded(at: Authority, **about: Any) -> Iterator[str]:
    """The address of a tracker behind this authority."""
    with serve(Guarded(at=at, about=about).app) as url:
        yield f"{url}/mcp"


def query(given: dict[str, str]) -> str:
    """As a browser brings it."""
    return urlencode(given)
