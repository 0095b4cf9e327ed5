"""Regular expressions and JSON schemas against a text, in a process of its own: see tools/confinement.py.

The engine of the expressions takes time in proportion to the text, whatever the pattern; a schema may still be made to
take for ever, which ends with the process. Nothing is fetched.
"""

import json
from typing import Any

import jsonschema_rs

# Bytes that a compiled pattern may take.
LARGEST_PATTERN = 1_000_000
SHOWN = 200


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """A validator of draft 2020-12. Raises ValueError with the reason for what is no schema that can be used here."""
    options = jsonschema_rs.RegexOptions(size_limit=LARGEST_PATTERN)
    try:
        return jsonschema_rs.Draft202012Validator(schema, pattern_options=options, offline=True)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(error.message[:SHOWN]) from None


def of_pattern(pattern: str) -> dict[str, Any]:
    """The schema of texts in which the pattern is found."""
    return {"type": "string", "pattern": pattern}


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: `checks`, each with a pattern or a schema; data: the text, `text` bytes long, then the value in it as JSON.

    Leaves `found`: of each check why it does not fit; empty where it fits.
    """
    text, value = data[: task["text"]].decode(), json.loads(data[task["text"] :] or b"null")
    found = []
    for check in task["checks"]:
        if "pattern" in check:
            found.append("" if validator(of_pattern(check["pattern"])).is_valid(text) else "not found")
        else:
            errors = list(validator(check["schema"]).iter_errors(value))[:3]
            found.append("; ".join(_sentence(error) for error in errors))
    return {"found": found}, b""


def _sentence(error: Any) -> str:
    place = ".".join(str(part) for part in error.instance_path)
    return f"{place}: {error.message[:SHOWN]}" if place else str(error.message[:SHOWN])
