"""Requests to the running product over real connections."""

import json
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from automatos.testing import Stack


def ask(stack: Stack, path: str, *, key: str = "", body: Any = None) -> tuple[int, Message]:
    """Status and headers of a GET, or of a POST with a JSON body."""
    named = {"X-API-Key": key} if key else {}
    named |= {"Content-Type": "application/json"} if body is not None else {}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(stack.url + path, data, named), timeout=60) as answer:
            return answer.status, answer.headers
    except HTTPError as refusal:
        return refusal.code, refusal.headers


def get_status(address: str, **headers: str) -> int:
    """The status of a GET; 0 when nobody answers. Underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(address, headers=named), timeout=30) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code
    except URLError:
        return 0
