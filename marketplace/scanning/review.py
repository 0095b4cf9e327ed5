"""The model's part of a scan: two passes over a package whose text is data, and nothing believed that is not proven."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

from automatos.checking import unstorable_json
from automatos.errors import AppError
from automatos.json_schema import schema_errors
from automatos.llm.errors import ModelBadReply
from automatos.llm.types import Message, ModelReply, ModelRequest
from marketplace.packages.package import Package
from marketplace.scanning.chunks import PIECE_TOKENS, pieces_of, sources_of
from marketplace.scanning.evidence import Evidence
from marketplace.scanning.model_report import ModelFinding, ModelReport
from marketplace.scanning.questions import (
    REVIEW_VERSION,
    Question,
    Sham,
    about_of,
    chance,
    judging_question,
    reading_question,
)
from marketplace.scanning.report import StaticReport
from marketplace.scanning.verdict import ASKING_RISK, BLOCKING_RISK

# Gives the reply of a model, or raises one of `automatos.llm.errors`.
Ask = Callable[[ModelRequest], ModelReply]
# Puts a question, with marks and planted lines as chance has it.
Builder = Callable[[Random], Question]
# Called with calls made and calls expected.
Progress = Callable[[int, int], None]
MOST_PIECES = 80
MOST_FACTS = 300
ANSWER_TOKENS = 6_000
CALL_SECONDS = 180.0
WHOLE_SECONDS = 1_800.0
TRIES = 2
MOST_DROPPED = 0.3
FLOORS = {"critical": BLOCKING_RISK, "high": 45, "medium": ASKING_RISK, "low": 5}
CEILINGS = {"critical": 100, "high": 100, "medium": BLOCKING_RISK - 1, "low": ASKING_RISK - 1}


class Unread(Exception):
    """The model did not read the package, or not all of it; the sentence says why."""


def review(
    package: Package, static: StaticReport, model: str, ask: Ask, progress: Progress | None = None
) -> ModelReport:
    """What a model says of a package. model: `provider:model`.

    Blocked by the rules: `skipped`. Every failure, refusal, broken or incomplete answer: `not_scanned`, with why.
    It raises nothing that a model can cause; what `ask` raises beyond errors of models passes through.
    """
    if static.critical:
        return ModelReport("skipped", model, reason="the rules alone block it")
    review = _Review(package, static, model, ask, progress or (lambda _done, _total: None))
    began = time.monotonic()
    try:
        report = review.report()
    except Unread as error:
        report = ModelReport("not_scanned", model, reason=str(error))
    return review.with_costs(report, time.monotonic() - began)


@dataclass
class _Review:
    """One review under way."""

    package: Package
    static: StaticReport
    model: str
    ask: Ask
    progress: Progress
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    dropped: int = 0
    kept: int = 0
    expected: int = 0
    prompts: Any = field(default_factory=hashlib.sha256)
    ends: float = field(default_factory=lambda: time.monotonic() + WHOLE_SECONDS)

    def report(self) -> ModelReport:
        sources = sources_of(self.package)
        pieces = pieces_of(sources, PIECE_TOKENS)
        if len(pieces) > MOST_PIECES:
            raise Unread(f"It has {len(pieces)} parts to read; at most {MOST_PIECES} are read, and none is left out.")
        self.expected = len(pieces) + 1
        evidence = Evidence({source.path: source.text for source in sources})
        facts: list[dict[str, Any]] = []
        about = about_of(self.package)
        for number, piece in enumerate(pieces):
            facts += self._facts(number, partial(reading_question, piece, about), evidence)
        facts = _distinct(facts)
        if len(facts) > MOST_FACTS:
            raise Unread(f"The model named {len(facts)} places; at most {MOST_FACTS} can be judged together.")
        build = partial(judging_question, self.package, facts, self.static.card, self.static.findings)
        answer, findings = self._judged(build, evidence)
        if self.dropped > MOST_DROPPED * (self.dropped + self.kept):
            raise Unread(
                f"{self.dropped} of {self.dropped + self.kept} quotes of the model do not stand in the package."
            )
        findings += _about_reviewers(facts, findings)
        return ModelReport(
            "reviewed",
            self.model,
            risk_score=risk_of(answer["risk_score"], findings),
            findings=tuple(findings),
            summary=answer["summary"][:4_000],
        )

    # --- passes -------------------------------------------------------------------------------------------------------

    def _facts(self, number: int, build: Builder, evidence: Evidence) -> list[dict[str, Any]]:
        answer, sham = self._answer(number, build, "facts")
        return self._proven(answer["facts"], sham, evidence)

    def _judged(self, build: Builder, evidence: Evidence) -> tuple[dict[str, Any], list[ModelFinding]]:
        answer, sham = self._answer(-1, build, "findings")
        found = self._proven(answer["findings"], sham, evidence)
        names = ("category", "severity", "description", "file", "line", "evidence", "advice")
        return answer, [ModelFinding(**{name: item[name] for name in names}) for item in found]

    def _proven(self, items: Sequence[dict[str, Any]], sham: Sham, evidence: Evidence) -> list[dict[str, Any]]:
        """Those whose evidence stands in the package; the planted one is not counted."""
        found = []
        for item in items:
            if _is_sham(item, sham):
                continue
            # JSON Schema takes 3.0 for a whole number, too.
            line = evidence.line_of(item["file"], int(item["line"]), item["evidence"])
            if line:
                found.append({**item, "line": line})
                self.kept += 1
            else:
                self.dropped += 1
        return found

    # --- calls --------------------------------------------------------------------------------------------------------

    def _answer(self, number: int, build: Builder, listed: str) -> tuple[dict[str, Any], Sham]:
        """An answer in form that names the planted line; asked once more, otherwise put, if the first is not."""
        why = ""
        for attempt in range(TRIES):
            question = build(chance(self.package.digest, self.model, REVIEW_VERSION, number, attempt))
            try:
                value, why = _read(self._asked(question), question.schema)
            except ModelBadReply as error:
                value, why = None, error.message
            if value is None:
                continue
            if any(_is_sham(item, question.sham) for item in value[listed]):
                self.progress(min(self.calls, self.expected), self.expected)
                return value, question.sham
            why = "It passed over a hostile line that was planted to see whether it reads."
        raise Unread(why)

    def _asked(self, question: Question) -> ModelReply:
        if time.monotonic() > self.ends:
            raise Unread(f"It took longer than {WHOLE_SECONDS / 60:g} minutes.")
        self.prompts.update(question.system.encode() + b"\0" + question.user.encode() + b"\0")
        request = ModelRequest(
            self.model,
            (Message("system", question.system), Message("user", question.user)),
            max_tokens=ANSWER_TOKENS,
            temperature=0.0,
            response_schema=question.schema,
            timeout=CALL_SECONDS,
        )
        self.calls += 1
        try:
            reply = self.ask(request)
        except ModelBadReply:
            raise
        except AppError as error:
            raise Unread(error.message) from error
        self.input_tokens += reply.usage.input_tokens
        self.output_tokens += reply.usage.output_tokens
        self.cost += reply.cost
        return reply

    def with_costs(self, report: ModelReport, seconds: float) -> ModelReport:
        return ModelReport(
            **{
                **{
                    name: getattr(report, name)
                    for name in ("state", "model", "risk_score", "findings", "summary", "reason")
                },
                "dropped": self.dropped,
                "calls": self.calls,
                "input_tokens": self.input_tokens,
                "output_tokens": self.output_tokens,
                "cost": str(self.cost),
                "prompts": self.prompts.hexdigest() if self.calls else "",
                "seconds": round(seconds, 3),
            }
        )


def _read(reply: ModelReply, schema: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The answer in form, or why it is none."""
    if reply.finish_reason != "stop":
        return None, f"The model's answer ended with `{reply.finish_reason}`."
    try:
        value = json.loads(reply.text)
    except (ValueError, RecursionError):
        return None, "The model's answer is no JSON."
    if wrong := schema_errors(value, schema):
        return None, f"The model's answer is not in the form that was asked for: {wrong[0].message[:200]}"
    if unusable := next(unstorable_json(value), None):
        return None, f"The model's answer cannot be kept: {': '.join(unusable)[:200]}"
    return value, ""


def _is_sham(item: dict[str, Any], sham: Sham) -> bool:
    return sham.code in item["evidence"]


def _distinct(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces overlap, so the same place may be named twice."""
    return list({(fact["file"], fact["line"], fact["evidence"]): fact for fact in facts}.values())


def _about_reviewers(facts: Sequence[dict[str, Any]], findings: Sequence[ModelFinding]) -> list[ModelFinding]:
    """What speaks to the reviewer is a finding, whatever was made of it."""
    named = {(finding.file, finding.line) for finding in findings}
    return [
        ModelFinding(
            "prompt_injection",
            "high",
            f"It speaks to whoever reviews it: {fact['order']}"[:500],
            fact["file"],
            fact["line"],
            fact["evidence"],
            "Take the text out.",
        )
        for fact in facts
        if fact["addressee"] == "reviewer" and (fact["file"], fact["line"]) not in named
    ]


def risk_of(said: int, findings: Sequence[ModelFinding]) -> int:
    """The score within what the proven findings allow: no number without evidence, and none below it."""
    floor = max((FLOORS[finding.severity] for finding in findings), default=0)
    ceiling = max((CEILINGS[finding.severity] for finding in findings), default=ASKING_RISK - 1)
    return max(floor, min(said, ceiling))
