"""Answers that have to follow a JSON Schema."""

from typing import Any

import orjson

from automatos.json_schema import schema_errors

FENCE = "```"
# Models like to wrap JSON in a Markdown fence; this is how the first line of one reads.
OPENINGS = (FENCE, f"{FENCE}json")


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
    # No pattern does this: one that takes line ends in two places tries each pair of them, and a model that
    # got stuck writes thousands.
    first, line_end, rest = text.strip().partition("\n")
    inner, closing, last = rest.removesuffix(FENCE).rpartition("\n")
    if line_end and closing and first.rstrip() in OPENINGS and rest.endswith(FENCE) and not last.strip():
        return inner.lstrip("\n")
    return text
