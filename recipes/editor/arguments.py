"""The arguments of a tool step as a form: a field for each that the tool takes, in which names may stand."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from typing import Any

from automatos.json_text import indented
from recipes.engine.templating import VARIABLE
from tools.app_calls.forms import FormField, fields_of
from tools.contract import Schema

# How a field of the page is called: its kind, then the argument.
PREFIX = "arg:"
NUMBERS = ("integer", "number")


def argument_fields(schema: Schema, given: Any) -> Sequence[FormField]:
    """A field for each argument, those that are needed first, with what stands in the draft; none where that is text.

    A value that a field of its kind cannot hold, such as a list of objects, stands there as JSON.
    """
    if not isinstance(given, Mapping):
        return () if given else fields_of(schema, {})
    fields = fields_of(schema, {})
    return [_shown(one, given.get(one.name), schema["properties"].get(one.name)) for one in fields]


def _shown(field: FormField, value: Any, part: Any) -> FormField:
    if field.kind == "choice" and any(not isinstance(one, str) for one in part.get("enum", ())):
        field = replace(field, kind="json", choices=[json.dumps(one) for one in part["enum"]])
    if value is None:
        return field
    if isinstance(value, str) and field.kind != "json":
        return replace(field, value=value)
    if field.kind == "list" and isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value):
        return replace(field, value="\n".join(str(one) for one in value))
    # Text in a field of JSON is quoted, but for a name alone.
    is_name = isinstance(value, str) and VARIABLE.fullmatch(value)
    return replace(field, value=str(value) if is_name else indented(value))


def read_arguments(kept: Any, sent: Mapping[str, str]) -> dict[str, Any]:
    """The arguments as they were typed. kept: those there were; what no field shows of them stays."""
    found: dict[str, Any] = {}
    shown = set()
    for key, text in sent.items():
        if not key.startswith(PREFIX):
            continue
        kind, _, name = key.removeprefix(PREFIX).partition(":")
        shown.add(name)
        if text.strip():
            found[name] = _value(kind, text)
    rest = {name: value for name, value in kept.items() if name not in shown} if isinstance(kept, Mapping) else {}
    return {**rest, **found}


def _value(kind: str, text: str) -> Any:
    """What the text means; as it is where it does not mean that, so that it can be refused by name."""
    stripped = text.strip()
    if kind == "list":
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        # One name alone stands for a whole list.
        return stripped if len(lines) == 1 and VARIABLE.fullmatch(stripped) else [_number_or_text(one) for one in lines]
    if kind in NUMBERS:
        return _number_or_text(stripped)
    if kind in {"switch", "json"}:
        with suppress(ValueError, RecursionError):
            return json.loads(stripped)
        return stripped
    return text


def _number_or_text(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
        return value if is_number else text
    return text
