"""What each client is asked, one after the other: what fails is told and the next one follows."""

import asyncio
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

BASE, KEY, MODEL = [*sys.argv[1:], "", "", ""][:3]
LOOK_UP: Any = {
    "name": "look_up",
    "description": "Looks up a parcel.",
    "parameters": {
        "type": "object",
        "properties": {"number": {"type": "string"}},
        "required": ["number"],
        "additionalProperties": False,
    },
}
TOOL: Any = {"type": "function", "function": LOOK_UP}
PLACE: Any = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
    "required": ["city", "country"],
    "additionalProperties": False,
}
# A picture of one point.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_all: list[Callable[[], Any]] = []


def check(work: Callable[[], Any]) -> Callable[[], Any]:
    """Note what is to be tried; its name says what."""
    _all.append(work)
    return work


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def same(found: object, wanted: object) -> None:
    """Fails with both."""
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def raises(kind: type[Exception], work: Callable[[], Any]) -> Any:
    """The error, which has to come."""
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def main() -> None:
    """Print what came of each, as JSON."""
    seen = {}
    for work in _all:
        try:
            if inspect.iscoroutinefunction(work):
                asyncio.run(work())
            else:
                work()
            seen[work.__name__] = ""
        except Exception as error:
            seen[work.__name__] = f"{type(error).__name__}: {error}"[:400]
    sys.stdout.write("\n" + json.dumps(seen) + "\n")
