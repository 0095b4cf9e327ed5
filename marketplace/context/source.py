"""Plugins as a source of tools: their skills and files by name, and a tool for each command."""

from collections.abc import Iterable
from uuid import UUID

from marketplace.context.commands import tool_for
from marketplace.context.plugin import AssignedPlugin
from marketplace.context.service import PluginContextService
from marketplace.context.skills import skill_tools
from marketplace.context.stored import SOURCE, StoredPlugins
from tools.contract import Tool
from tools.sources import Found, Place, ToolSource, refusing

OWN = (
    "FROM agent_assigned_plugins x JOIN workspace_enabled_plugins e "
    "ON e.workspace_id = x.workspace_id AND e.plugin_id = x.plugin_id "
    "JOIN plugin_versions v ON v.id = e.version_id AND v.status = 'approved' "
    "WHERE x.agent_id = a.id AND x.workspace_id = a.workspace_id"
)
GONE = (
    "FROM plugin_notices n JOIN plugin_versions v ON v.plugin_id = n.plugin_id AND v.version = n.version "
    "AND v.status <> 'approved' WHERE n.workspace_id = a.workspace_id"
)


class PluginTools(ToolSource):
    """kept: the agent's plugins, with what it is told of them. live: versions that were taken from the workspace."""

    name = SOURCE
    kept = f"(SELECT json_agg(json_build_array(e.plugin_id, e.version_id, e.offer) ORDER BY x.priority, x.id) {OWN})"
    live = f"(SELECT json_agg(json_build_array(n.plugin_id, n.version, v.status)) {GONE})"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        every = PluginContextService(found).every
        return [*skill_tools(every), *(tool for one in every for tool in _commands(one))]

    def door(self, place: Place) -> StoredPlugins:
        return StoredPlugins(place.workspace_id, place.errand)


def _commands(plugin: AssignedPlugin) -> list[Tool]:
    tools = [tool_for(plugin, row) for row in plugin.commands if not row.get("by_people")]
    return [refusing(tool, plugin.why_gone) for tool in tools] if plugin.why_gone else tools
