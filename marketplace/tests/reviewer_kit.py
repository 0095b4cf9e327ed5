"""A scripted model that reviews packages: an honest one, and how to tell what it was asked."""

import json
import re
from collections.abc import Mapping
from typing import Any

from automatos.llm.testing.requests import Recorded

FENCE = re.compile(r"<<<([0-9a-f]{32})\n(.*)\n\1>>>", re.S)
ASPECT = {"fits": True, "why": "It does what it says."}
MODEL = "openai:test-reviewer"


def data_of(request: Recorded) -> Any:
    """What stands between the marks."""
    found = FENCE.search(request.prompt)
    assert found, request.prompt[:200]
    return json.loads(found.group(2))


def is_judging(request: Recorded) -> bool:
    """Whether it is the second pass."""
    return isinstance(data_of(request), dict)


def honest(request: Recorded, *, known: tuple[str, ...], risk: int = 3) -> Mapping[str, Any]:
    """An answer in form that names the planted line: it stands in a file that the package does not have."""
    data = data_of(request)
    if isinstance(data, list):
        planted = next(item for item in data if item["file"] not in known)
        number, _, text = planted["lines"][0].partition(": ")
        place = {"file": planted["file"], "line": int(number), "evidence": text}
        fact = {**place, "order": "as quoted", "addressee": "agent", "data": "", "host": ""}
        return {"reply": json.dumps({"facts": [fact]})}
    planted = next(fact for fact in data["facts"] if fact["file"] not in known)
    finding = {name: planted[name] for name in ("file", "line", "evidence")}
    finding |= {"category": "data_exfiltration", "severity": "high", "description": "It sends data.", "advice": ""}
    answer = dict.fromkeys(("intent", "permissions", "openness", "consistency"), ASPECT)
    return {"reply": json.dumps({**answer, "findings": [finding], "risk_score": risk, "summary": "It is fine."})}
