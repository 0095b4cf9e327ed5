"""Values of manifests and front matter as the types a package has them in. What does not fit counts as missing."""

import re
from typing import Any

from automatos.skill_format.plain_text import one_line, shorten

LONGEST_TEXT, LONGEST_ITEM, MOST_ITEMS = 1_024, 200, 100
TOOL = re.compile(r"[^\s,()]+(?:\([^)]*\))?")


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


def line(value: Any, longest: int = LONGEST_TEXT) -> str:
    """A text, number or truth in one line; "" for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return shorten(one_line(str(value)), longest) if isinstance(value, (str, int, float)) else ""


def items(value: Any) -> tuple[str, ...]:
    """Distinct short texts, from a list or from one text with commas."""
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    found = (line(item, LONGEST_ITEM) for item in listed[:MOST_ITEMS])
    return tuple(dict.fromkeys(item for item in found if item))


def tools(value: Any) -> tuple[str, ...]:
    """Names of tools with what they may do, such as `Bash(git *)`, from a list or a text."""
    text = " , ".join(item for item in value if isinstance(item, str)) if isinstance(value, list) else value
    return tuple(dict.fromkeys(TOOL.findall(text)))[:MOST_ITEMS] if isinstance(text, str) else ()


def texts(value: Any) -> dict[str, str]:
    """A mapping of texts: environment, headers."""
    if not isinstance(value, dict):
        return {}
    return {line(name, LONGEST_ITEM): line(item) for name, item in list(value.items())[:MOST_ITEMS]}


def seconds(value: Any) -> float:
    """A number that is not less than 0; 0 for anything else."""
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 10**9
    return float(value) if fits else 0.0
