"""Hooks ride with the sources of tools: which ones an agent has is pinned, whether they may be used is read anew."""

from collections.abc import Iterable
from uuid import UUID

from tools.contract import Tool
from tools.sources import Found, ToolSource

SOURCE = "plugin_hook"
OWN = (
    "FROM agent_assigned_plugins x JOIN workspace_enabled_plugins e "
    "ON e.workspace_id = x.workspace_id AND e.plugin_id = x.plugin_id "
    "JOIN plugin_versions v ON v.id = e.version_id AND v.status = 'approved' "
    "WHERE x.agent_id = a.id AND x.workspace_id = a.workspace_id AND e.has_hooks"
)
ROW = "json_build_array(e.plugin_id, e.offer ->> 'slug', e.offer ->> 'version', e.offer -> 'hooks')"


class HookSource(ToolSource):
    """No tools. kept: plugin, slug, version and hooks of each. live: those still there, and whether they may call."""

    name = SOURCE
    kept = f"(SELECT json_agg({ROW} ORDER BY x.priority, x.id) {OWN})"
    live = f"(SELECT json_agg(json_build_array(e.plugin_id, e.allows_calls)) {OWN})"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        return ()
