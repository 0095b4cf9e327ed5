"""From what the rules and a model say to one word. Whatever fails makes it stricter, never milder."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from marketplace.scanning.model_report import ModelReport
from marketplace.scanning.report import StaticReport
from marketplace.scanning.scale import ASKING_FILE, ASKING_TOTAL

VerdictWord = Literal["safe", "review_required", "blocked"]
BLOCKING_RISK = 70
ASKING_RISK = 20


@dataclass(frozen=True)
class Verdict:
    """word: what it comes to. reasons: sentences, the weightiest first; none for safe. read_by_model: if one did."""

    word: VerdictWord
    reasons: tuple[str, ...] = ()
    read_by_model: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def verdict(static: StaticReport, model: ModelReport | None) -> Verdict:
    """The verdict. model: None if none has been asked yet, which is no better than one that failed."""
    counts = static.counts
    read = model is not None and model.state == "reviewed"
    risk = model.risk_score if model is not None and model.state == "reviewed" else 0
    blocking = _said(
        (counts["critical"] > 0, f"The rules found {counts['critical']} critical."),
        (risk >= BLOCKING_RISK, f"The model's risk score is {risk}; {BLOCKING_RISK} blocks."),
    )
    asking = _said(
        (counts["high"] > 0, f"The rules found {counts['high']} high."),
        (
            static.total >= ASKING_TOTAL,
            f"The findings add up to {static.total:.1f} of {ASKING_TOTAL:g} points.",
        ),
        (
            static.densest >= ASKING_FILE,
            f"The findings of one file add up to {static.densest:.1f} of {ASKING_FILE:g} points.",
        ),
        (bool(static.gaps), f"{len(static.gaps)} of its parts could not be read."),
        (ASKING_RISK <= risk < BLOCKING_RISK, f"The model's risk score is {risk}; a person looks from {ASKING_RISK}."),
        (not read and not blocking, _unread(model)),
    )
    if blocking:
        return Verdict("blocked", (*blocking, *asking), read)
    return Verdict("review_required" if asking else "safe", asking, read)


def _unread(model: ModelReport | None) -> str:
    if model is None or not model.reason:
        return "No model has read it."
    return f"No model has read it: {model.reason}"


def _said(*claims: tuple[bool, str]) -> tuple[str, ...]:
    return tuple(sentence for holds, sentence in claims if holds)
