"""What people fill in where a step or a server asks: the fields of a form, and what was typed as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automatos.checking import unstorable_json
from automatos.errors import InvalidInput
from automatos.json_schema import schema_errors

FORMATS = {
    "email": "An e-mail address.",
    "uri": "A web address.",
    "date": "As 2027-01-31.",
    "date-time": "As 2027-01-31T09:30:00Z.",
}
KINDS = {"array": "many", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a person is asked for. kind: as in a recipe's inputs, or many: several of choices, (value, title)."""

    name: str
    kind: str
    hint: str
    value: str
    required: bool
    label: str = ""
    choices: Sequence[tuple[str, str]] = ()


def of_inputs(fields: Mapping[str, Any]) -> list[Field]:
    """Of a step that asks."""
    return [
        Field(
            name,
            str(entry.get("type", "string")),
            str(entry.get("description", "")),
            str(entry.get("default", "")),
            bool(entry.get("required")),
            name,
        )
        for name, entry in fields.items()
    ]


def of_schema(schema: Mapping[str, Any]) -> list[Field]:
    """Of a server's question, whose schema was cut down to what a form needs."""
    required = schema.get("required", [])
    return [_of_part(name, part, name in required) for name, part in schema.get("properties", {}).items()]


def _of_part(name: str, part: Mapping[str, Any], required: bool) -> Field:
    default, kind = part.get("default", ""), str(part["type"])
    listed = part.get("items", {}) if kind == "array" else part
    choices = list(zip(listed.get("enum", []), listed.get("enumNames", []), strict=False))
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    hint = " ".join(filter(None, (part.get("description", ""), FORMATS.get(part.get("format", ""), ""))))
    return Field(name, KINDS.get(kind, kind), hint, shown, required, part.get("title") or name, choices)


def read(schema: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """What was answered to a server, as values that fit; InvalidInput with fields `answer.<name>`."""
    properties = schema.get("properties", {})
    if unknown := sorted(set(answer) - set(properties)):
        raise _wrong({unknown[0]: f"The server asks for no {unknown[0][:60]!r}."})
    values: dict[str, Any] = {}
    for name, part in properties.items():
        value = _value(part, answer.get(name))
        if value not in ("", None, []):
            values[name] = value
    wrong = {place or "answer": problem for place, problem in unstorable_json(values)}
    missing = {name: "This is needed." for name in schema.get("required", []) if name not in values}
    if wrong or missing:
        raise _wrong({**missing, **wrong})
    errors = schema_errors(values, schema)
    if errors:
        raise _wrong({str(next(iter(one.absolute_path), "answer")): str(one.message)[:200] for one in errors})
    return values


def _value(part: Mapping[str, Any], given: Any) -> Any:
    """A value as its kind wants it; what cannot be read stays as it is, and does not fit the schema."""
    if not isinstance(given, str):
        return given
    text = given.strip()
    try:
        match part.get("type"):
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}.get(text, text)
            case "array":
                return [line.strip() for line in text.splitlines() if line.strip()]
    except ValueError:
        pass
    return text


def _wrong(fields: Mapping[str, str]) -> InvalidInput:
    found = {f"answer.{name}": [text] for name, text in fields.items()}
    return InvalidInput("Correct what is wrong with the answer.", fields=found)
