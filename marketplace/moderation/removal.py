"""What a version leaves behind when it goes: enablements and assignments, notices, and what cards show instead."""

from collections import defaultdict
from uuid import UUID

from django.utils import timezone

from marketplace.browse import entries
from marketplace.enabling import tally
from marketplace.models import Plugin, PluginNotice, PluginVersion, VersionStatus
from marketplace.moderation import counts
from workspaces.audit import log as audit


def clear(version: PluginVersion, reason: str) -> counts.Touched:
    """Remove it wherever it is enabled, and from the agents there; each workspace is told. The counts of both."""
    touched = _told(version, reason, PluginNotice.Kind.DEACTIVATED)
    workspaces = list(counts.enabled(version).values_list("workspace_id", flat=True))
    counts.assigned(version, workspaces).delete()
    counts.enabled(version).delete()
    tally.count_installs(version.plugin_id)
    return touched


def warn(version: PluginVersion, reason: str) -> counts.Touched:
    """Tell each workspace that has it; nothing of it can be read any more once it is not approved."""
    return _told(version, reason, PluginNotice.Kind.BLOCKED)


def show_newest(plugin: Plugin) -> None:
    """Let the plugin show its newest approved version; keep what it shows when there is none. plugin: locked."""
    rows = PluginVersion.objects.filter(plugin=plugin, status=VersionStatus.APPROVED)
    newest = rows.order_by("-sort_key").first()
    plugin.current_version_id = newest.pk if newest else None
    if newest is not None:
        plugin.name = str(newest.package.get("name") or plugin.slug)[:200]
        plugin.description = str(newest.package.get("description") or "")
        plugin.tags = [str(tag)[:60] for tag in newest.package.get("tags") or []][:20]
    plugin.updated_at = timezone.now()
    plugin.save(update_fields=["is_public", "current_version_id", "name", "description", "tags", "updated_at"])
    entries.show_plugin(plugin)


def _told(version: PluginVersion, reason: str, kind: str) -> counts.Touched:
    # Every one of them is written to: held, so that none is enabled meanwhile and not told.
    rows = list(counts.enabled(version).select_for_update(of=("self",)).order_by("workspace_id"))
    workspaces = [row.workspace_id for row in rows]
    agents: dict[UUID, list[str]] = defaultdict(list)
    for row in counts.assigned(version, workspaces).order_by("priority"):
        agents[row.workspace_id].append(str(row.agent_id))
    PluginNotice.objects.bulk_create(
        PluginNotice(
            workspace_id=workspace_id,
            plugin_id=version.plugin_id,
            plugin_name=version.plugin.name,
            version=version.version,
            kind=kind,
            reason=reason,
            agent_ids=agents[workspace_id],
        )
        for workspace_id in workspaces
    )
    target = ("plugin", version.plugin_id, f"{version.plugin.slug} {version.version}")
    for workspace_id in workspaces:
        if workspace_id != version.workspace_id:
            audit.record(f"plugin.{kind}", workspace_id=workspace_id, target=target, after={"reason": reason})
    return counts.Touched(len(workspaces), sum(len(found) for found in agents.values()))
