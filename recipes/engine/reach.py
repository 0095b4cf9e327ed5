"""How far a person's word reaches that holds for the rest of a run: one tool, and whom or what its calls reach."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from recipes.engine.progress import subject_hash
from recipes.engine.sql import columns, statements
from recipes.engine.steps import Job
from recipes.engine.storing import as_json, storable
from tools.contract import Tool
from tools.sources import BUILTIN
from workspaces.scope.tenancy import Purpose

# Arguments of built-in tools that say which of the things they can do is done, to whom, and with whose account.
BINDING = ("method", "agent", "credential", "path")
# Arguments of other tools that are what is said, and not to whom: every other one may say whom a call reaches.
CONTENT = (
    *("text", "body", "content", "contents", "message", "subject", "title", "description", "html", "markdown"),
    *("comment", "note", "notes", "summary", "caption"),
)
WEB = ("http://", "https://")
# Of others, some take https://a\@b for a and some for b, and so with names before a host and letters beyond ASCII.
PLAIN = re.compile(r"[A-Za-z0-9._:\[\]-]+")
# A call that reaches more than this many characters tell is asked about each time; so is one nested deeper.
LONGEST = 2000
DEEPEST = 20


def reach_of(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a call has in common with those that the same word of a person allows.

    The same tool in the same version, which does the same kind of thing with the same account, and reaches the same
    hosts, people and places. Of tools that others made, nobody here knows which argument says whom they reach, so all
    are held but those that are a message by their name. None where that is too much to be shown to somebody.
    """
    connection = tool.connection_of(arguments)
    leaves = list(_leaves(arguments))
    if any(depth > DEEPEST for _, _, depth in leaves):
        return None
    found: dict[str, Any] = storable(
        {
            "tool": tool.name,
            "source": tool.source,
            "version": tool.version_hash,
            "connection": str(connection or ""),
            "effects": tool.effects_of(arguments),
            "hosts": sorted({host for _, value, _ in leaves if (host := _host(value))}),
            "binds": sorted({f"{name} {value}" for name, value, _ in leaves if _binds(tool, name, value)}),
        }
    )
    return found if len(as_json(found) or "") <= LONGEST else None


def _binds(tool: Tool, name: str, value: str) -> bool:
    """Whether an argument has to be the same again. Of an address it is the host that has."""
    if _host(value):
        return False
    return name in BINDING if tool.source == BUILTIN else name.rpartition(".")[2] not in CONTENT


def _leaves(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str, int]]:
    """Each value within, as (where it stands, text, depth)."""
    if isinstance(value, Mapping | list | tuple) and depth <= DEEPEST:
        items = value.items() if isinstance(value, Mapping) else (("", one) for one in value)
        for key, one in items:
            yield from _leaves(one, ".".join(filter(None, (name, str(key).lower()))), depth + 1)
    else:
        yield name, str(value).strip(), depth


def _host(text: str) -> str:
    """Where an address leads: scheme, host and port; the address itself where others may find another host in it."""
    if not text.lower().startswith(WEB):
        return ""
    try:
        parts = urlsplit(text)
        if not PLAIN.fullmatch(parts.netloc):
            return text
        return f"{parts.scheme}://{(parts.hostname or '').lower()}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return text


# A call that is allowed so has its row beside those that were asked about: who allowed it, when, with what arguments.
ALLOW = (
    "INSERT INTO approvals (id, workspace_id, step_id, tool, arguments, subject_hash, origins, status, asked_at, "
    "decided_at, decided_by_id, allowance_id, reach) "
    "SELECT v.id, s.workspace_id, s.id, v.tool, v.arguments::jsonb, v.subject_hash, %s::jsonb, 'approved', %s, %s, "
    "a.allowed_by_id, a.id, a.reach "
    "FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[]) "
    "AS v(id, tool, arguments, subject_hash, reach) "
    "JOIN execution_steps s ON s.id = %s AND s.fence = %s AND s.status = 'running' "
    "JOIN run_allowances a ON a.execution_id = s.execution_id AND a.revoked_at IS NULL AND a.reach = v.reach::jsonb "
    "ON CONFLICT (id) DO UPDATE SET tool = EXCLUDED.tool, arguments = EXCLUDED.arguments, "
    "subject_hash = EXCLUDED.subject_hash, origins = EXCLUDED.origins, status = 'approved', "
    "asked_at = EXCLUDED.asked_at, decided_at = EXCLUDED.decided_at, decided_by_id = EXCLUDED.decided_by_id, "
    "allowance_id = EXCLUDED.allowance_id, reach = EXCLUDED.reach, answer = NULL, comment = '' RETURNING id"
)


def allowed(job: Job, calls: list[tuple[UUID, str, dict[str, Any], dict[str, Any]]], origins: list[str]) -> set[UUID]:
    """Those of the calls, given as (id, tool, arguments, reach), that somebody allowed for the rest of this run.

    Asked of the database each time, so that a word that is taken back holds for no later call.
    """
    rows = [
        (key, tool, as_json(arguments), subject_hash(tool, arguments), as_json(reach))
        for key, tool, arguments, reach in calls
    ]
    with statements(Purpose.ENGINE) as sql:
        params = [as_json(origins), sql.now, sql.now, *columns(rows), job.step_id, job.fence]
        return {row[0] for row in sql.rows(ALLOW, params)}
