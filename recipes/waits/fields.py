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
LIMITS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " of them"),
)
TYPES = {
    "integer": "Write a whole number.",
    "number": "Write a number.",
    "boolean": "Say true or false.",
    "string": "Write text.",
    "array": "Choose some of those that are offered.",
}
KINDS = {"array": "many", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a person is asked for. kind: as in a recipe's inputs, or many: several of choices, (value, title).

    chosen: which of several are; errors: what is wrong with what was typed.
    """

    name: str
    kind: str
    hint: str
    value: str
    required: bool
    label: str = ""
    choices: Sequence[tuple[str, str]] = ()
    chosen: Sequence[str] = ()
    errors: Sequence[str] = ()


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
    hint = " ".join(filter(None, (part.get("description", ""), FORMATS.get(part.get("format", ""), ""), _limits(part))))
    return Field(name, KINDS.get(kind, kind), hint, shown, required, part.get("title") or name, choices)


def _limits(part: Mapping[str, Any]) -> str:
    """How much a value may be, as a sentence; empty where the server says nothing of it."""
    for lowest, highest, what in LIMITS:
        low, high = part.get(lowest), part.get(highest)
        if low is not None and high is not None:
            return f"From {low:,} to {high:,}{what}."
        if low is not None or high is not None:
            return f"At least {low:,}{what}." if high is None else f"At most {high:,}{what}."
    return ""


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
        raise _wrong({str(next(iter(one.absolute_path), "answer")): _in_words(one) for one in errors})
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


def _in_words(error: Any) -> str:
    """What is wrong with a value, for whoever typed it."""
    limit = error.validator_value
    match error.validator:
        case "type":
            return TYPES.get(str(limit), str(error.message)[:200])
        case "enum":
            return "Choose one of those that are offered."
        case "minimum" | "maximum":
            return f"Write a number of {limit:,} or {'more' if error.validator == 'minimum' else 'less'}."
        case "minLength" | "maxLength":
            return f"Write {limit:,} characters or {'more' if error.validator == 'minLength' else 'fewer'}."
        case "minItems" | "maxItems":
            return f"Choose {limit:,} or {'more' if error.validator == 'minItems' else 'fewer'}."
    return str(error.message)[:200]


def _wrong(fields: Mapping[str, str]) -> InvalidInput:
    found = {f"answer.{name}": [text] for name, text in fields.items()}
    return InvalidInput("Correct what is wrong with the answer.", fields=found)
