"""Values against a JSON Schema of draft 2020-12. The validator takes 50 ms to load, so it is loaded when needed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def schema_errors(value: object, schema: Any) -> "list[ValidationError]":
    """Every error of a value, in the order of the places in it."""
    from jsonschema import Draft202012Validator

    found = Draft202012Validator(schema).iter_errors(value)
    return sorted(found, key=lambda error: list(map(str, error.absolute_path)))


def schema_problem(schema: Any) -> str:
    """Why this is no valid schema, in a sentence; empty when it is one."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return str(error.message)
    return ""
