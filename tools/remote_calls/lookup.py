"""What stands in the tables about one call of a tool of a server or an API, read by one statement before each call."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from tools.models import McpSignIn, RemoteService, RemoteTool
from tools.rows import Columns

TOOL, SERVICE, SIGN_IN = Columns(RemoteTool), Columns(RemoteService), Columns(McpSignIn)
STATEMENT = f"""
SELECT {TOOL.listed("t")}, {SERVICE.listed("s")}, {SIGN_IN.listed("i")},
    EXISTS (SELECT 1 FROM agent_remote_tools g WHERE g.agent_id = %(agent)s AND g.tool_id = t.id)
FROM remote_tools t JOIN remote_services s ON s.id = t.service_id
LEFT JOIN mcp_sign_ins i ON i.service_id = s.id AND i.state <> 'pending'
WHERE t.id = %(tool)s AND t.workspace_id = %(workspace)s
"""  # noqa: S608 - names of columns, not values


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. has_it: whether the agent was given the tool. sign_in: of its server, where somebody did."""

    tool: RemoteTool
    has_it: bool
    sign_in: McpSignIn | None


def look_up(workspace_id: UUID, agent_id: UUID | None, tool_id: UUID) -> Looked | None:
    """Everything about one call, in the workspace's scope; None where there is no such tool."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"workspace": workspace_id, "agent": agent_id, "tool": tool_id})
        found = cursor.fetchone()
    if found is None:
        return None
    row = list(found)
    tool, service, sign_in = TOOL.take(row), SERVICE.take(row), SIGN_IN.take(row)
    if tool is None or service is None:
        return None
    tool.service = service
    return Looked(tool, bool(row[0]), sign_in)
