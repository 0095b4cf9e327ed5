"""The form of an action's arguments, made from its schema, and what was typed into it as arguments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tools.contract import Schema

# Fields past these are given as JSON: nobody fills in a form of two hundred.
MOST_FIELDS = 60
LONG = 200


@dataclass(frozen=True, slots=True)
class FormField:
    """One argument. kind: text, long, number, integer, switch, choice, list or json. value: as it was typed."""

    name: str
    kind: str
    type_says: str
    description: str
    is_required: bool
    value: str = ""
    choices: Sequence[str] = ()
    errors: Sequence[str] = field(default=())

    @property
    def id(self) -> str:
        """Its id on the page."""
        return f"a-{self.name}"


def fields_of(
    schema: Schema, typed: Mapping[str, str] | None = None, errors: Mapping[str, Sequence[str]] | None = None
) -> list[FormField]:
    """A field for each argument, those that are needed first."""
    properties = dict(schema.get("properties", {}))
    # In the order the schema demands them; a stored schema does not keep that of its properties.
    required = [name for name in dict.fromkeys(schema.get("required", [])) if name in properties]
    ordered = [*required, *(name for name in properties if name not in required)][:MOST_FIELDS]
    return [_field(name, properties[name], name in required, typed, (errors or {}).get(name, ())) for name in ordered]


def _field(
    name: str, part: Any, is_required: bool, typed: Mapping[str, str] | None, errors: Sequence[str]
) -> FormField:
    part = part if isinstance(part, dict) else {}
    types = part.get("type", "string" if "enum" not in part else "")
    names = [one for one in (types if isinstance(types, list) else [types]) if one != "null"]
    kind = _kind(part, str(names[0]) if len(names) == 1 else "")
    default = part.get("default")
    shown = "" if default is None else default if isinstance(default, str) else json.dumps(default)
    value = typed.get(name, "") if typed is not None else shown
    items = part.get("items") if isinstance(part.get("items"), dict) else {}
    says = f"list of {items.get('type', 'anything')}" if kind == "list" else " or ".join(map(str, names)) or "choice"
    choices = [str(one) for one in part.get("enum", []) if one is not None] if kind == "choice" else []
    return FormField(name, kind, says, str(part.get("description", "")), is_required, value, choices, errors)


def _kind(part: Mapping[str, Any], name: str) -> str:
    if isinstance(part.get("enum"), list) and all(isinstance(one, (str, int, float)) for one in part["enum"]):
        return "choice"
    if name == "boolean":
        return "switch"
    if name in ("integer", "number"):
        return name
    items = part.get("items")
    if name == "array" and isinstance(items, dict) and items.get("type") in ("string", "integer", "number"):
        return "list"
    if name == "string":
        return "long" if part.get("maxLength", LONG) > LONG or LONG_NAMES & set(str(part).lower().split()) else "text"
    return "json"


LONG_NAMES = {"body", "text", "content", "message", "markdown", "html"}


def read(schema: Schema, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The arguments that were typed, and what of them cannot be read; what fits the schema is checked elsewhere."""
    arguments: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for one in fields_of(schema, typed):
        text = typed.get(one.name, "").strip()
        if not text:
            continue
        try:
            arguments[one.name] = _value(one, text, schema["properties"][one.name])
        except ValueError as error:
            errors[one.name] = [str(error)]
    return arguments, errors


def _value(one: FormField, text: str, part: Any) -> Any:
    match one.kind:
        case "integer" | "number":
            return _number(text, whole=one.kind == "integer")
        case "switch":
            return text == "true"
        case "choice":
            return next((value for value in part["enum"] if str(value) == text), text)
        case "list":
            wanted = part["items"]["type"]
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return lines if wanted == "string" else [_number(line, whole=wanted == "integer") for line in lines]
        case "json":
            try:
                return orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise ValueError(f"This is not JSON: {error}.") from None
    return text


def _number(text: str, *, whole: bool) -> int | float:
    try:
        return int(text) if whole else float(text)
    except ValueError:
        raise ValueError("Write a whole number." if whole else "Write a number.") from None
