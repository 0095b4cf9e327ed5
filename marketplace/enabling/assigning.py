"""Which plugins an agent has. The agent belongs to a higher app, which has checked it: here it is an id."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from automatos.checking import Problems
from marketplace.models import AssignedPlugin, EnabledPlugin
from workspaces.audit import log as audit
from workspaces.models import Workspace

MOST = 100


def check_plugins(workspace: Workspace, plugin_ids: Sequence[UUID], problems: Problems) -> list[UUID]:
    """Each once, in their order; notes every one that is not enabled here. A blocked one may stay; it has no effect."""
    wanted = list(dict.fromkeys(plugin_ids))
    if len(wanted) > MOST:
        problems.add("plugin_ids", f"These are {len(wanted):,} plugins; an agent has at most {MOST}.")
        return wanted
    rows = EnabledPlugin.objects.filter(workspace=workspace, plugin_id__in=wanted)
    there = set(rows.values_list("plugin_id", flat=True))
    for key in wanted:
        if key not in there:
            problems.add("plugin_ids", f"The plugin {key} is not enabled in this workspace. Enable it first.")
    return wanted


@transaction.atomic
def assign_plugins(*, workspace: Workspace, agent_id: UUID, name: str, plugin_ids: Sequence[UUID]) -> None:
    """Exactly these, in this order; their place is their priority. They were checked. name: the agent's."""
    rows = AssignedPlugin.objects.filter(workspace=workspace, agent_id=agent_id)
    before = list(rows.order_by("priority", "pk").values_list("plugin_id", flat=True))
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
