"""The stand-in's sockets: requests in, answers out, a consent page for people, and signed messages to us."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from automatos.loopback import LoopbackServer
from tools.composio.testing.routes import Request, answer
from tools.composio.testing.shapes import Json, now
from tools.composio.testing.world import KEY, Fault, Refusal, World

__all__ = ["KEY", "Fault", "StandIn", "serve"]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together
    disable_nagle_algorithm = True
    world: World

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read `World.requests`."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body: Any = json.loads(raw) if raw else {}
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.world.lock:
            self.world.requests.append(
                {"method": self.command, "path": parts.path, "query": query, "body": body, "headers": headers}
            )
        if parts.path.startswith("/s/"):
            self._consent(parts.path[3:], query)
            return
        try:
            self._answered(parts.path, query, body)
        except Refusal as refusal:
            self._send(refusal.status, refusal.body)

    def _answered(self, path: str, query: dict[str, list[str]], body: Json) -> None:
        if self.headers.get("x-api-key") not in self.world.keys:
            raise Refusal(401, "Invalid API key", "HTTP_Unauthorized")
        fault = self.world.next_fault(self.command, path)
        if fault and not fault.after and self._failed(fault):
            return
        base = f"http://{self.headers['host']}"
        with self.world.lock:
            status, payload = answer(self.world, Request(self.command, path, query, body, base))
        if fault and fault.after and self._failed(fault):
            return
        self._send(status, payload)

    def _failed(self, fault: Fault) -> bool:
        """Do what is to go wrong; False when the usual answer follows."""
        time.sleep(fault.seconds)
        if fault.status == 0:
            return False
        if fault.raw is not None:
            self._send(fault.status, fault.raw)
        elif fault.status == 429:
            # This one has no wrapper, unlike all others.
            text = "Rate limit exceeded. Limit: 2000 requests per 1 minutes"
            self._send(429, {"message": text}, {"Retry-After": str(fault.retry_after)})
        else:
            raise Refusal(fault.status, fault.message, "Injected_Failure", request_id="req_injected")
        return True

    def _send(self, status: int, body: Any, headers: Json | None = None) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html" if isinstance(body, str) else "application/json")
        self.send_header("content-length", str(len(raw)))
        self.send_header("x-request-id", uuid.uuid4().hex)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def _consent(self, token: str, query: dict[str, list[str]]) -> None:
        """The page of the app where a person allows or denies."""
        world, decision = self.world, query.get("decision", [""])[0]
        with world.lock:
            account = world.accounts.get(world.links.get(token, ""))
            if account is None:
                self._send(410, "<!doctype html><title>Link</title><h1>Link expired</h1>")
                return
            if not decision:
                self._send(200, CONSENT.format(app=account["toolkit"]))
                return
            del world.links[token]
            is_allowed = decision == "allow"
            account["status"], account["updated_at"] = ("ACTIVE" if is_allowed else "FAILED"), now()
            if not is_allowed:
                account["status_reason"] = "OAuth callback failed during token exchange"
            account["val"] = {"token_type": "bearer", "access_token": "REDACTED"} if is_allowed else account["val"]
        back = urlsplit(account["callback"] or "")
        told = [("status", "success" if is_allowed else "failed"), ("connected_account_id", account["id"])]
        place = urlunsplit(back._replace(query=urlencode([*parse_qsl(back.query), *told])))
        self._send(302, "", {"Location": place})


CONSENT = (
    "<!doctype html><html lang=en><title>Connect</title><main><h1>Connect {app}</h1>"
    "<p><a id=allow href='?decision=allow'>Allow</a> <a id=deny href='?decision=deny'>Deny</a></p></main></html>"
)


class StandIn:
    """A running server. world: what it knows, to be looked at and changed."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self.port = world, port
        self.url = f"http://127.0.0.1:{port}"

    def fail(self, path: str, status: int = 0, **more: Any) -> None:
        """Let the next request whose path matches go wrong; see Fault."""
        self.world.faults.append(Fault(path, status, **more))

    def made(self, method: str, path: str) -> list[Json]:
        """The requests so far with this method whose path contains this."""
        return [one for one in self.world.requests if one["method"] == method and path in one["path"]]

    def expire(self, account_id: str, status: str = "EXPIRED") -> None:
        """End an account from the app's side."""
        account = self.world.accounts[account_id]
        account["status"], account["status_reason"] = status, "Permanent auth error during token refresh"

    @property
    def secret(self) -> str:
        """What messages are signed with."""
        return str(next(iter(self.world.subscriptions.values()))["secret"])


def signed(payload: Json, secret: str, *, message_id: str = "", age: int = 0) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a message as the service sends it. age: seconds since it was signed."""
    raw = json.dumps(payload, separators=(",", ":")).encode()
    key, moment = message_id or f"msg_{uuid.uuid4()}", str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"{key}.{moment}.".encode() + raw, hashlib.sha256).digest()
    return raw, {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        "x-composio-webhook-version": "V3",
        "x-composio-delivery-attempt": "1",
    }


@contextmanager
def serve(world: World | None = None, port: int = 0) -> Iterator[StandIn]:
    """A server on this port of this machine, or on a free one, until the end of the block."""
    found = world or World()
    handler = type("Handler", (Handler,), {"world": found})
    server = LoopbackServer(("127.0.0.1", port), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield StandIn(found, server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
