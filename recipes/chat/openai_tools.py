"""What a client of OpenAI's wire brings beside its messages: tools of its own, and the form of the answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automatos.errors import wrong_field
from automatos.json_schema import schema_problem

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MOST_TOOLS = 128
MOST_STOPS = 4
LONGEST_DESCRIPTION = 10_000
CHOICES = ("auto", "none", "required")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the answer has to be. stops: texts at which it ends; the rest is as the run keeps it, see `kept`."""

    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str = "auto"
    one_call: bool = False
    schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    stops: tuple[str, ...] = field(default=())

    def kept(self) -> dict[str, Any]:
        """For the run's input; what asks for nothing is left out."""
        found = {
            "tools": list(self.tools),
            "tool_choice": self.tool_choice if self.tools and self.tool_choice != "auto" else "",
            "one_call": self.one_call and bool(self.tools),
            "response_schema": self.schema,
            "max_tokens": self.max_tokens,
        }
        return {name: value for name, value in found.items() if value}


def read_wishes(body: Mapping[str, Any]) -> Wishes:
    """Raises InvalidInput naming the parameter and the cure."""
    tools = _tools(body.get("tools"))
    choice = _choice(body.get("tool_choice"), [tool["name"] for tool in tools])
    parallel = body.get("parallel_tool_calls")
    if parallel not in (None, True, False):
        raise wrong_field("parallel_tool_calls", "parallel_tool_calls is true or false.")
    return Wishes(
        tools=() if choice == "none" else tools,
        tool_choice=choice,
        one_call=parallel is False,
        schema=_schema(body.get("response_format")),
        max_tokens=_max_tokens(body),
        stops=_stops(body.get("stop")),
    )


def _tools(value: Any) -> tuple[dict[str, Any], ...]:
    if value in (None, []):
        return ()
    if not isinstance(value, list) or len(value) > MOST_TOOLS:
        raise wrong_field("tools", f"tools is a list of at most {MOST_TOOLS} tools.")
    found = [_tool(f"tools.{index}", tool) for index, tool in enumerate(value)]
    names = [tool["name"] for tool in found]
    if len(set(names)) < len(names):
        raise wrong_field("tools", "Two of these tools have one name; give each a name of its own.")
    return tuple(found)


def _tool(field: str, tool: Any) -> dict[str, Any]:
    function = tool.get("function") if isinstance(tool, dict) and tool.get("type", "function") == "function" else None
    if not isinstance(function, dict):
        raise wrong_field(field, 'A tool is an object like {"type": "function", "function": {"name": …}}.')
    name = function.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise wrong_field(f"{field}.function.name", "A name has 1 to 64 letters, digits, dashes and underscores.")
    description = function.get("description") or ""
    if not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION:
        raise wrong_field(
            f"{field}.function.description", f"A description is a text of at most {LONGEST_DESCRIPTION:,} characters."
        )
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    _check_schema(f"{field}.function.parameters", schema)
    return {"name": name, "description": description, "schema": schema}


def _choice(value: Any, names: Sequence[str]) -> str:
    """`auto`, `none`, `required`, or the name of the tool that has to be called."""
    if value is None:
        return "auto"
    if isinstance(value, str) and value in CHOICES:
        if value == "required" and not names:
            raise wrong_field("tool_choice", "required needs tools to choose from.")
        return value
    function = value.get("function") if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str) or name not in names:
        raise wrong_field("tool_choice", f"Use one of {', '.join(CHOICES)}, or name one of the tools you sent.")
    return name


def _schema(value: Any) -> dict[str, Any] | None:
    if value is None or value == {"type": "text"}:
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "json_object":
        return {"type": "object"}
    named = value.get("json_schema") if kind == "json_schema" else None
    schema = named.get("schema") if isinstance(named, dict) else None
    if not isinstance(schema, dict):
        raise wrong_field("response_format", 'Use {"type": "text"}, {"type": "json_object"}, or a json_schema.')
    _check_schema("response_format.json_schema.schema", schema)
    return schema


def _check_schema(field: str, schema: Any) -> None:
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise wrong_field(field, 'Send a JSON Schema of an object: {"type": "object", "properties": …}.')
    if problem := schema_problem(schema):
        raise wrong_field(field, f"This is no valid JSON Schema: {problem[:200]}.")


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if value is not None:
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise wrong_field(name, f"{name} is a whole number from 1.")
            return value
    return None


def _stops(value: Any) -> tuple[str, ...]:
    stops = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or len(stops) > MOST_STOPS or not all(isinstance(one, str) and one for one in stops):
        raise wrong_field("stop", f"stop is a text, or a list of at most {MOST_STOPS} texts.")
    return tuple(stops)


class Stopper:
    """Ends a text that comes in pieces before the first of the stops in it."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._longest = max((len(stop) for stop in stops), default=0)
        self._pending = ""
        self.has_stopped = False

    def feed(self, piece: str) -> str:
        """What of the text so far can be shown: no stop begins in it."""
        if not self._stops or self.has_stopped:
            return "" if self.has_stopped else piece
        text = self._pending + piece
        places = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if places:
            self.has_stopped, self._pending = True, ""
            return text[: min(places)]
        kept = next((size for size in range(min(self._longest - 1, len(text)), 0, -1) if self._begins(text[-size:])), 0)
        self._pending = text[len(text) - kept :]
        return text[: len(text) - kept]

    def rest(self) -> str:
        """What was waiting when the text ended."""
        pending, self._pending = self._pending, ""
        return "" if self.has_stopped else pending

    def _begins(self, text: str) -> bool:
        return any(stop.startswith(text) for stop in self._stops)
