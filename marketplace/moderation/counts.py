"""Who is touched when a version goes: workspaces that enabled it and agents that have it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from marketplace.models import AssignedPlugin, EnabledPlugin, PluginVersion


@dataclass(frozen=True, slots=True)
class Touched:
    """How many workspaces and agents. names: of some of the workspaces."""

    workspaces: int
    agents: int
    names: tuple[str, ...] = ()

    def to_json(self) -> dict[str, int]:
        return {"workspaces": self.workspaces, "agents": self.agents}


def enabled(version: PluginVersion) -> QuerySet[EnabledPlugin]:
    """Where exactly this version is enabled."""
    return EnabledPlugin.objects.filter(version=version)


def assigned(version: PluginVersion, workspaces: list[UUID]) -> QuerySet[AssignedPlugin]:
    """Agents of these workspaces that have the plugin."""
    return AssignedPlugin.objects.filter(plugin_id=version.plugin_id, workspace_id__in=workspaces)


def touched_by(version: PluginVersion, *, names: int = 5) -> Touched:
    """The counts as they are now. To be called across workspaces."""
    rows = list(enabled(version).values_list("workspace_id", "workspace__name").order_by("workspace__name"))
    agents = assigned(version, [workspace_id for workspace_id, _ in rows]).values("agent_id").distinct().count()
    return Touched(len(rows), agents, tuple(name for _, name in rows[:names]))
