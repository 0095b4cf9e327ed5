"""JSON as people read it."""

import json
from typing import Any


def indented(value: Any) -> str:
    """What a JSON column holds, over several lines. PostgreSQL gives 1e30 back as an integer, which orjson refuses."""
    return json.dumps(value, ensure_ascii=False, indent=2)
