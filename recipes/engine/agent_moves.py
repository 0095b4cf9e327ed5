"""Agents that stop working while runs are live: at once, or by themselves after the last of these runs."""

import logging
from uuid import UUID

from django.db import connection

from agents.models import Agent
from agents.services import carry_out_pending
from agents.work.spec import AgentUnusable
from automatos.errors import AppError
from automatos.events import Notice
from recipes.engine.ledger import Ledger
from recipes.engine.letting_go import waits_closed
from recipes.engine.settling import settle
from recipes.engine.sql import Statements, array, statements
from recipes.engine.steps import Outcome, Turn
from recipes.models import StepStatus
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)

# Of a step that has begun: it is at work, waits for a person, or is handed on to another worker.
BEGUN = "(s.status IN ('running', 'waiting') OR (s.status = 'pending' AND s.owner IS NOT NULL))"
LIVE = "e.status IN ('pending', 'running', 'waiting')"
# Only live runs are looked at, by their index.
DUE = (
    "SELECT a.id, a.workspace_id FROM agents a WHERE a.pending_status <> '' AND a.deleted_at IS NULL "  # noqa: S608
    "AND NOT EXISTS (SELECT 1 FROM recipe_executions e JOIN execution_steps s ON s.execution_id = e.id "
    f"WHERE {LIVE} AND e.workspace_id = a.workspace_id "
    "AND (s.agent_id = a.id OR (s.kind = 'loop' AND s.config -> 'agents' ? a.id::text)) "
    "AND s.status IN ('pending', 'running', 'waiting')) LIMIT 100"
)


def carry_out_due() -> None:
    """Give each agent the status that waits for its current runs, where these are over."""
    with system_scope(Purpose.ENGINE), connection.cursor() as cursor:
        cursor.execute(DUE)
        due: list[tuple[UUID, UUID]] = cursor.fetchall()
    for agent_id, workspace_id in due:
        try:
            with workspace_scope(workspace_id):
                carry_out_pending(agent_id)
        except AppError as error:
            logger.warning("Agent %s keeps its status: %s", agent_id, error)


def abort_steps(agent: Agent) -> tuple[list[Notice], Turn, list[UUID]]:
    """Fail the steps this agent has begun, each as its error handling says; call it inside a transaction.

    Gives back what to publish after the commit, a turn with the runs that ended, and the steps whose calls to abort.
    """
    turn = Turn()
    reason = f"Agent {agent.name} was stopped while it worked on this step. Make it active or choose another agent."
    with statements() as sql:
        ledger = Ledger(sql)
        ledger.lock(_executions(sql, agent))
        _close_approvals(ledger, agent)
        steps = _taken(sql, ledger, agent)
        if steps:
            failed = [Outcome(step_id, fence, error=AgentUnusable(reason)) for step_id, fence in steps]
            settle(ledger, failed, turn)
        turn.dropped = [run.id for run in ledger.runs.values() if not run.is_live]
        notices = ledger.write()
    return notices, turn, [step_id for step_id, _ in steps]


def _executions(sql: Statements, agent: Agent) -> list[UUID]:
    rows = sql.rows(
        "SELECT DISTINCT e.id FROM recipe_executions e JOIN execution_steps s ON s.execution_id = e.id "  # noqa: S608
        f"WHERE {LIVE} AND e.workspace_id = %s AND s.agent_id = %s AND {BEGUN}",
        [agent.workspace_id, agent.pk],
    )
    return [row[0] for row in rows]


def _taken(sql: Statements, ledger: Ledger, agent: Agent) -> list[tuple[UUID, int]]:
    """The begun steps as (id, fence) under our hand; the raised fence refuses what their workers still send."""
    rows = sql.rows(
        "UPDATE execution_steps s SET status = %s, fence = fence + 1, owner = NULL "  # noqa: S608
        f"WHERE s.execution_id = ANY(%s::uuid[]) AND s.agent_id = %s AND {BEGUN} RETURNING s.id, s.fence",
        [StepStatus.RUNNING.value, array(run.id for run in ledger.runs.values() if run.is_live), agent.pk],
    )
    return [(row[0], row[1]) for row in rows]


def _close_approvals(ledger: Ledger, agent: Agent) -> None:
    """Nobody is asked about the agent's steps any more; their runs go on with the time they had left."""
    live = array(run.id for run in ledger.runs.values() if run.is_live)
    rows = ledger.sql.rows(
        "SELECT id, execution_id FROM execution_steps WHERE execution_id = ANY(%s::uuid[]) AND agent_id = %s "
        "AND status = 'waiting'",
        [live, agent.pk],
    )
    if rows:
        ledger.sql.send(*waits_closed("s.id = ANY(%s::uuid[])", array(row[0] for row in rows), ledger.now))
    for _, execution_id in rows:
        run = ledger.runs[execution_id]
        run.waiting_steps = max(0, run.waiting_steps - 1)
