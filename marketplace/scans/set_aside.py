"""Findings that moderators judged harmless: they stay in the report, count for nothing, and say who set them aside."""

import hashlib
from dataclasses import replace
from uuid import UUID

from marketplace.models import PluginFile, SetAside
from marketplace.scanning.report import Finding, StaticReport
from marketplace.scanning.scale import static_score
from workspaces.scope.tenancy import Purpose, system_scope


def hash_of(rule: str, file_sha256: str, quote: str) -> str:
    """Names a finding by what was found: the same rule in the same bytes."""
    return hashlib.sha256("\0".join((rule, file_sha256, quote)).encode()).hexdigest()


def applied(report: StaticReport, version_id: UUID) -> StaticReport:
    """The report in which those that were set aside are only notes."""
    if not report.findings:
        return report
    with system_scope(Purpose.SCAN):
        files = dict(PluginFile.objects.filter(version_id=version_id).values_list("path", "sha256"))
        named = [hash_of(one.rule, files.get(one.file, report.digest), one.quote) for one in report.findings]
        rows = {row.sha256: row for row in SetAside.objects.filter(sha256__in=named)}
    if not rows:
        return report
    pairs = zip(report.findings, named, strict=True)
    findings = tuple(_noted(one, rows[key]) if key in rows else one for one, key in pairs)
    less = _by_class(report.findings) - _by_class(findings)
    total = max(0.0, report.total - less)
    return replace(report, findings=findings, total=total, static_score=static_score(total))


def _noted(finding: Finding, row: SetAside) -> Finding:
    why = f"Set aside by {row.person_name or 'a moderator'}: {row.reason}"
    return replace(finding, severity="info", points=0.0, why=why)


def _by_class(findings: tuple[Finding, ...]) -> float:
    """The best points of each class, added up."""
    best: dict[str, float] = {}
    for one in findings:
        best[one.threat] = max(best.get(one.threat, 0.0), one.points)
    return sum(best.values())
