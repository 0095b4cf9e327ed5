"""Agents that were made from a plugin's template: their words are the author's, and a block stops them."""

from collections.abc import Iterable
from uuid import UUID

from tools.contract import Tool
from tools.sources import Found, ToolSource

MADE = "FROM plugin_agents i WHERE i.agent_id = a.id AND i.workspace_id = a.workspace_id"
TAKEN = (
    "FROM plugin_agents i JOIN plugin_versions v ON v.plugin_id = i.plugin_id AND v.version = i.version "
    "AND v.status <> 'approved' WHERE i.agent_id = a.id AND i.workspace_id = a.workspace_id"
)


class InstalledAgents(ToolSource):
    """No tools of its own. kept: where the agent's words are from. live: whether that version was taken away."""

    name = "plugin_agent"
    kept = f"(SELECT json_agg(json_build_array(i.slug, i.version)) {MADE})"
    live = f"(SELECT json_agg(json_build_array(i.slug, i.version, v.status)) {TAKEN})"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        return ()

    def origins(self, found: Found) -> Iterable[str]:
        return [f"plugin {slug} {version}" for slug, version in found.kept or ()]

    def refusal(self, found: Found) -> str:
        for slug, version, status in found.live or ():
            return f"was made from the plugin {slug} {version}, which was {status} meanwhile. Choose another agent."
        return ""
