"""Bytes that are known to be bad: noted by an operator, looked for in each scan, whatever the rules say of them."""

import re
from dataclasses import replace
from uuid import UUID

from django.db.models import Q

from automatos.errors import InvalidInput
from marketplace.models import BlockedHash, PluginFile, PluginVersion
from marketplace.scanning.report import Finding, StaticReport
from marketplace.scanning.scale import BASE, static_score
from workspaces.audit import log as audit
from workspaces.scope.tenancy import Purpose, system_scope

SHA256 = re.compile(r"[0-9a-f]{64}")
RULE = "L-09"


def block(sha256: str, reason: str) -> list[PluginVersion]:
    """Note a hash as bad; gives the versions that hold it. To be called across workspaces. Raises InvalidInput."""
    digest = _checked(sha256)
    if not reason.strip():
        raise InvalidInput("Say with --reason why these bytes are blocked; authors and moderators read it.")
    BlockedHash.objects.update_or_create(sha256=digest, defaults={"reason": reason.strip()})
    after = {"sha256": digest, "reason": reason.strip()}
    audit.record("plugin.hash_blocked", workspace_id=None, target=("blocked_hash", digest, digest[:12]), after=after)
    holding = Q(sha256=digest) | Q(pk__in=PluginFile.objects.filter(sha256=digest).values("version_id"))
    return list(PluginVersion.objects.filter(holding).select_related("plugin").order_by("plugin__slug", "sort_key"))


def unblock(sha256: str) -> bool:
    """Take a hash off the list; whether it was there. To be called across workspaces."""
    digest = _checked(sha256)
    gone, _ = BlockedHash.objects.filter(sha256=digest).delete()
    if gone:
        target = ("blocked_hash", digest, digest[:12])
        audit.record("plugin.hash_unblocked", workspace_id=None, target=target, before={"sha256": digest})
    return bool(gone)


def marked(report: StaticReport, version_id: UUID) -> StaticReport:
    """The report with a critical finding for each file, or for the whole, whose bytes are known to be bad."""
    with system_scope(Purpose.SCAN):
        paths: dict[str, str] = dict(PluginFile.objects.filter(version_id=version_id).values_list("sha256", "path"))
        paths[report.digest] = ""
        bad = list(BlockedHash.objects.filter(sha256__in=paths).order_by("sha256"))
    if not bad:
        return report
    found = tuple(_finding(report, paths[row.sha256], row.sha256, row.reason) for row in bad)
    total = report.total + BASE["decisive"]
    return replace(report, findings=(*found, *report.findings), total=total, static_score=static_score(total))


def _finding(report: StaticReport, path: str, sha256: str, reason: str) -> Finding:
    return Finding(
        rule=RULE,
        rule_version=report.rules_version,
        threat="L",
        severity="critical",
        title="These bytes are known to be bad",
        points=BASE["decisive"],
        factors={"base": BASE["decisive"]},
        file=path,
        line=0,
        quote=f"SHA-256 {sha256}",
        why=reason,
        cure="Leave the file out.",
    )


def _checked(sha256: str) -> str:
    digest = sha256.strip().lower()
    if not SHA256.fullmatch(digest):
        raise InvalidInput("A SHA-256 has 64 characters, 0 to 9 and a to f.")
    return digest
