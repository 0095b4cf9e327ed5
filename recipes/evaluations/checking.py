"""Whether an output is as its case expects it; the judge apart, who is asked by `check_services`."""

from collections.abc import Sequence
from typing import Any

import orjson
from asgiref.sync import async_to_sync

from agents.work.answers import unwrapped
from automatos.llm import embeddings
from recipes.evaluations.expectations import CONTAINS, EXACT, JUDGE, REGEX, SCHEMA, SIMILAR, Expectation
from tools import confinement
from tools.contract import ToolProblem

# Characters of an output that are looked at.
LONGEST = 400_000
SECONDS = 10.0
JOB = "recipes.evaluations.schema_job"
# passed: None where it could not be decided.
Check = dict[str, Any]


def check(expectations: Sequence[Expectation], output: str) -> list[Check]:
    """Of each expectation but the judge's: its type, whether it passed, and in words why. Call it outside of any
    transaction.
    """
    text = output[:LONGEST]
    confined = iter(_confined(expectations, text))
    found: list[Check] = []
    for one in expectations:
        match one["type"]:
            case kind if kind in (REGEX, SCHEMA):
                found.append(next(confined))
            case kind if kind == SIMILAR:
                found.append(_similar(one, text))
            case kind if kind == EXACT:
                is_same = text.strip() == one["text"].strip()
                found.append({"type": EXACT, "passed": is_same, "detail": "" if is_same else "the output differs"})
            case kind if kind == CONTAINS:
                is_there = one["text"].casefold() in text.casefold()
                detail = f"{_short(one['text'])}{'' if is_there else ': not found'}"
                found.append({"type": CONTAINS, "passed": is_there, "detail": detail})
            case _:
                assert one["type"] == JUDGE
    return found


def _similar(one: Expectation, text: str) -> Check:
    """By the vectors of the encoder on this machine, so that it costs nothing and says the same each time."""
    wanted, got = embeddings.embed([one["text"], text])
    nearness = sum(one * other for one, other in zip(wanted, got, strict=True))
    detail = f"{nearness:.2f} of at least {one['at_least']:.2f}"
    return {"type": SIMILAR, "passed": nearness >= one["at_least"], "detail": detail}


def _confined(expectations: Sequence[Expectation], text: str) -> list[Check]:
    """Regular expressions and schemas."""
    wanted = [one for one in expectations if one["type"] in (REGEX, SCHEMA)]
    if not wanted:
        return []
    value, problem = b"null", ""
    if any(one["type"] == SCHEMA for one in wanted):
        try:
            value = orjson.dumps(orjson.loads(unwrapped(text)))
        except (orjson.JSONDecodeError, TypeError):
            problem = "the output is no JSON"
    data = text.encode()
    checks = [{name: one[name] for name in ("pattern", "schema") if name in one} for one in wanted]
    try:
        answer, _ = async_to_sync(confinement.run)(
            JOB, {"checks": checks, "text": len(data)}, data + value, seconds=SECONDS
        )
    except ToolProblem as error:
        return [{"type": one["type"], "passed": False, "detail": f"could not be checked: {error}"} for one in wanted]
    return [_told(one, said, problem) for one, said in zip(wanted, answer["found"], strict=True)]


def _told(one: Expectation, said: str, problem: str) -> Check:
    if one["type"] == SCHEMA:
        said = problem or said
        return {"type": SCHEMA, "passed": not said, "detail": said}
    return {"type": REGEX, "passed": not said, "detail": f"{_short(one['pattern'])}{f': {said}' if said else ''}"}


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
