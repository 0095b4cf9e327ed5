"""Approved versions are scanned anew when the rules have changed; what comes out otherwise goes to the moderators."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from marketplace.models import PluginScan, PluginVersion, VersionStatus
from marketplace.scanning.scale import RULES_VERSION
from marketplace.scans import holding
from workspaces.audit import log as audit
from workspaces.scope.tenancy import Purpose, system_scope

# How many are begun at once, so that new submissions do not wait behind the whole catalogue.
AT_ONCE = 5
# A scan that failed is tried again after so long.
PAUSE = timedelta(days=1)


def begin() -> list[UUID]:
    """Note scans for a few approved versions that the present rules have not seen; gives the scans' ids."""
    known = Q(rules_version=RULES_VERSION) | Q(state__in=holding.OPEN)
    failed = Q(state=PluginScan.State.FAILED, created_at__gt=timezone.now() - PAUSE)
    seen = PluginScan.objects.filter(known | failed, version_id=OuterRef("pk"))
    with system_scope(Purpose.SCAN):
        versions = PluginVersion.objects.filter(~Exists(seen), status=VersionStatus.APPROVED).order_by("pk")
        chosen = versions.select_related("plugin").select_for_update(of=("self",), skip_locked=True)[:AT_ONCE]
        return [_noted(version) for version in chosen]


def _noted(version: PluginVersion) -> UUID:
    scan = PluginScan.objects.create(
        version=version,
        workspace_id=version.workspace_id,
        trigger=PluginScan.Trigger.RULES,
        sha256=version.sha256,
    )
    target = ("plugin_version", version.pk, f"{version.plugin.slug} {version.version}")
    audit.record("plugin.scan_requested", workspace_id=version.workspace_id, target=target)
    return scan.pk
