"""Tool calls of runs that ended while their worker was dead: the log of tools gets them, as nobody else will.

A worker that lives logs what it breaks off, and one that takes a step over logs what was lost. Where the run was
stopped in between, neither is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.work.pins import restored
from agents.work.spec import AgentSpec, find_spec, load_specs
from agents.work.toolbox import toolbox_of
from recipes.engine.ledger import from_json
from recipes.engine.payloads import filled
from recipes.engine.sql import Statements, statements
from tools.executor import broken_off
from tools.logs.entries import Entry, entry_of, write_once
from workspaces.scope.tenancy import Purpose

# A worker that lives has so long to log its own calls; what ended longer ago than WINDOW was looked at before.
PATIENCE, WINDOW = timedelta(seconds=30), timedelta(hours=6)
BATCH = 200
NOT_TOOLS = "('model', 'embedding')"
LOST = f"""
SELECT c.id, c.workspace_id, c.name, ({filled("c", "data", "automatos_json")}) -> 'arguments',
  s.execution_id, s.agent_id, p.body,
  o.data #>> '{{arguments,agent}}'
FROM recipe_executions e
JOIN execution_steps s ON s.execution_id = e.id
JOIN execution_calls c ON c.step_id = s.id AND c.status = 'sent' AND c.kind NOT IN {NOT_TOOLS}
LEFT JOIN agent_pins p ON p.id = (e.pins ->> s.agent_id::text)::uuid
LEFT JOIN execution_calls o ON o.step_id = c.step_id AND o.attempt = c.attempt
  AND o.path = substring(c.path from '^(.*)\\.[^.]*$')
WHERE e.status IN ('failed', 'cancelled', 'stopped') AND e.completed_at BETWEEN %s AND %s AND s.agent_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tool_execution_logs l WHERE l.call_id = c.id)
ORDER BY c.sent_at LIMIT %s
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Lost:
    """A call as the journal has it. body: of the step's agent, as the run keeps it; asked: whom it asked, by name."""

    id: UUID
    workspace_id: UUID
    name: str
    arguments: Mapping[str, Any]
    execution_id: UUID
    agent_id: UUID
    body: Mapping[str, Any] | None
    asked: str | None


def note_lost_calls(patience: timedelta = PATIENCE) -> int:
    """Log them; how many there were. patience: a run that ended later is left to its worker."""
    now = timezone.now()
    with statements(Purpose.UPKEEP) as sql:
        rows = sql.rows(LOST, [now - WINDOW, now - patience, BATCH])
        found = [_lost(row) for row in rows]
        entries = _entries(found, sql)
    for entry in entries:
        write_once(entry)
    return len(entries)


def _lost(row: tuple[Any, ...]) -> Lost:
    key, workspace_id, name, arguments, run_id, agent_id, body, asked = row
    return Lost(key, workspace_id, name, from_json(arguments) or {}, run_id, agent_id, from_json(body), asked)


def _entries(found: Sequence[Lost], sql: Statements) -> list[Entry]:
    specs = load_specs({one.agent_id for one in found}, sql.rows) if found else {}
    made = []
    for one in found:
        spec = _caller(one, specs, sql)
        # The journal also has calls that no model makes: hints, and hooks of plugins. The log is for tools.
        tool = toolbox_of(spec).get(one.name) if spec else None
        if spec is not None and tool is not None:
            kept = broken_off(tool, one.arguments, None, one.id)
            made.append(entry_of(kept, one.workspace_id, one.execution_id, spec.id, spec.name))
    return made


def _caller(one: Lost, specs: Mapping[UUID, AgentSpec], sql: Statements) -> AgentSpec | None:
    """The agent that made the call: the step's, as it was, or the one that it asked."""
    if one.asked:
        return find_spec(one.workspace_id, one.asked, sql.rows)
    spec = specs.get(one.agent_id)
    return restored(one.body, spec) if spec is not None and one.body is not None else spec
