"""What a model says of a package, as far as it could be verified."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

# reviewed: every part was read and answered in form. not_scanned: anything else, which never counts as clean.
# skipped: the rules alone block it, so no model was asked.
ModelState = Literal["reviewed", "not_scanned", "skipped"]
Category = Literal[
    "malicious_code",
    "prompt_injection",
    "data_exfiltration",
    "privilege_escalation",
    "social_engineering",
    "obfuscated_code",
]
ModelSeverity = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True)
class ModelFinding:
    """One finding whose evidence stands, word for word, at that line of that file."""

    category: Category
    severity: ModelSeverity
    description: str
    file: str
    line: int
    evidence: str
    advice: str = ""


@dataclass(frozen=True)
class ModelReport:
    """risk_score: 0 to 100, 0 unless reviewed. reason: why it was not scanned, a sentence. dropped: findings without
    evidence. calls: how often a model was asked; input_tokens, output_tokens, cost (US dollars, as text): their sum.
    prompts: SHA-256 of the texts that were sent.
    """

    state: ModelState
    model: str
    risk_score: int = 0
    findings: tuple[ModelFinding, ...] = ()
    summary: str = ""
    reason: str = ""
    dropped: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: str = "0"
    prompts: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ModelReport":
        """What `to_json` wrote."""
        return cls(**{**value, "findings": tuple(ModelFinding(**item) for item in value.get("findings", ()))})
