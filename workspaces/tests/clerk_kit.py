"""A Clerk instance of the tests' own: real keys, a real server that lists them, tokens and signed messages."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from standardwebhooks import Webhook

from automatos.clerk_settings import ClerkSettings

ISSUER = "https://clerk.example.org"
PARTY = "https://app.example.org"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a secret that only the tests know").decode()
Json = dict[str, Any]


@cache
def rsa_key(name: str, bits: int = 2048) -> RSAPrivateKey:
    """The private key of this name; making one takes a while, so each is made once."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: RSAPrivateKey) -> str:
    """Its public half as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_jwk(key: RSAPrivateKey, kid: str) -> Json:
    """Its public half as a JSON Web Key."""
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}


def b64(data: bytes | str | Json) -> str:
    """URL-safe base64 without padding; an object as JSON."""
    raw = json.dumps(data).encode() if isinstance(data, dict) else data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class JwksServer:
    """Lists keys at a path of its own and counts how often it was asked. up: whether it answers well.

    The product holds keys by their address, and a free port comes back within some hundred tests: the path never does.
    """

    def __init__(self) -> None:
        self.keys: list[Json] = []
        self.fetches = 0
        self.up = True
        self.body: bytes | None = None
        self.redirect = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetches += 1
                body = outer.body if outer.body is not None else json.dumps({"keys": outer.keys}).encode()
                self.send_response(302 if outer.redirect else 200 if outer.up else 503)
                if outer.redirect:
                    self.send_header("Location", outer.redirect)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{uuid4().hex}/.well-known/jwks.json"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End it; its address refuses connections from now on."""
        self.server.shutdown()
        self.server.server_close()


class Instance:
    """A Clerk instance with one key, `ins_first`."""

    def __init__(self) -> None:
        self.jwks = JwksServer()
        self.kid, self.key = "ins_first", rsa_key("first")
        self.jwks.keys = [public_jwk(self.key, self.kid)]

    @property
    def settings(self) -> ClerkSettings:
        """The product's settings for this instance."""
        return ClerkSettings(
            issuer=ISSUER, jwks_url=self.jwks.url, authorized_parties=(PARTY,), webhook_secret=WEBHOOK_SECRET
        )

    def claims(self, sub: str = "", **changed: Any) -> Json:
        """A session's claims as Clerk makes them; None leaves a claim out."""
        now = int(time.time())
        whole: Json = {
            "azp": PARTY,
            "exp": now + 60,
            "fva": [0, -1],
            "iat": now,
            "iss": ISSUER,
            "jti": uuid4().hex,
            "nbf": now - 10,
            "sid": "sess_2aBcD",
            "sts": "active",
            "sub": sub or "user_" + uuid4().hex,
            "v": 2,
        }
        return {name: value for name, value in {**whole, **changed}.items() if value is not None}

    def token(self, sub: str = "", *, headers: Json | None = None, **changed: Any) -> str:
        """A token that is good, but for what is changed."""
        return self.signed(self.claims(sub, **changed), headers)

    def signed(self, claims: Json, headers: Json | None = None) -> str:
        """A token with these claims, whatever they are."""
        header = {"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": self.kid, "typ": "JWT", **(headers or {})}
        return self.raw({name: value for name, value in header.items() if value is not None}, claims)

    def raw(self, header: Json | str, payload: Json | str | bytes, key: RSAPrivateKey | None = None) -> str:
        """Any header and payload under a true RS256 signature."""
        signing_input = f"{b64(header)}.{b64(payload)}"
        signature = jwt.get_algorithm_by_name("RS256").sign(signing_input.encode(), key or self.key)
        return f"{signing_input}.{b64(signature)}"

    def rotate(self) -> None:
        """Sign with another key from now on; the list has only that one."""
        self.kid, self.key = "ins_second", rsa_key("second")
        self.jwks.keys = [public_jwk(self.key, self.kid)]


def message(kind: str, data: Json, *, message_id: str = "", at: float | None = None) -> tuple[bytes, dict[str, str]]:
    """A webhook's body and headers, signed by the scheme's reference implementation."""
    message_id = message_id or f"msg_{uuid4().hex}"
    moment = time.time() if at is None else at
    body = json.dumps({"data": data, "object": "event", "type": kind, "timestamp": int(moment * 1000)}).encode()
    return body, signed_headers(body, message_id, moment)


def signed_headers(body: bytes, message_id: str, moment: float, prefix: str = "svix") -> dict[str, str]:
    """The three headers of a message."""
    stamp = datetime.fromtimestamp(int(moment), UTC)
    signature = Webhook(WEBHOOK_SECRET).sign(message_id, stamp, body.decode())
    return {f"{prefix}-id": message_id, f"{prefix}-timestamp": str(int(moment)), f"{prefix}-signature": signature}


@pytest.fixture
def instance(settings: Any) -> Iterator[Instance]:
    """An instance the product is set up for."""
    made = Instance()
    settings.CLERK = made.settings
    yield made
    made.jwks.stop()
