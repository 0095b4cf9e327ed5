"""Which plugins an agent has. The agent belongs to a higher app, which has checked it: here it is an id."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from automatos.checking import Problems
from marketplace.enabling.queries import enabled_in
from marketplace.models import AssignedPlugin, EnabledPlugin, VersionStatus
from workspaces.audit import log as audit
from workspaces.models import Workspace

MOST = 100


def check_plugins(workspace: Workspace, plugin_ids: Sequence[UUID], problems: Problems) -> list[UUID]:
    """Each once, in their order; notes every one that is not enabled here, and every one that cannot be used."""
    wanted = list(dict.fromkeys(plugin_ids))
    if len(wanted) > MOST:
        problems.add("plugin_ids", f"These are {len(wanted):,} plugins; an agent has at most {MOST}.")
        return wanted
    rows = {row.plugin_id: row for row in enabled_in(workspace).filter(plugin_id__in=wanted)}
    for key in wanted:
        row = rows.get(key)
        if row is None:
            problems.add("plugin_ids", f"The plugin {key} is not enabled in this workspace. Enable it first.")
        elif row.version.status != VersionStatus.APPROVED:
            state = row.version.get_status_display().lower()
            problems.add("plugin_ids", f"{row.plugin.name} {row.version.version} ({key}) is {state}; leave it out.")
    return wanted


@transaction.atomic
def assign_plugins(*, workspace: Workspace, agent_id: UUID, name: str, plugin_ids: Sequence[UUID]) -> None:
    """Exactly these, in this order; their place is their priority. They were checked. name: the agent's."""
    before = plugin_ids_of(workspace.pk, agent_id)
    if before == list(plugin_ids):
        return
    # Held, so that a plugin that is taken out meanwhile takes this assignment along, or is found missing.
    held = EnabledPlugin.objects.select_for_update(of=("self",)).filter(workspace=workspace, plugin_id__in=plugin_ids)
    there = set(held.order_by("pk").values_list("plugin_id", flat=True))
    AssignedPlugin.objects.filter(workspace=workspace, agent_id=agent_id).exclude(plugin_id__in=plugin_ids).delete()
    AssignedPlugin.objects.bulk_create(
        [
            AssignedPlugin(workspace=workspace, agent_id=agent_id, plugin_id=key, priority=place)
            for place, key in enumerate(plugin_ids)
            if key in there
        ],
        update_conflicts=True,
        unique_fields=["agent_id", "plugin"],
        update_fields=["priority"],
    )
    audit.record(
        "agent.plugins_changed",
        workspace_id=workspace.pk,
        target=("agent", agent_id, name),
        before={"plugins": [str(key) for key in before]},
        after={"plugins": [str(key) for key in plugin_ids]},
    )


def plugin_ids_of(workspace_id: UUID, agent_id: UUID) -> list[UUID]:
    """The agent's plugins in their order, whatever became of their versions."""
    rows = AssignedPlugin.objects.filter(workspace_id=workspace_id, agent_id=agent_id)
    return list(rows.order_by("priority", "pk").values_list("plugin_id", flat=True))


def plugins_of(workspace: Workspace, agent_id: UUID) -> list[EnabledPlugin]:
    """The agent's plugins in their order, each with the version that is pinned; blocked ones too."""
    order = plugin_ids_of(workspace.pk, agent_id)
    rows = {row.plugin_id: row for row in enabled_in(workspace).filter(plugin_id__in=order)}
    return [rows[key] for key in order if key in rows]


def agent_ids_with(workspace: Workspace, plugin_id: UUID) -> list[UUID]:
    """Which agents have it, those that were given it first in front."""
    rows = AssignedPlugin.objects.filter(workspace=workspace, plugin_id=plugin_id)
    return list(rows.order_by("assigned_at", "pk").values_list("agent_id", flat=True))


def forget_agents(agent_ids: Sequence[UUID]) -> None:
    """Clear what agents had that are gone for good."""
    AssignedPlugin.objects.filter(agent_id__in=list(agent_ids)).delete()
