"""Values against a JSON Schema of draft 2020-12. The validator takes 50 ms to load, so it is loaded when needed."""

from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

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


def is_schema(schema: Any) -> bool:
    """Whether this is a valid schema, patterns aside; for schemas from outside, which come by the hundred.

    Takes a microsecond for what takes `schema_problem` a quarter of a millisecond.
    """
    return _of_schemas().is_valid(schema)


@cache
def _of_schemas() -> jsonschema_rs.Draft202012Validator:
    from jsonschema import Draft202012Validator

    return jsonschema_rs.Draft202012Validator(Draft202012Validator.META_SCHEMA)
