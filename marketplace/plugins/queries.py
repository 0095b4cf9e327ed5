"""Reads: what everybody may use, and what a workspace submitted itself."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from automatos.errors import NotFound
from marketplace.models import (
    Plugin,
    PluginAnswer,
    PluginCategory,
    PluginDecision,
    PluginImport,
    PluginNotice,
    PluginReport,
    PluginScan,
    PluginVersion,
    VersionStatus,
)
from workspaces.models import Workspace

Row = TypeVar("Row", bound=Model)


def shown_to(workspace: Workspace) -> Q:
    """Plugins this workspace sees: what was approved once, and its own."""
    return Q(is_public=True) | Q(workspace=workspace)


def listed() -> QuerySet[Plugin]:
    """What can be had: plugins with an approved version, the most used first."""
    rows = Plugin.objects.filter(is_public=True, current_version_id__isnull=False)
    return rows.select_related("publisher", "category").order_by("-installs", "-updated_at", "pk")


def plugin(*, workspace: Workspace, plugin_id: UUID) -> Plugin:
    """A plugin this workspace sees. Raises NotFound."""
    rows = Plugin.objects.filter(shown_to(workspace), pk=plugin_id).select_related("publisher", "category")
    return _found(rows)


def versions_of(plugin: Plugin, workspace: Workspace) -> QuerySet[PluginVersion]:
    """Its versions that this workspace sees, the newest first."""
    rows = PluginVersion.objects.filter(Q(published_at__isnull=False) | Q(workspace=workspace), plugin=plugin)
    return rows.select_related("signed_by").order_by("-sort_key")


def usable_version(*, version_id: UUID) -> PluginVersion:
    """A version that may be used. Raises NotFound for any other."""
    rows = PluginVersion.objects.filter(status=VersionStatus.APPROVED, pk=version_id)
    return _found(rows.select_related("plugin__publisher", "signed_by"))


def submissions_of(workspace: Workspace) -> QuerySet[PluginVersion]:
    """What it submitted, the newest first."""
    rows = PluginVersion.objects.filter(workspace=workspace)
    return rows.select_related("plugin", "signed_by", "submitted_by").order_by("-submitted_at", "pk")


def submission(*, workspace: Workspace, version_id: UUID) -> PluginVersion:
    """One of them. Raises NotFound."""
    return _found(submissions_of(workspace).filter(pk=version_id))


def imports_of(workspace: Workspace) -> QuerySet[PluginImport]:
    """Repositories it had fetched, the newest first."""
    return PluginImport.objects.filter(workspace=workspace).order_by("-created_at", "pk")


def import_(*, workspace: Workspace, import_id: UUID) -> PluginImport:
    """One of them. Raises NotFound."""
    return _found(imports_of(workspace).filter(pk=import_id))


def last_scan(version: PluginVersion) -> PluginScan | None:
    """The newest scan, whatever its state."""
    return PluginScan.objects.filter(version=version).order_by("-created_at").first()


def deciding_scan(version: PluginVersion) -> PluginScan | None:
    """The scan its verdict comes from."""
    return PluginScan.objects.filter(version=version, pk=version.scan_id).first() if version.scan_id else None


def findings_of(version: PluginVersion) -> list[dict[str, Any]]:
    """Of the scan its verdict comes from."""
    scan = deciding_scan(version)
    return list(scan.findings) if scan else []


def decisions_of(version: PluginVersion, workspace: Workspace) -> QuerySet[PluginDecision]:
    """What was decided about it, the newest first."""
    return PluginDecision.objects.filter(version=version, workspace=workspace).order_by("-created_at")


def answers_of(version: PluginVersion, workspace: Workspace) -> dict[str, PluginAnswer]:
    """What its author said, by finding."""
    rows = PluginAnswer.objects.filter(version=version, workspace=workspace)
    return {row.finding: row for row in rows}


def reports_of(workspace: Workspace) -> QuerySet[PluginReport]:
    """What people here reported, the newest first."""
    return PluginReport.objects.filter(workspace=workspace).select_related("plugin").order_by("-created_at", "pk")


def open_notices(workspace: Workspace) -> Sequence[PluginNotice]:
    """What the workspace is to be told: versions it had that were taken away."""
    rows = PluginNotice.objects.filter(workspace=workspace, dismissed_at=None)
    return list(rows.order_by("-created_at")[:20])


def categories() -> QuerySet[PluginCategory]:
    """All of them, in their order."""
    return PluginCategory.objects.order_by("position")


def target_of(version: PluginVersion) -> tuple[str, UUID, str]:
    """How the audit log names it."""
    return "plugin_version", version.pk, f"{version.plugin.slug} {version.version}"


def _found(rows: QuerySet[Row]) -> Row:
    row = rows.first()
    if row is None:
        raise NotFound()
    return row
