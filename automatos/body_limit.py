"""How much of a request's body is taken in at all, decided before anything of it is kept.

Django writes a whole body to disk before any view is asked. Here a body that says it is too long is refused at once,
and one that does not say so is cut off at the limit.
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.template.loader import render_to_string

from automatos.api import TooLarge, error_body

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
# A body up to so many times the limit is read and thrown away before the answer, so that a browser that is still
# sending gets to see it; the connection of a longer one is simply closed.
THROWN_AWAY = 4


class BodyTooLarge(Exception):
    """The body goes on past the limit."""


class BodyLimit:
    """An ASGI application that hands over only requests whose body is not too long."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """The application's answer, or 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = largest_body(scope["path"])
        declared = _declared(scope)
        if declared > most:
            await _throw_away(receive, declared, most)
            await _refuse(scope, send, most)
            return
        taken, started = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise BodyTooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except BodyTooLarge:
            if not started:
                await _refuse(scope, send, most)


def largest_body(path: str) -> int:
    """Bytes that a body sent to this path may have."""
    for pattern, most in settings.LARGEST_BODIES.items():
        if re.fullmatch(pattern, path):
            return int(most)
    return int(settings.LARGEST_BODY)


def _declared(scope: Any) -> int:
    """What the request says of its length; 0 when it says nothing that can be read."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0


async def _throw_away(receive: Receive, declared: int, most: int) -> None:
    if declared > THROWN_AWAY * most:
        return
    taken = 0
    while taken <= declared:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def _refuse(scope: Any, send: Send, most: int) -> None:
    sentence = f"This is longer than the {most:,} bytes that are taken in here. Send less at once."
    if scope["path"].startswith(("/api/", "/v1/", "/hooks/")):
        kind, text = "application/json", json.dumps(error_body(TooLarge(sentence)))
    else:
        kind, text = (
            "text/html; charset=utf-8",
            await sync_to_async(render_to_string)("errors/400.html", {"too_much": True}),
        )
    body = text.encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", str(settings.CONTENT_SECURITY_POLICY).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
