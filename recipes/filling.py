"""The values a run starts with: types of inputs, and what was given fitted to them. No database."""

import json
from collections.abc import Mapping
from typing import Any

from automatos.checking import DEEPEST_JSON, Problems

LONGEST_INPUT = 1_000_000
# Of the largest number there is.
LARGEST_BITS = 1023
FILE = "file"


class FileName(str):
    """The name of a file that was sent for an input; text alone is none."""

    __slots__ = ()


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "text": (str,),
    "choice": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    FILE: (FileName,),
}
# Types whose values are text as it comes.
TEXTUAL = ("string", "text", "choice")
# What people also write for a type.
TYPE_NAMES = {"list": "array"}


def fill_inputs(inputs: Mapping[str, Any], input_data: Mapping[str, Any]) -> dict[str, Any]:
    """What a run starts with: the given values, checked and converted, and the defaults of the others.

    inputs: the recipe's schema. Text that holds a number, or true and false, is converted for such inputs, so that
    forms and terminals can send text. Raises InvalidInput with fields `input_data.<name>`.
    """
    problems = Problems()
    input_data = {name: exact(value) for name, value in input_data.items()}
    known = ", ".join(inputs) or "none"
    for name in input_data:
        if name not in inputs:
            problems.add(f"input_data.{name}", f"This recipe has no such input. It has: {known}.")
    problems.json("input_data", dict(input_data))
    problems.raise_any()
    if len(json.dumps(input_data, ensure_ascii=False)) > LONGEST_INPUT:
        problems.add("input_data", f"The input is too long; keep it under {LONGEST_INPUT:,} characters.")
    filled = {name: _filled(name, entry, input_data.get(name), problems) for name, entry in inputs.items()}
    problems.json("input_data", filled)
    problems.raise_any()
    return filled


def exact(value: Any, depth: int = 0) -> Any:
    """The value with whole numbers past 64 bits as the numbers they were: a stored 1e20 reads back as its digits.

    One that is no such number stays, and is refused.
    """
    if isinstance(value, int) and _is_past(value):
        return float(value) if value.bit_length() <= LARGEST_BITS and int(float(value)) == value else value
    if depth < DEEPEST_JSON and isinstance(value, dict):
        return {name: exact(item, depth + 1) for name, item in value.items()}
    return [exact(item, depth + 1) for item in value] if depth < DEEPEST_JSON and isinstance(value, list) else value


def _is_past(number: int) -> bool:
    return not -(2**63) <= number < 2**63


def _filled(name: str, entry: Mapping[str, Any], value: Any, problems: Problems) -> Any:
    field, kind = f"input_data.{name}", str(entry.get("type", "string"))
    if value is None or (value == "" and kind not in ("string", "text")):
        value = entry.get("default")
    missing = value is None or (isinstance(value, str) and not value.strip())
    if missing and entry.get("required"):
        problems.add(field, "This input is required.")
        return ""
    if missing and kind == "choice":
        return ""
    if value is None:
        # A prompt may name an optional input nobody filled: it reads as empty text, whatever its kind.
        return ""
    value = exact(_converted(value, kind))
    if isinstance(value, int) and _is_past(value):
        problems.add(field, "This number has more digits than a number keeps. Make the input one of the type text.")
        return ""
    if not fits(value, kind, entry):
        problems.add(field, unfit(kind, entry))
    return value


def _converted(value: Any, kind: str) -> Any:
    """Text turned into the wanted kind where it reads like one; everything else as it is."""
    if not isinstance(value, str) or kind in TEXTUAL or len(value) > LONGEST_INPUT:
        return value
    try:
        parsed = json.loads(value.strip().lower() if kind == "boolean" else value)
    except (ValueError, RecursionError):
        return value
    return parsed if fits(parsed, kind) else value


def fits(value: Any, kind: str, entry: Mapping[str, Any] | None = None) -> bool:
    """Whether a value is of this type, and one of its options."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    options = (entry or {}).get("options")
    if kind == "choice" and isinstance(options, list) and value not in options:
        return False
    return isinstance(value, TYPES[kind])


def unfit(kind: str, entry: Mapping[str, Any]) -> str:
    """What to send instead."""
    options = entry.get("options")
    if kind == "choice" and isinstance(options, list):
        return f"Choose one of: {', '.join(map(str, options))}."
    if kind == FILE:
        return "Send a file for this input, as a part of multipart/form-data or in the form."
    return f"This is not {_article(kind)}."


def _article(kind: str) -> str:
    names = {
        "string": "text",
        "text": "text",
        "choice": "one of its options",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "array": "a list",
        "object": "an object",
    }
    return names[kind]
