"""What a case expects of an output, as people write it: kinds, checks of what was written, and words for it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from automatos.checking import Problems
from recipes.evaluations.schema_job import of_pattern, validator
from recipes.quality.judging import LONGEST_POINT, MOST_POINTS

CONTAINS, REGEX, SCHEMA, EXACT, SIMILAR, JUDGE = "contains", "regex", "json_schema", "exact", "similar", "judge"
# By kind, where what is expected stands.
KINDS = {
    CONTAINS: "text", REGEX: "pattern", SCHEMA: "schema", EXACT: "text", SIMILAR: "text", JUDGE: "rubric",
}  # fmt: skip
LABELS = {
    CONTAINS: "contains",
    REGEX: "regex",
    SCHEMA: "JSON schema",
    EXACT: "exact",
    SIMILAR: "similar in meaning",
    JUDGE: "judge",
}
MOST, LONGEST_TEXT, LONGEST_PATTERN, LONGEST_SCHEMA = 10, 20_000, 1_000, 50_000
# The least cosine of two texts that say the same, and the least mean of a judge's points, where nothing else is said.
USUAL = {SIMILAR: 0.7, JUDGE: 4.0}
SPANS = {SIMILAR: (0.0, 1.0), JUDGE: (1.0, 5.0)}
Expectation = Mapping[str, Any]


def checked(found: Any, problems: Problems, field: str = "expectations") -> list[dict[str, Any]]:
    """The expectations with their defaults; notes what is wrong with each, by `expectations.<n>.<name>`."""
    if not isinstance(found, list) or not found:
        problems.add(field, f"Say what is expected, with at least one of: {', '.join(KINDS)}.")
        return []
    if len(found) > MOST:
        problems.add(field, f"There are {len(found)}; a case has at most {MOST}.")
        return []
    kept = [_checked(one, problems, f"{field}.{place}") for place, one in enumerate(found)]
    if sum(one.get("type") == JUDGE for one in kept) > 1:
        problems.add(field, "A case has one judge. Put all its points into one rubric.")
    return kept


def _checked(one: Any, problems: Problems, field: str) -> dict[str, Any]:
    kind = one.get("type") if isinstance(one, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        problems.add(f"{field}.type", f"Use one of {', '.join(KINDS)}.")
        return {}
    allowed = {"type", KINDS[kind], *(["at_least"] if kind in USUAL else [])}
    for name in one:
        if name not in allowed:
            problems.add(f"{field}.{str(name)[:40]}", f"{kind} takes {', '.join(sorted(allowed - {'type'}))}.")
    place = f"{field}.{KINDS[kind]}"
    kept: dict[str, Any] = {"type": kind, KINDS[kind]: _wanted(kind, one.get(KINDS[kind]), problems, place)}
    if kind in USUAL:
        least = one.get("at_least", USUAL[kind])
        low, high = SPANS[kind]
        if isinstance(least, bool) or not isinstance(least, int | float):
            problems.add(f"{field}.at_least", f"Use a number from {low:g} to {high:g}.")
        else:
            problems.number(f"{field}.at_least", float(least), low=low, high=high)
            kept["at_least"] = float(least)
    return kept


def _wanted(kind: str, value: Any, problems: Problems, field: str) -> Any:
    if kind == SCHEMA:
        return _schema(value, problems, field)
    if kind == JUDGE:
        return _rubric(value, problems, field)
    if not isinstance(value, str):
        problems.add(field, "Write a text.")
        return ""
    text = problems.text(field, value, longest=LONGEST_PATTERN if kind == REGEX else LONGEST_TEXT, required=True)
    if kind == REGEX and field not in problems:
        try:
            validator(of_pattern(text))
        except ValueError:
            problems.add(
                field, "This is no regular expression that can be used. Look-around and references back are not known."
            )
    return text


def _schema(value: Any, problems: Problems, field: str) -> Any:
    if not isinstance(value, dict):
        problems.add(field, 'Write a JSON schema as an object, for example {"type": "object"}.')
        return {}
    problems.json(field, value)
    if field in problems or any(name.startswith(field) for name in problems.fields):
        return value
    if len(json.dumps(value)) > LONGEST_SCHEMA:
        problems.add(field, f"Shorten the schema to {LONGEST_SCHEMA:,} characters.")
        return value
    try:
        validator(value)
    except ValueError as error:
        problems.add(field, f"This is no JSON schema that can be used: {error}")
    return value


def _rubric(value: Any, problems: Problems, field: str) -> list[str]:
    points = value.splitlines() if isinstance(value, str) else value
    if not isinstance(points, list) or not all(isinstance(one, str) for one in points):
        problems.add(field, "Write a list of points, a text each.")
        return []
    kept = [one.strip() for one in points if one.strip()]
    if not 0 < len(kept) <= MOST_POINTS:
        problems.add(field, f"Write 1 to {MOST_POINTS} points.")
    for one in kept:
        problems.text(field, one, longest=LONGEST_POINT)
    return kept


def label(one: Expectation) -> str:
    """The kind in words."""
    return LABELS[one["type"]]


def labels(found: Sequence[Expectation]) -> str:
    """The kinds in words, each once."""
    return ", ".join(dict.fromkeys(label(one) for one in found))
