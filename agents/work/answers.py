"""Answers that have to follow a JSON Schema."""

import re
from typing import Any

import orjson

from automatos.json_schema import schema_errors

# Models like to wrap JSON in a Markdown fence.
FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)


def problem_with(text: str, schema: dict[str, Any] | None) -> str:
    """What is wrong with an answer, in words for the model; empty when nothing is, or nothing is demanded."""
    if schema is None:
        return ""
    try:
        value = orjson.loads(unwrapped(text))
    except orjson.JSONDecodeError as error:
        return f"Your answer is not JSON ({error.msg}, at character {error.pos})."
    errors = schema_errors(value, schema)
    if not errors:
        return ""
    lines = [f"- {'.'.join(map(str, one.absolute_path)) or 'the whole'}: {one.message[:300]}" for one in errors[:5]]
    return "Your answer does not follow the wanted schema:\n" + "\n".join(lines) + "\n"


def unwrapped(text: str) -> str:
    """The text without a Markdown fence around all of it."""
    found = FENCE.match(text)
    return found[1] if found else text
