"""The rules and the model as a job calls them. A stand-in until both are here."""

from collections.abc import Callable
from dataclasses import dataclass

from automatos.llm.types import Message, ModelReply, ModelRequest
from marketplace.packages.package import Package
from marketplace.scanning.model_report import ModelReport
from marketplace.scanning.report import Finding, StaticReport
from marketplace.scanning.scale import RULES_VERSION, Severity

Ask = Callable[[ModelRequest], ModelReply]
Progress = Callable[[int, int], None]
REVIEW_VERSION = "0"


@dataclass(frozen=True)
class _Hit:
    rule: str
    severity: str


def static_scan(package: Package, previous: Package | None = None) -> StaticReport:
    """What the rules say."""
    found: list[Finding] = []
    severity: Severity | None
    for file in package.files:
        for number, line in enumerate((file.text or "").splitlines(), 1):
            severity = "critical" if "curl" in line and "| sh" in line else "high" if "sudo" in line else None
            if severity:
                finding = Finding(
                    "stub", "1", "A", severity, "Fetch and run", 14.0, {}, file.path, number, line, "why", "cure",
                )  # fmt: skip
                found.append(finding)
    total = 14.0 * len(found)
    return StaticReport(RULES_VERSION, package.digest, tuple(found), (), (), total, min(100.0, total))


def model_review(package: Package, static: StaticReport, model: str, ask: Ask, progress: Progress) -> ModelReport:
    """What a model says."""
    for number, file in enumerate(package.files):
        progress(number, len(package.files))
        ask(ModelRequest(model, (Message("user", file.text or ""),)))
    return ModelReport("reviewed", model, risk_score=0)
