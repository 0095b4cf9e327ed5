"""What a server says and asks while it works on a call, brought to the people who watch: bounded, and cleaned.

The words are the server's own, so no more of a schema is taken than a form needs: kinds, choices and limits.
"""

import asyncio
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from mcp_types import ElicitRequestFormParams, ElicitRequestURLParams, ElicitResult

from automatos.llm.text import clean
from tools.contract import Asked, Onlookers, Schema

MOST_QUESTIONS, MOST_FIELDS, MOST_CHOICES = 10, 20, 200
LONGEST_MESSAGE, LONGEST_TEXT, LONGEST_URL = 2_000, 500, 2_000
FIELD_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")
KINDS = ("string", "number", "integer", "boolean", "array")
Elicitation = ElicitRequestFormParams | ElicitRequestURLParams


class Hearing:
    """One call under way. Its time does not run while a person is asked."""

    def __init__(self, server: str, tool: str, onlookers: Onlookers) -> None:
        self.server, self.tool, self.onlookers = server, tool, onlookers
        self.bound: asyncio.Timeout | None = None
        self.left, self.waiting, self.asked = 0.0, 0, 0

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Show how far it is: "export: 3 of 10, loading"."""
        far = f"{progress:g} of {total:g}" if total else f"{progress:g}"
        await self.onlookers.tell(f"{self.tool}: {far}{f', {_text(message, 200)}' if message else ''}")

    async def elicit(self, context: Any, params: Elicitation) -> ElicitResult:
        """What a person says to a question of the server."""
        question = self._question(params)
        self.asked += 1
        if question is None or self.asked > MOST_QUESTIONS:
            return ElicitResult(action="cancel")
        self._stop_clock()
        try:
            answer = await self.onlookers.ask(question)
        finally:
            self._start_clock()
        if answer.action != "accept" or question.url:
            return ElicitResult(action=answer.action)
        return ElicitResult(action="accept", content=dict(answer.values))

    def _question(self, params: Elicitation) -> Asked | None:
        message = _text(params.message, LONGEST_MESSAGE)
        if isinstance(params, ElicitRequestURLParams):
            return Asked(self.server, self.tool, message, url=params.url) if _is_web(params.url) else None
        return Asked(self.server, self.tool, message, schema=form_schema(params.requested_schema))

    def _stop_clock(self) -> None:
        self.waiting += 1
        if self.waiting == 1 and self.bound is not None and (until := self.bound.when()) is not None:
            self.left = until - asyncio.get_running_loop().time()
            self.bound.reschedule(None)

    def _start_clock(self) -> None:
        self.waiting -= 1
        if not self.waiting and self.bound is not None and not self.bound.expired():
            self.bound.reschedule(asyncio.get_running_loop().time() + self.left)


def form_schema(schema: Mapping[str, Any]) -> Schema:
    """The part of a requested schema that a form is made of."""
    given = schema.get("properties")
    names = [name for name in given if FIELD_NAME.fullmatch(str(name))][:MOST_FIELDS] if isinstance(given, dict) else []
    parts = {name: _part(given[name]) for name in names if isinstance(given, dict)}
    required = schema.get("required")
    named = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    needed = [name for name in named if name in parts]
    return {"type": "object", "properties": parts, "required": needed}


def _part(given: Any) -> Schema:
    part = given if isinstance(given, dict) else {}
    kind = part.get("type") if part.get("type") in KINDS else "string"
    made: Schema = {"type": kind}
    for name in ("title", "description", "format"):
        if isinstance(part.get(name), str):
            made[name] = _text(part[name], LONGEST_TEXT)
    for name in LIMITS:
        if isinstance(part.get(name), int | float) and not isinstance(part.get(name), bool):
            made[name] = part[name]
    if isinstance(part.get("default"), str | int | float | bool):
        made["default"] = _text(part["default"], LONGEST_TEXT) if isinstance(part["default"], str) else part["default"]
    if kind == "array":
        made["items"] = {"type": "string", **_choices(part.get("items"))}
        return made
    return {**made, **(_choices(part) if kind == "string" else {})}


def _choices(part: Any) -> Schema:
    """The values of an enumeration, and their titles, in whichever of the protocol's forms they came."""
    if not isinstance(part, dict):
        return {}
    listed = part.get("oneOf") or part.get("anyOf")
    if isinstance(listed, list):
        pairs = [(one.get("const"), one.get("title")) for one in listed if isinstance(one, dict)]
    elif isinstance(part.get("enum"), list):
        names = part.get("enumNames")
        pairs = list(zip_longest(part["enum"], names if isinstance(names, list) else []))[: len(part["enum"])]
    else:
        return {}
    known = [(value, title) for value, title in pairs if isinstance(value, str) and clean(value) == value]
    known = known[:MOST_CHOICES]
    titles = [_text(title, 200) if isinstance(title, str) else value for value, title in known]
    return {"enum": [value for value, _ in known], "enumNames": titles} if known else {}


def _is_web(url: str) -> bool:
    """Whether a browser may be sent there."""
    try:
        parts = urlsplit(url)
        is_page = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:  # brackets without an address in them
        return False
    return is_page and len(url) <= LONGEST_URL and clean(url) == url


def _text(text: str, longest: int) -> str:
    return clean(text)[:longest]
