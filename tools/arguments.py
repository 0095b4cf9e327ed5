"""The arguments a model wrote: read, checked against the tool's schema, and told what is wrong with them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from automatos.checking import unstorable_json
from automatos.json_schema import GIVEN_UP, schema_errors
from tools.contract import Arguments, Schema, ToolProblem

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

LONGEST = 400_000
MOST_PROBLEMS = 6


def call_key(name: str, arguments: str | Arguments) -> str:
    """The same for calls of one tool with equal arguments, however they are written: order and blanks do not count."""
    value: object = arguments
    if isinstance(arguments, str):
        try:
            value = orjson.loads(arguments or "{}")
        except ValueError:
            value = arguments
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return f"{name}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def read(arguments: str | Arguments, schema: Schema) -> dict[str, Any]:
    """The arguments as values that fit the schema; raises ToolProblem naming each field, what was found, what fits."""
    values = _parsed(arguments)
    for place, problem in unstorable_json(values):
        raise ToolProblem(f"The arguments cannot be used. {place or 'arguments'}: {problem}")
    lines = [f"- {sentence}" for _, sentence in misfits(values, schema)]
    if lines:
        raise ToolProblem("The arguments do not fit. Correct them and call again:\n" + "\n".join(lines))
    return values


def misfits(values: Arguments, schema: Schema) -> list[tuple[str, str]]:
    """What does not fit, as (field, sentence that names it); the first few. field: with dots, or `arguments`."""
    found = [_misfit(error) for error in schema_errors(values, schema)[:MOST_PROBLEMS]]
    return [(one.field, _sentence(one)) for one in found]


def _parsed(arguments: str | Arguments) -> dict[str, Any]:
    if isinstance(arguments, Mapping):
        return dict(arguments)
    if len(arguments) > LONGEST:
        raise ToolProblem(f"The arguments have {len(arguments):,} characters; at most {LONGEST:,} are taken.")
    try:
        value = orjson.loads(arguments.strip() or "{}")
    except ValueError as error:
        raise ToolProblem(f"The arguments are not valid JSON ({error}). Send one JSON object.") from None
    if not isinstance(value, dict):
        raise ToolProblem(f"The arguments have to be one JSON object; this is {_shown(value)}.")
    return value


@dataclass(frozen=True, slots=True)
class _Misfit:
    """A value that does not fit. limit: what the schema's word asks for."""

    field: str
    value: Any
    word: str
    limit: Any
    schema: Mapping[str, Any]
    said: str


def _misfit(error: "ValidationError") -> _Misfit:
    field = ".".join(str(part) for part in error.absolute_path) or "arguments"
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    return _Misfit(field, error.instance, str(error.validator), error.validator_value, schema, error.message)


def _sentence(found: _Misfit) -> str:
    """What is wrong with which field, and what is allowed there."""
    if found.word == GIVEN_UP:
        return f"{found.field} {found.said}."
    problem = PROBLEMS.get(found.word)
    return f"{found.field} {problem(found) if problem else f'is {_shown(found.value)}; this is not allowed here'}."


def _missing(found: _Misfit) -> str:
    missing = [name for name in found.limit if name not in found.value]
    return f"lack {', '.join(missing)}. Required: {', '.join(found.limit)}"


def _unknown(found: _Misfit) -> str:
    known = found.schema.get("properties", {})
    unknown = [name[:60] for name in found.value if name not in known]
    return f"cannot have {', '.join(unknown)}. There are: {', '.join(known) or 'none at all'}"


def _too_many(found: _Misfit) -> str:
    what = {"Length": "characters", "Items": "items", "Properties": "entries"}[found.word[3:]]
    return f"has {len(found.value):,} {what}; it has to have {_lengths(found.schema, found.word[3:])}"


def _listed(kinds: str | list[str]) -> str:
    names = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in names)


def _range(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f"from {schema['minimum']} to {schema['maximum']}"
    words = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }
    return " and ".join(f"{word} {schema[name]}" for name, word in words.items() if name in schema)


def _lengths(schema: Mapping[str, Any], what: str) -> str:
    words = {"min": "at least", "max": "at most"}
    return " and ".join(f"{word} {schema[end + what]:,}" for end, word in words.items() if end + what in schema)


def _shown(value: object) -> str:
    text = orjson.dumps(value, default=str).decode("utf-8", "replace")
    return text if len(text) <= 60 else text[:57] + "…"


def _outside(found: _Misfit) -> str:
    return f"is {_shown(found.value)}; it has to be {_range(found.schema)}"


# What to say after the field's name, by the schema's word that does not fit.
PROBLEMS: dict[str, Callable[[_Misfit], str]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": lambda found: f"is {_shown(found.value)}; it has to be {_listed(found.limit)}",
    "enum": lambda found: f"is {_shown(found.value)}; allowed are {', '.join(map(str, found.limit))}",
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _outside),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "maxProperties"), _too_many),
    "uniqueItems": lambda _: "names something twice; each may stand there once",
}
