"""What stands in the tables about one call of an action, read by one statement: it precedes each call.

Five questions through the ORM took 4 ms of processor time, most of it to make the same SQL again.
"""

from dataclasses import dataclass, field
from uuid import UUID

import orjson
from django.db import connection

from tools.assignments.switches import Switches
from tools.models import ComposioActionCache, ComposioAppCache, ComposioConnection
from tools.rows import Columns
from workspaces.models import Credential

CREDENTIAL = Columns(Credential)
ACTION = Columns(
    ComposioActionCache,
    *("id", "workspace_id", "app_id", "action", "display_name", "parameters", "category", "version", "no_auth"),
    "status",
)
APP = Columns(ComposioAppCache, "id", "workspace_id", "slug", "display_name", "no_auth", "status")
CONNECTION = Columns(ComposioConnection)

# As `access.key_state` chooses the key, and its server the catalogue. An agent of None has no switches.
STATEMENT = f"""
WITH own AS (
    SELECT * FROM credentials WHERE workspace_id = %(workspace)s AND type_id = 'composio' AND deleted_at IS NULL
    ORDER BY created_at DESC, id DESC LIMIT 1
)
SELECT {CREDENTIAL.listed("own")}, {ACTION.listed("a")}, {APP.listed("p")}, {CONNECTION.listed("c")}, (
    SELECT jsonb_agg(jsonb_build_array(s.level, s.name, s.allowed)) FROM agent_app_assignments s
    WHERE s.workspace_id = %(workspace)s AND s.agent_id = %(agent)s AND s.app = %(app)s
)
FROM (VALUES (1)) AS one (n) LEFT JOIN own ON true
LEFT JOIN (composio_action_cache a JOIN composio_app_cache p ON p.id = a.app_id AND p.slug = %(app)s)
    ON a.action = %(action)s AND a.workspace_id IS NOT DISTINCT FROM
        CASE WHEN own."values" ->> 'base_url' <> '' THEN %(workspace)s::uuid END
LEFT JOIN composio_connections c ON c.workspace_id = %(workspace)s AND c.app = %(app)s
"""  # noqa: S608 - names of columns, not values


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found; None or empty for what is not there. own: the workspace's own key of Composio, sealed."""

    own: Credential | None = None
    action: ComposioActionCache | None = None
    connection: ComposioConnection | None = None
    switches: Switches = field(default_factory=Switches)


def look_up(workspace_id: UUID, agent_id: UUID | None, app: str, action: str) -> Looked:
    """Everything about one call, in the workspace's scope."""
    with connection.cursor() as cursor:
        given = {"workspace": workspace_id, "agent": agent_id, "app": app, "action": action}
        cursor.execute(STATEMENT, given)
        row = list(cursor.fetchone())
    own, found, its_app, connected = CREDENTIAL.take(row), ACTION.take(row), APP.take(row), CONNECTION.take(row)
    if found is not None and its_app is not None:
        found.app = its_app
    switches = orjson.loads(row[0] or b"[]")
    return Looked(own, found, connected, Switches({(level, name): allowed for level, name, allowed in switches}))
