"""What a static scan says of a package, as plain data that can be kept as JSON."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from marketplace.scanning.scale import ASKING_FILE, ASKING_TOTAL, RULES_VERSION, SEVERITIES, Severity

# The threat classes, by letter.
CLASSES: Mapping[str, str] = {
    "A": "Fetch and run",
    "B": "Theft of data",
    "C": "Hijacking the agent",
    "D": "Hiding and bypassing",
    "E": "Orders to the reviewer",
    "F": "Hidden text",
    "G": "Packed code",
    "H": "Persistence and memory",
    "I": "Misuse of automatic running",
    "J": "Damage",
    "K": "Remote control",
    "L": "Supply chain",
    "M": "Orders that serve someone else",
    "X": "Not read",
}
CoverageState = Literal["read", "unpacked", "passed_over", "unread"]
CardKind = Literal[
    "tool", "command", "path", "host", "environment", "hook", "mcp_server", "dependency", "executable", "unread"
]


@dataclass(frozen=True)
class ChainStep:
    """One step of how it goes, in order. what: a sentence."""

    file: str
    line: int
    what: str


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    points: `factors` multiplied. quote: at most 200 characters, escaped, invisible ones as U+XXXX, secrets masked.
    decoded: what it reads as when it was hidden or encoded, else empty. declared: whether the package says that it does
    this. why: why it matters; cure: what would clear it. line: counted from 1; 0 if the finding is the file's.
    """

    rule: str
    rule_version: str
    threat: str
    severity: Severity
    title: str
    points: float
    factors: Mapping[str, float]
    file: str
    line: int
    quote: str
    why: str
    cure: str
    decoded: str = ""
    chain: tuple[ChainStep, ...] = ()
    declared: bool = False
    concealed: bool = False
    lines: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Names the finding within its report and stays the same while rule and text do."""
        return f"{self.rule}:{self.file}:{self.line}"


@dataclass(frozen=True)
class CardRow:
    """One thing that the package can do or asks for. value: a name, host, path or command line; note: details."""

    kind: CardKind
    value: str
    file: str
    line: int
    declared: bool
    note: str = ""


@dataclass(frozen=True)
class CoverageRow:
    """What was read of one file. gap: whether a person has to look because it could not be read."""

    file: str
    kind: str
    size: int
    state: CoverageState
    reason: str = ""
    gap: bool = False


@dataclass(frozen=True)
class StaticReport:
    """The whole. digest: the package's; total: the sum over the classes (T); static_score: 0 to 100; seconds: it took.

    changes: what is new beside the version it was compared with, as sentences.
    """

    rules_version: str
    digest: str
    findings: tuple[Finding, ...]
    card: tuple[CardRow, ...]
    coverage: tuple[CoverageRow, ...]
    total: float
    static_score: float
    seconds: float = 0.0
    changes: tuple[str, ...] = ()
    tail: Mapping[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Findings by severity, all severities named."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted.get(severity, 0) for severity in SEVERITIES}

    @property
    def critical(self) -> bool:
        """Whether it is blocked by the rules alone."""
        return any(finding.severity == "critical" for finding in self.findings)

    @property
    def gaps(self) -> tuple[CoverageRow, ...]:
        """What could not be read and matters."""
        return tuple(row for row in self.coverage if row.gap)

    @property
    def densest(self) -> float:
        """The best points of each class, added up, in the file where that is most."""
        files: dict[str, dict[str, float]] = {}
        for finding in self.findings:
            classes = files.setdefault(finding.file, {})
            if finding.severity != "info":
                classes[finding.threat] = max(classes.get(finding.threat, 0.0), finding.points)
        return max((sum(classes.values()) for classes in files.values()), default=0.0)

    @property
    def asks_person(self) -> bool:
        """Whether a person has to look, whatever a model says."""
        loud = any(finding.severity in ("critical", "high") for finding in self.findings)
        return loud or self.total >= ASKING_TOTAL or self.densest >= ASKING_FILE or bool(self.gaps)

    def to_json(self) -> dict[str, Any]:
        """Everything, with the counts beside it for those who only list."""
        return asdict(self) | {"counts": self.counts, "critical": self.critical, "asks_person": self.asks_person}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "StaticReport":
        """What `to_json` wrote."""
        return cls(
            rules_version=value["rules_version"],
            digest=value["digest"],
            findings=tuple(_finding(item) for item in value["findings"]),
            card=tuple(CardRow(**item) for item in value["card"]),
            coverage=tuple(CoverageRow(**item) for item in value["coverage"]),
            total=value["total"],
            static_score=value["static_score"],
            seconds=value.get("seconds", 0.0),
            changes=tuple(value.get("changes", ())),
            tail=dict(value.get("tail", {})),
        )


def _finding(value: Mapping[str, Any]) -> Finding:
    chain = tuple(ChainStep(**step) for step in value.get("chain", ()))
    return Finding(**{**value, "chain": chain, "lines": tuple(value.get("lines", ()))})


def unread_report(digest: str, reason: str, size: int = 0) -> StaticReport:
    """The report of a package whose scan did not come to its end: nothing is known, so a person has to look."""
    row = CoverageRow(file="", kind="package", size=size, state="unread", reason=reason, gap=True)
    return StaticReport(RULES_VERSION, digest, (), (), (row,), 0.0, 0.0)
