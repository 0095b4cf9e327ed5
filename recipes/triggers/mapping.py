"""What a recipe starts with, out of what came from outside: each input names a place in a JSON body. No database."""

import json
import re
from collections.abc import Mapping
from typing import Any

from recipes.filling import TYPES

WHOLE = "$"
LONGEST = 300
_PART = r"[^.\[\]$]+(?:\[\d{1,6}\])*"
PATH = re.compile(rf"\$|(?:\$\.?)?(?:{_PART})(?:\.{_PART})*|\$(?:\[\d{{1,6}}\])+(?:\.{_PART})*")
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
MISSING = object()


def path_problem(path: str) -> str:
    """Why this names no place in a body; empty when it does."""
    if len(path) <= LONGEST and PATH.fullmatch(path):
        return ""
    return "Write a place in the body, such as issue.title, items[0].name, or $ for all of it."


def find(body: Any, path: str) -> Any:
    """The value at the place; MISSING when there is none."""
    value = body
    for name, number in STEP.findall(path.removeprefix(WHOLE)):
        if number:
            if not isinstance(value, list) or int(number) >= len(value):
                return MISSING
            value = value[int(number)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return MISSING
    return value


def mapped(schema: Mapping[str, Any], places: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The inputs that the body holds. Without places, its own fields of the same names.

    schema: the recipe's inputs; what it does not know any more is left out. Text is wanted for text: other values are
    written as JSON there.
    """
    if not places and isinstance(body, dict):
        places = {name: name for name in schema if name in body}
        found = {name: body[name] for name in places}
    else:
        found = {name: find(body, path) for name, path in places.items() if name in schema}
    return {
        name: _fitting(value, str(schema[name].get("type", "string")))
        for name, value in found.items()
        if value is not MISSING and value is not None
    }


def _fitting(value: Any, kind: str) -> Any:
    if TYPES.get(kind) == (str,) and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value
