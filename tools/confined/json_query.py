"""A JMESPath expression applied to JSON."""

import json
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from tools.confined.child import Problem

LONGEST = 200_000


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: expression. Gives text: the result as JSON, and whole: whether that is all of it."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise Problem(f"The data is not valid JSON: {error}.") from None
    try:
        found = jmespath.search(task["expression"], value)
    except JMESPathError as error:
        raise Problem(f"The expression cannot be applied: {error}") from None
    parts: list[str] = []
    length = 0
    # Piece by piece: an expression can name a value so often that the whole text would fill any memory.
    for part in json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(found):
        parts.append(part)
        length += len(part)
        if length > LONGEST:
            break
    return {"text": "".join(parts)[:LONGEST], "whole": length <= LONGEST, "missing": found is None}, b""
