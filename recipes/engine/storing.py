"""Values as JSON can carry them and PostgreSQL can hold them."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

import orjson

from automatos.llm.text import clean

# Bits of a whole number, and levels of a value, that are kept.
LARGEST_NUMBER = 1024
DEEPEST = 200


def storable(value: Any, depth: int = 0) -> Any:
    """The value as JSON can carry it and PostgreSQL can hold it."""
    if isinstance(value, Mapping | list | tuple):
        if depth > DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return {clean(str(name)): storable(item, depth + 1) for name, item in value.items()}
        return [storable(item, depth + 1) for item in value]
    return _storable_leaf(value)


def as_stored(data: dict[str, Any]) -> dict[str, Any]:
    """The same data where nothing in it has to change to be stored, which is found out faster than it is copied."""
    try:
        is_whole = b"\\u0000" not in orjson.dumps(data, default=str)
    except TypeError:
        is_whole = False
    stored: dict[str, Any] = data if is_whole else storable(data)
    return stored


def _storable_leaf(value: Any) -> Any:
    if isinstance(value, int):
        return value if value.bit_length() <= LARGEST_NUMBER else None
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None else clean(str(value))


def as_json(value: Any) -> str | None:
    """JSON text that PostgreSQL can hold; None stays None. Text in it loses NUL characters and halves of characters."""
    if value is None:
        return None
    try:
        text = orjson.dumps(value, default=str)
    except TypeError:  # halves of characters, numbers past 64 bits, too deep
        text = b""
    if not text or b"\\u0000" in text:
        # Cleaned before it is written: in finished JSON the same six characters may be somebody's own words.
        return json.dumps(storable(value), ensure_ascii=False, allow_nan=False)
    return text.decode()
