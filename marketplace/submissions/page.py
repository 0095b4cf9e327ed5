"""What the pages of a submission show: its state in a word, the stages it goes through, its findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.template.defaultfilters import filesizeformat

from automatos import words
from marketplace.models import ModelState, PluginAnswer, PluginImport, PluginScan, PluginVersion, Verdict, VersionStatus
from marketplace.plugins import queries
from marketplace.versions import text_view
from workspaces.models import Workspace

LAYOUTS = {
    "manifest": "Package with a manifest.json",
    "claude_plugin": "Claude Code plugin",
    "skill": "Agent Skill",
    "skills": "Collection of skills",
}
# Word by status: tone, icon, text.
STATES = {
    VersionStatus.PENDING: ("warn", "user-round-search", "With a moderator"),
    VersionStatus.APPROVED: ("ok", "check", "Approved"),
    VersionStatus.REJECTED: ("bad", "x", "Rejected"),
    VersionStatus.CHANGES_REQUESTED: ("warn", "message-square-warning", "Changes asked for"),
    VersionStatus.DEACTIVATED: ("", "archive", "Taken away"),
    VersionStatus.BLOCKED: ("bad", "ban", "Blocked"),
    VersionStatus.WITHDRAWN: ("", "undo-2", "Withdrawn"),
}
IMPORT_STATES = {
    PluginImport.State.QUEUED: ("ember", "", "Waiting"),
    PluginImport.State.RUNNING: ("ember", "", "Being fetched"),
    PluginImport.State.DONE: ("ok", "check", "Fetched"),
    PluginImport.State.FAILED: ("bad", "x", "Refused"),
}
CONTENTS = (
    ("skills", "graduation-cap", "skill"),
    ("commands", "square-slash", "command"),
    ("agents", "bot", "agent"),
    ("hooks", "webhook", "hook"),
    ("mcp_servers", "server", "MCP server"),
    ("tools", "wrench", "tool"),
)
# Findings on one page; each has a field of its own.
FINDINGS_A_PAGE = 40
OPEN = (PluginScan.State.QUEUED, PluginScan.State.RUNNING)


@dataclass(frozen=True, slots=True)
class State:
    """A word with its icon. tone: of the pill. live: something goes on."""

    tone: str
    icon: str
    text: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A step on the way. kind: done, now, bad or wait. done and total: how far it is, when that is known."""

    kind: str
    icon: str
    title: str
    lines: Sequence[str] = ()
    time: str = ""
    done: int = 0
    total: int = 0
    is_intake: bool = False


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding of the report. quote, decoded: with hidden characters named. answer: what the author says."""

    number: int
    is_: Mapping[str, Any]
    quote: Sequence[text_view.Piece]
    decoded: Sequence[text_view.Piece]
    answer: PluginAnswer | None


@dataclass(frozen=True, slots=True)
class Part:
    """How many of a kind a package holds."""

    count: int
    icon: str
    word: str


@dataclass(frozen=True)
class Submission:
    """One submitted version as its page shows it."""

    version: PluginVersion
    state: State
    stages: Sequence[Stage]
    is_open: bool
    findings: Any
    rows: Sequence[FindingRow] = ()
    answered: int = 0
    unsent: int = 0
    whole: PluginAnswer | None = None
    scan: PluginScan | None = None
    decisions: Sequence[Any] = ()
    others: Sequence[tuple[PluginVersion, State]] = ()
    parts: Sequence[Part] = field(default_factory=tuple)

    @property
    def may_answer(self) -> bool:
        """Whether an answer still matters."""
        return self.version.status not in (VersionStatus.APPROVED, VersionStatus.WITHDRAWN) and not self.is_open


def state_of(version: PluginVersion, scanning: bool) -> State:
    """Its state in a word. scanning: a scan of it is under way."""
    if version.status == VersionStatus.PENDING and scanning:
        return State("ember", "", "Being scanned", live=True)
    return State(*STATES[VersionStatus(version.status)])


def import_state(row: PluginImport) -> State:
    """How far a fetch is, in a word."""
    tone, icon, text = IMPORT_STATES[PluginImport.State(row.state)]
    return State(tone, icon, text, live=row.state in OPEN)


def scanning_of(versions: Sequence[PluginVersion]) -> set[UUID]:
    """Those of them that are being scanned, in one query."""
    rows = PluginScan.objects.filter(version__in=versions, state__in=OPEN)
    return set(rows.values_list("version_id", flat=True))


def submission(version: PluginVersion, workspace: Workspace, page: str | None) -> Submission:
    """All that the page of one version shows. page: which part of its findings."""
    scan = queries.last_scan(version)
    is_open = scan is not None and scan.state in OPEN
    found = [] if is_open else queries.findings_of(version)
    answers = queries.answers_of(version, workspace)
    shown = Paginator(found, FINDINGS_A_PAGE).get_page(page)
    others = list(queries.submissions_of(workspace).filter(plugin=version.plugin).exclude(pk=version.pk)[:20])
    scanning = scanning_of(others)
    return Submission(
        version=version,
        state=state_of(version, is_open),
        stages=stages(version, scan),
        is_open=is_open,
        findings=shown,
        rows=[finding_row(shown.start_index() + at, item, answers) for at, item in enumerate(shown.object_list)],
        answered=sum(1 for item in found if (said := answers.get(item["key"])) and said.text),
        unsent=sum(
            1 for said in answers.values() if said.text and (not said.sent_at or said.sent_at < said.updated_at)
        ),
        whole=answers.get(""),
        scan=None if is_open else queries.deciding_scan(version),
        decisions=list(queries.decisions_of(version, workspace)[:50]),
        others=[(other, state_of(other, other.pk in scanning)) for other in others],
        parts=parts_of(version),
    )


def finding_row(number: int, item: Mapping[str, Any], answers: Mapping[str, PluginAnswer]) -> FindingRow:
    """A finding with its answer."""
    quote, decoded = text_view.pieces(item["quote"]), text_view.pieces(item["decoded"])
    return FindingRow(number, item, quote, decoded, answers.get(item["key"]))


def parts_of(version: PluginVersion) -> list[Part]:
    """What the package holds, each kind that is there."""
    counts = version.contents
    return [
        Part(count, icon, word if count == 1 else f"{word}s")
        for name, icon, word in CONTENTS
        if (count := int(counts.get(name) or 0))
    ]


def stages(version: PluginVersion, scan: PluginScan | None) -> list[Stage]:
    """The way of a version from its bytes to a person's word."""
    return [_received(version), _intake(version), *_scans(version, scan), _decision(version, scan)]


def _received(version: PluginVersion) -> Stage:
    source = version.source
    lines = [f"SHA-256 {version.sha256[:12]}…{version.sha256[-6:]}"]
    if source.get("kind") == "git":
        lines.insert(0, f"{source.get('url', '')} at {str(source.get('commit', ''))[:12]}")
    elif source.get("filename"):
        lines.insert(0, str(source["filename"]))
    return Stage("done", "check", "Received", lines, _moment(version.submitted_at))


def _intake(version: PluginVersion) -> Stage:
    files = f"{version.file_count:,} file{'s' if version.file_count != 1 else ''}"
    line = f"{files}, {filesizeformat(version.size)} unpacked. {LAYOUTS.get(version.layout, version.layout)}."
    return Stage("done", "check", "Intake", [line], is_intake=True)


def _scans(version: PluginVersion, scan: PluginScan | None) -> list[Stage]:
    if scan is None:
        return [Stage("wait", "scan-line", "Static scan", ["It has not begun."])]
    if scan.state == PluginScan.State.FAILED:
        return [Stage("bad", "x", "Scan", [scan.error or "It failed; the moderators see that."])]
    if scan.state == PluginScan.State.DONE:
        return [_static_done(scan), _model_done(scan)]
    if scan.state == PluginScan.State.QUEUED:
        waits = Stage("now", "scan-line", "Static scan", ["It waits for a worker."])
        return [waits, Stage("wait", "cpu", "Model scan", ["After the static scan."])]
    if scan.stage == PluginScan.Stage.STATIC:
        reads = Stage("now", "scan-line", "Static scan", [f"{version.file_count:,} files are read by the rules."])
        return [reads, Stage("wait", "cpu", "Model scan", ["After the static scan."])]
    reading = f"{scan.done} of {scan.total} parts read." if scan.total else "A model reads it."
    now = Stage("now", "cpu", "Model scan", [reading], done=scan.done, total=scan.total)
    return [Stage("done", "check", "Static scan", ["Every file was read by the rules."]), now]


def _static_done(scan: PluginScan) -> Stage:
    number = sum(1 for item in scan.findings if item["by"] == "rules")
    line = f"Rules {scan.rules_version}: {number} finding{'s' if number != 1 else ''}."
    time = words.duration(scan.static_ms) if scan.static_ms is not None else ""
    return Stage("done", "check", "Static scan", [line], time)


def _model_done(scan: PluginScan) -> Stage:
    if scan.model_state == ModelState.REVIEWED:
        number = sum(1 for item in scan.findings if item["by"] == "model")
        line = f"{scan.model}: risk {scan.risk_score} of 100, {number} finding{'s' if number != 1 else ''}."
        return Stage("done", "check", "Model scan", [line])
    if scan.model_state == ModelState.SKIPPED:
        return Stage("wait", "cpu", "Model scan", ["Left out: the rules block it already."])
    return Stage(
        "wait", "cpu", "Model scan", ["No model has read it.", *([scan.model_note] if scan.model_note else [])]
    )


def _decision(version: PluginVersion, scan: PluginScan | None) -> Stage:
    said = [version.reason] if version.reason else []
    match VersionStatus(version.status):
        case VersionStatus.APPROVED:
            return Stage("done", "check", "Approved", said, _moment(version.reviewed_at))
        case VersionStatus.WITHDRAWN:
            return Stage("wait", "undo-2", "Withdrawn", ["You took it back; no moderator looks at it."])
        case VersionStatus.PENDING:
            return _waiting(version, scan)
    _, icon, title = STATES[VersionStatus(version.status)]
    return Stage("bad", icon, title, said, _moment(version.reviewed_at))


def _waiting(version: PluginVersion, scan: PluginScan | None) -> Stage:
    if scan is not None and scan.state in OPEN:
        return Stage("wait", "shield", "Moderator", ["A person reads whatever the scan does not block."])
    word = Verdict(version.verdict).label.lower()
    second = ["One moderator agrees; a second one has to."] if version.first_reviewer_id else []
    return Stage("now", "shield", "Moderator", [f"The scan says: {word}. Now a person reads it.", *second])


def _moment(when: datetime | None) -> str:
    return f"{when:%-d %b, %H:%M}" if when else ""
