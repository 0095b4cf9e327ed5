"""What a finished scan changes: its own row, the version's verdict, and what was blocked is rejected at once."""

from typing import Any

from django.utils import timezone

from marketplace.models import Action, PluginDecision, PluginScan, PluginVersion, VersionStatus
from marketplace.scanning.model_report import ModelFinding, ModelReport
from marketplace.scanning.report import CLASSES, Finding, StaticReport
from marketplace.scanning.scale import SEVERITIES
from marketplace.scanning.verdict import Verdict as Outcome
from marketplace.scanning.verdict import verdict
from marketplace.scans import holding
from workspaces.audit import log as audit
from workspaces.scope.tenancy import Purpose, system_scope

SCANNER = "Scanner"


def settle(scan: PluginScan, static: StaticReport, report: ModelReport) -> None:
    """Keep the result, in one transaction. Raises Superseded when another worker holds the scan by now."""
    found = verdict(static, report)
    findings = uniform(static, report)
    with system_scope(Purpose.SCAN):
        version = PluginVersion.objects.select_for_update(of=("self",)).select_related("plugin").get(pk=scan.version_id)
        before = _scan_before(scan)
        done = holding.still_ours(scan).update(
            state=PluginScan.State.DONE,
            finished_at=timezone.now(),
            findings=findings,
            static_report=static.to_json(),
            static_score=static.static_score,
            static_ms=round(static.seconds * 1000),
            model_report=report.to_json(),
            model_state=report.state,
            model_note=report.reason,
            risk_score=report.risk_score if report.state == "reviewed" else None,
            verdict=found.word,
            reasons=list(found.reasons),
            difference=_difference(before, found, findings) if before else {},
        )
        if not done:
            raise holding.Superseded
        _show(version, PluginScan.objects.get(pk=scan.pk))
        if before and version.status == VersionStatus.PENDING and _is_other(before, found, findings):
            _ask_anew(version)
        if found.word == "blocked" and version.status == VersionStatus.PENDING:
            _reject(version, scan, found)


def uniform(static: StaticReport, report: ModelReport) -> list[dict[str, Any]]:
    """Findings of rules and model in one shape, the worst first."""
    found = [_of_rule(finding) for finding in static.findings]
    found += [_of_model(number, finding) for number, finding in enumerate(report.findings, 1)]
    return sorted(found, key=lambda item: (SEVERITIES.index(item["severity"]), -item["points"], item["file"]))


def _of_rule(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key[:80],
        "by": "rules",
        "rule": finding.rule,
        "kind": CLASSES.get(finding.threat, finding.threat),
        "severity": finding.severity,
        "title": finding.title,
        "points": finding.points,
        "file": finding.file,
        "line": finding.line,
        "lines": list(finding.lines),
        "quote": finding.quote,
        "decoded": finding.decoded,
        "chain": [{"file": step.file, "line": step.line, "what": step.what} for step in finding.chain],
        "declared": finding.declared,
        "why": finding.why,
        "cure": finding.cure,
    }


def _of_model(number: int, finding: ModelFinding) -> dict[str, Any]:
    return {
        "key": f"model:{number}:{finding.file}:{finding.line}"[:80],
        "by": "model",
        "rule": finding.category,
        "kind": finding.category.replace("_", " ").capitalize(),
        "severity": finding.severity,
        "title": finding.description.split(". ")[0][:160],
        "points": 0.0,
        "file": finding.file,
        "line": finding.line,
        "lines": [],
        "quote": finding.evidence[:200],
        "decoded": "",
        "chain": [],
        "declared": False,
        "why": finding.description,
        "cure": finding.advice,
    }


def _scan_before(scan: PluginScan) -> PluginScan | None:
    rows = PluginScan.objects.filter(version_id=scan.version_id, state=PluginScan.State.DONE)
    return rows.exclude(pk=scan.pk).order_by("-created_at").first()


def _difference(before: PluginScan, found: Outcome, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """What is other than in the scan before; empty if nothing is."""
    old, new = {item["key"]: item for item in before.findings}, {item["key"]: item for item in findings}
    added = [_short(item) for key, item in new.items() if key not in old]
    gone = [_short(item) for key, item in old.items() if key not in new]
    if before.verdict == found.word and not added and not gone:
        return {}
    return {"verdict": [before.verdict, found.word], "added": added, "gone": gone, "rules": before.rules_version}


def _is_other(before: PluginScan, found: Outcome, findings: list[dict[str, Any]]) -> bool:
    """Whether a moderator who read the report before has not seen this one."""
    old, new = (sorted((item["key"], item["severity"]) for item in each) for each in (before.findings, findings))
    return before.verdict != found.word or old != new


def _ask_anew(version: PluginVersion) -> None:
    """A first approval was given to another report: it does not count for this one."""
    version.first_reviewer, version.first_reason = None, ""
    version.save(update_fields=["first_reviewer", "first_reason"])


def _short(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("key", "severity", "title", "file", "line")}


def _show(version: PluginVersion, scan: PluginScan) -> None:
    """What the version shows of it."""
    version.verdict, version.scan_id = scan.verdict, scan.pk
    version.static_score, version.risk_score = scan.static_score, scan.risk_score
    version.worst = scan.findings[0]["severity"] if scan.findings else ""
    version.card = scan.static_report["card"]
    version.save(update_fields=["verdict", "scan_id", "static_score", "risk_score", "worst", "card"])


def _reject(version: PluginVersion, scan: PluginScan, found: Outcome) -> None:
    """What is blocked is rejected without anybody's doing; the author sees why and can answer."""
    reason = " ".join(["The scan blocks it.", *found.reasons])
    version.status, version.reason, version.reviewed_at = VersionStatus.REJECTED, reason, timezone.now()
    version.save(update_fields=["status", "reason", "reviewed_at"])
    PluginDecision.objects.create(
        version=version, workspace_id=version.workspace_id, action=Action.REJECTED, person_name=SCANNER,
        reason=reason, scan_id=scan.pk,
    )  # fmt: skip
    target = ("plugin_version", version.pk, f"{version.plugin.slug} {version.version}")
    audit.record("plugin.rejected", workspace_id=version.workspace_id, target=target, after={"reason": reason})
