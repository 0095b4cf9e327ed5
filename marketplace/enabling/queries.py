"""Reads: which plugins a workspace has, in which version, and for which an update waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from automatos.errors import NotFound
from marketplace.models import AssignedPlugin, EnabledPlugin, Plugin, PluginReview, PluginVersion, VersionStatus
from workspaces.models import Workspace


@dataclass(frozen=True)
class Update:
    """A newer approved version of a plugin that the workspace has. is_put_off: nobody is to be reminded of it now."""

    enabled: EnabledPlugin
    version: PluginVersion
    is_put_off: bool


def enabled_in(workspace: Workspace) -> QuerySet[EnabledPlugin]:
    """What the workspace has, by name."""
    rows = EnabledPlugin.objects.filter(workspace=workspace)
    return rows.select_related("plugin__publisher", "plugin__category", "version__signed_by", "enabled_by").order_by(
        "plugin__name", "pk"
    )


def usable_in(workspace: Workspace) -> QuerySet[EnabledPlugin]:
    """Those of them that agents can have now: nobody took their version away."""
    return enabled_in(workspace).filter(version__status=VersionStatus.APPROVED)


def enabled(workspace: Workspace, plugin_id: UUID) -> EnabledPlugin | None:
    """The workspace's row of a plugin."""
    return enabled_in(workspace).filter(plugin_id=plugin_id).first()


def enabled_or_404(workspace: Workspace, plugin_id: UUID) -> EnabledPlugin:
    """The same. Raises NotFound."""
    found = enabled(workspace, plugin_id)
    if found is None:
        raise NotFound()
    return found


def plugin_by_slug(workspace: Workspace, slug: str) -> Plugin:
    """A plugin that was approved once, or that the workspace has made. Raises NotFound."""
    rows = Plugin.objects.filter(Q(is_public=True) | Q(workspace=workspace), slug=slug)
    found = rows.select_related("publisher", "category").first()
    if found is None:
        raise NotFound()
    return found


def approved_version(plugin: Plugin, number: str = "") -> PluginVersion:
    """The version of this number that can be had, or the newest. Raises NotFound."""
    rows = PluginVersion.objects.filter(plugin=plugin, status=VersionStatus.APPROVED)
    if number and "\x00" not in number:
        rows = rows.filter(version=number)
    elif number or not plugin.current_version_id:
        raise NotFound()
    else:
        rows = rows.filter(pk=plugin.current_version_id)
    found = rows.select_related("signed_by", "plugin").first()
    if found is None:
        raise NotFound()
    return found


def updates_of(rows: Sequence[EnabledPlugin]) -> dict[UUID, Update]:
    """By plugin, the newer version that waits, in one query."""
    ids = [row.plugin.current_version_id for row in rows if row.plugin.current_version_id]
    newest = PluginVersion.objects.filter(status=VersionStatus.APPROVED).in_bulk(ids)
    found = {}
    for row in rows:
        version = newest.get(row.plugin.current_version_id) if row.plugin.current_version_id else None
        if version is not None and version.sort_key > row.version.sort_key:
            found[row.plugin_id] = Update(row, version, _is_put_off(row, version))
    return found


def waiting_updates(workspace: Workspace) -> list[Update]:
    """Updates that nobody has put off."""
    return [update for update in updates_of(list(enabled_in(workspace)[:500])).values() if not update.is_put_off]


def agent_counts(workspace: Workspace, plugin_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many agents have each plugin."""
    found: dict[UUID, int] = dict.fromkeys(plugin_ids, 0)
    for plugin_id in AssignedPlugin.objects.filter(workspace=workspace, plugin_id__in=plugin_ids).values_list(
        "plugin_id", flat=True
    ):
        found[plugin_id] += 1
    return found


def reviews_of(plugin: Plugin) -> QuerySet[PluginReview]:
    """What is said of a plugin, the newest first."""
    return PluginReview.objects.filter(plugin=plugin).order_by("-updated_at", "pk")


def own_review(workspace: Workspace, plugin: Plugin) -> PluginReview | None:
    """What this workspace said of it."""
    return reviews_of(plugin).filter(workspace=workspace).first()


def plugin_ids_of(workspace_id: UUID, agent_id: UUID) -> list[UUID]:
    """The agent's plugins in their order, whatever became of their versions."""
    rows = AssignedPlugin.objects.filter(workspace_id=workspace_id, agent_id=agent_id)
    return list(rows.order_by("priority", "pk").values_list("plugin_id", flat=True))


def plugin_ids_by_agent(agent_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The same for several agents, in one query."""
    found: dict[UUID, list[UUID]] = {key: [] for key in agent_ids}
    rows = AssignedPlugin.objects.filter(agent_id__in=list(agent_ids)).order_by("priority", "pk")
    for agent_id, plugin_id in rows.values_list("agent_id", "plugin_id"):
        found[agent_id].append(plugin_id)
    return found


def plugins_of(workspace: Workspace, agent_id: UUID) -> list[EnabledPlugin]:
    """The agent's plugins in their order, each with the version that is pinned; blocked ones too."""
    order = plugin_ids_of(workspace.pk, agent_id)
    rows = {row.plugin_id: row for row in enabled_in(workspace).filter(plugin_id__in=order)}
    return [rows[key] for key in order if key in rows]


def agent_ids_with(workspace: Workspace, plugin_id: UUID) -> list[UUID]:
    """Which agents have it, those that were given it first in front."""
    rows = AssignedPlugin.objects.filter(workspace=workspace, plugin_id=plugin_id)
    return list(rows.order_by("assigned_at", "pk").values_list("agent_id", flat=True))


def _is_put_off(row: EnabledPlugin, version: PluginVersion) -> bool:
    if row.put_off != version.version:
        return False
    return row.put_off_until is None or row.put_off_until > timezone.now()
