"""Agents of a run under way: as they were when its first step was claimed, whatever is edited meanwhile.

The run's row names a pin for each of its agents. An agent that was not edited since needs no look at the stored one,
since a pin's id is that of its content.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from agents.work.pins import Pin, pin_of, restored
from agents.work.spec import AgentSpec
from recipes.engine.ledger import Run, from_json
from recipes.engine.sql import Statement, Statements, array, columns

Specs = Mapping[UUID, AgentSpec]
KNOWN = "SELECT pins ->> %s FROM recipe_executions WHERE id = %s AND workspace_id = %s"
# What was pinned in the meantime stays.
KEPT = (
    "UPDATE recipe_executions SET pins = jsonb_build_object(%s::text, %s::text) || COALESCE(pins, '{}') "
    "WHERE id = %s AND workspace_id = %s RETURNING pins ->> %s"
)


class Pins:
    """What a claim pins and finds pinned. specs: the agents as they are now."""

    def __init__(self, specs: Specs) -> None:
        self.specs = specs
        self.now = {agent_id: pin_of(spec) for agent_id, spec in specs.items()}
        # With their workspaces, not known to be stored.
        self.new: list[tuple[UUID, Pin]] = []

    def pin(self, run: Run, agent_ids: Iterable[UUID]) -> None:
        """Keep those agents for the run that it does not keep yet."""
        for agent_id in agent_ids:
            pin = self.now.get(agent_id)
            if pin is not None and run.pin(agent_id, pin.id):
                self.new.append((run.workspace_id, pin))

    def read(self, sql: Statements, kept: Iterable[tuple[Run, UUID]]) -> dict[tuple[UUID, UUID], AgentSpec]:
        """The agents as runs keep them, by (run, agent): one statement more where one was edited since."""
        wanted = [(run.id, agent_id, UUID(run.pins[str(agent_id)])) for run, agent_id in kept if agent_id in self.specs]
        edited = {key for _, agent_id, key in wanted if key != self.now[agent_id].id}
        bodies = _bodies(sql, edited) if edited else {}
        return {
            (run_id, agent_id): restored(bodies[key], self.specs[agent_id]) if key in bodies else self.specs[agent_id]
            for run_id, agent_id, key in wanted
        }


def stored(pins: Iterable[tuple[UUID, Pin]]) -> Statement:
    """Writes down pins of workspaces; those that are there already stay."""
    # In one order, so that two workers that pin the same agents wait for one another at most once.
    known = {pin.id: (pin.id, workspace_id, pin.agent_id, pin.version, pin.body.decode()) for workspace_id, pin in pins}
    rows = [known[key] for key in sorted(known)]
    return (
        "INSERT INTO agent_pins (id, workspace_id, agent_id, agent_version, body, created_at) "
        "SELECT v.id, v.workspace_id, v.agent_id, v.agent_version, v.body::jsonb, statement_timestamp() "
        "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[]) "
        "AS v(id, workspace_id, agent_id, agent_version, body) ON CONFLICT (id) DO NOTHING",
        columns(rows),
    )


def asked(sql: Statements, workspace_id: UUID, run_id: UUID, spec: AgentSpec) -> AgentSpec:
    """An agent that another one asks: from the first question on the run keeps it as well."""
    pin, agent = pin_of(spec), str(spec.id)
    known = sql.rows(KNOWN, [agent, run_id, workspace_id])
    if known and known[0][0] is None:
        sql.send(*stored([(workspace_id, pin)]))
        known = sql.rows(KEPT, [agent, str(pin.id), run_id, workspace_id, agent])
    key = UUID(known[0][0]) if known else pin.id
    body = _bodies(sql, {key}).get(key) if key != pin.id else None
    return restored(body, spec) if body else spec


def _bodies(sql: Statements, keys: Iterable[UUID]) -> dict[UUID, Mapping[str, object]]:
    rows = sql.rows("SELECT id, body FROM agent_pins WHERE id = ANY(%s::uuid[])", [array(keys)])
    return {key: from_json(body) for key, body in rows}
