"""Values against a JSON Schema of draft 2020-12. The validator takes 50 ms to load, so it is loaded when needed.

Schemas come from servers, documents and people, values from models. So nothing that a schema names is fetched, and a
check ends after a number of steps: a few lines that name one another can ask for more steps than a machine can do.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# A step is one word of a schema held against one value, and takes 10 µs; one inside of another takes Python's stack.
# They are counted, not timed, so that the same check comes to the same end whenever it is made again.
MOST_STEPS, DEEPEST = 100_000, 60
# Words that take as long as so many steps.
STEPS = {"$ref": 8, "unevaluatedProperties": 500, "unevaluatedItems": 500}
MOST_ERRORS = 100
TOO_COSTLY = "cannot be checked: the schema leads in circles, or is too much work for this value"
# Stands as the schema's word in the error of a check that was given up.
GIVEN_UP = "automatos:given-up"

Keyword = Callable[[Any, Any, Any, Any], "Iterator[ValidationError] | None"]


class _TooCostlyError(Exception):
    """The check takes more than it may."""


class _Spent:
    """What one check took so far."""

    def __init__(self) -> None:
        self.steps = self.depth = 0


_spent: ContextVar[_Spent] = ContextVar("json_schema_spent")


def schema_errors(value: object, schema: Any) -> "list[ValidationError]":
    """The errors of a value, at most MOST_ERRORS, in the order of the places in it.

    One error with the word GIVEN_UP is all there is for a check that would not end, or that fails.
    """
    from jsonschema.exceptions import ValidationError
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
    from referencing.exceptions import Unresolvable

    token = _spent.set(_Spent())
    try:
        found = list(islice(_validator()(schema, registry=REGISTRY).iter_errors(value), MOST_ERRORS))
    except (_TooCostlyError, RecursionError):
        return [ValidationError(TOO_COSTLY, validator=GIVEN_UP, instance=value, schema=schema)]
    except (ArithmeticError, TypeError, ValueError) as error:
        # Numbers that have no end, halves of letters, a division by zero that the schema asks for.
        reason = f"cannot be checked against this schema: {type(error).__name__}"
        return [ValidationError(reason, validator=GIVEN_UP, instance=value, schema=schema)]
    except Unresolvable as error:
        reason = f"cannot be checked: the schema names {str(error.ref)[:100]}, which is not in it"
        return [ValidationError(reason, validator=GIVEN_UP, instance=value, schema=schema)]
    finally:
        _spent.reset(token)
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


@cache
def _validator() -> Any:
    """The validator of the draft with its words counted, and two of them in a time that does not grow with a square."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    words: dict[str, Keyword] = {**Draft202012Validator.VALIDATORS, "uniqueItems": _unique, "pattern": _pattern}
    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {name: _counted(word, STEPS.get(name, 1)) for name, word in words.items()}
    )


def _counted(word: Keyword, steps: int) -> Keyword:
    def check(validator: Any, limit: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
        spent = _spent.get()
        spent.steps += steps
        spent.depth += 1
        try:
            if spent.steps > MOST_STEPS or spent.depth > DEEPEST:
                raise _TooCostlyError
            yield from word(validator, limit, instance, schema) or ()
        finally:
            spent.depth -= 1

    return check


def _unique(validator: Any, limit: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    from jsonschema.exceptions import ValidationError

    if limit and isinstance(instance, list):
        seen = {orjson.dumps(_even(item), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS) for item in instance}
        if len(seen) < len(instance):
            yield ValidationError("names something twice")


def _even(value: Any) -> Any:
    """A value in which 1.0 is 1, as JSON Schema has it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _even(item) for key, item in value.items()}
    return [_even(item) for item in value] if isinstance(value, list) else value


def _pattern(validator: Any, limit: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not _fits(str(limit), instance):
        yield ValidationError(f"does not match {str(limit)[:200]!r}")


def _fits(pattern: str, text: str) -> bool:
    """Whether the pattern is in the text, by an engine that gives up where Python's would search for years."""
    found = _compiled(pattern)
    return found is not None and found.is_valid(text)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator | None:
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return None
