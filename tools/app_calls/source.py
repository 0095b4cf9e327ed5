"""Connected apps as a source: two tools, whatever the number of an agent's actions."""

from collections.abc import Iterable
from uuid import UUID

from tools.app_calls.stored import StoredApps
from tools.app_calls.tools import SOURCE, AgentApps, apps_from, tools_for
from tools.contract import Tool
from tools.sources import Found, Place, ToolSource

OWN_APPS = "FROM agent_app_assignments x WHERE x.agent_id = a.id AND x.level = 'app' AND x.allowed"
POLICIES = (
    "SELECT json_agg(json_build_array(t.app, t.level, t.name, t.asks)) FROM tool_policies t "  # noqa: S608
    f"WHERE t.workspace_id = a.workspace_id AND t.app IN (SELECT x.app {OWN_APPS})"
)
DONE = (
    "SELECT json_agg(DISTINCT l.tool) FROM tool_execution_logs l "
    "WHERE l.agent_id = a.id AND l.source = 'app' AND l.status = 'done'"
)
CONNECTIONS = (
    "SELECT json_object_agg(c.app, c.id) FROM composio_connections c "  # noqa: S608
    f"WHERE c.workspace_id = a.workspace_id AND c.app IN (SELECT x.app {OWN_APPS})"
)


class AppTools(ToolSource):
    """kept: the agent's apps. live: when they ask a person, what the agent did before, the connections."""

    name = SOURCE
    kept = f"(SELECT json_agg(x.app ORDER BY x.app) {OWN_APPS})"
    live = f"json_build_object('policies', ({POLICIES}), 'done', ({DONE}), 'connections', ({CONNECTIONS}))"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        return tools_for(agent_id, apps_of(found)).values()

    def door(self, place: Place) -> StoredApps:
        return StoredApps(place.workspace_id, place.execution_id, place.agent_name, place.errand, place.files)


def apps_of(found: Found) -> AgentApps:
    """An agent's apps, from what the tables say."""
    live = found.live or {}
    return apps_from(
        live.get("policies") or (), live.get("done") or (), found.kept or (), live.get("connections") or {}
    )
