"""A new run with the steps of an earlier one: what was finished there stands, with its output, and costs nothing."""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid4

from agents.work.spec import why_no_new_work
from automatos.errors import Conflict, InvalidInput
from recipes.engine.sql import Statements, array, columns
from recipes.engine.storing import as_json
from recipes.engine.sub_runs import RESUMES
from recipes.engine.takeover import Past, Taken
from recipes.models import Execution, ExecutionStatus, ExecutionStep, StepKind, StepStatus

FAILED = (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED, ExecutionStatus.STOPPED)


def past_of(rows: Sequence[ExecutionStep]) -> list[Past]:
    """The steps of a run as `taken_over` looks at them."""
    numbers = {row.id: row.order for row in rows}
    return [
        Past(
            row.order, row.place, row.kind, row.status, tuple(row.depends_on), tuple(_edges(row, rows)),
            numbers.get(row.parent_id) if row.parent_id else None, row.branch, row.output,
        )
        for row in rows
    ]  # fmt: skip


def _edges(row: ExecutionStep, rows: Sequence[ExecutionStep]) -> Sequence[int]:
    """Where it leads; rows of an old release know only what they wait for."""
    if row.leads_to is not None:
        return row.leads_to
    return [other.order for other in rows if row.order in other.depends_on]


def invalid(name: str, text: str) -> InvalidInput:
    """The refusal of one field."""
    return InvalidInput(f"{name}: {text}", fields={name: [text]})


def require_agents(sql: Statements, rows: Sequence[ExecutionStep], taken: Taken) -> None:
    """Whoever is asked anew can work. Raises InvalidInput or Conflict."""
    wanted = {row.agent_id for row in rows if row.agent_id and row.order in taken.anew}
    for row in rows:
        if row.order in taken.anew | taken.held:
            wanted |= {UUID(agent) for agent in (row.config or {}).get("agents", ())}
    found = sql.rows(
        "SELECT id, name, status, pending_status, deleted_at IS NOT NULL FROM agents WHERE id = ANY(%s::uuid[])",
        [array(wanted)],
    )
    agents = {row[0]: row for row in found}
    for row in rows:
        if row.agent_id not in wanted or row.order not in taken.anew:
            continue
        if row.agent_id not in agents:
            raise invalid(f"overrides.steps.{row.order}.agent_id", "There is no such agent here.")
        row.agent_name = agents[row.agent_id][1]
    for _, name, status, pending, is_deleted in found:
        if reason := why_no_new_work(name, status, pending, is_deleted):
            raise Conflict(reason, code="agent_unusable")


def insert_copies(
    sql: Statements, made: Execution, rows: Sequence[ExecutionStep], taken: Taken, begin: Collection[int] = ()
) -> None:
    """The steps of the new run, with the edges they had. begin: those that are to be done anew from their beginning.

    A step that cooks a recipe and did not come to its end remembers the run inside, so that it takes over from that.
    """
    inside = _runs_inside([row for row in rows if row.order in taken.anew and row.order not in begin])
    ids = {row.id: uuid4() for row in rows}
    copies = [
        (
            ids[row.id], row.id, ids.get(row.parent_id) if row.parent_id else None,
            row.order in taken.finished, _status(row, taken), taken.waiting_on.get(row.order, 0),
            made.created_at if taken.waiting_on.get(row.order) == 0 else None,
            row.prompt_template, row.agent_id, row.agent_name, as_json(row.config),
            row.grown if row.order not in taken.anew else 0, as_json(inside.get(row.id)),
        )
        for row in rows
    ]  # fmt: skip
    sql.send(USES, [made.workspace_id, made.id, array({row.execution_id for row in rows})])
    sql.send(COPY, [made.id, made.workspace_id, *columns(copies)])


def _runs_inside(rows: Sequence[ExecutionStep]) -> dict[UUID, dict[str, str]]:
    """Of steps that cook a recipe, the state that names their newest run."""
    steps = [row.id for row in rows if row.kind == StepKind.RECIPE]
    if not steps:
        return {}
    runs = Execution.objects.filter(parent_step__in=steps, status__in=FAILED).order_by("created_at")
    return {step: {RESUMES: str(run)} for step, run in runs.values_list("parent_step_id", "id")}


def _status(row: ExecutionStep, taken: Taken) -> str:
    if row.order in taken.finished:
        return row.status
    parked = row.order in taken.held and taken.waiting_on[row.order] > 0
    return (StepStatus.RUNNING if parked else StepStatus.PENDING).value


# Before the steps are copied: as long as they are there, so are the payloads, and from then on the new run keeps them.
USES = (
    "INSERT INTO payload_uses (workspace_id, execution_id, payload_id) SELECT %s::uuid, %s::uuid, p.id FROM payloads p "
    "WHERE p.id IN (SELECT u.payload_id FROM payload_uses u WHERE u.execution_id = ANY(%s::uuid[])) "
    "FOR KEY SHARE OF p ON CONFLICT DO NOTHING"
)
COPY = (
    "INSERT INTO execution_steps (execution_id, workspace_id, id, parent_id, status, waiting_on, runnable_at, "
    "prompt_template, agent_id, agent_name, config, grown, taken_from, "
    "output, output_refs, error, prompt, prompt_refs, model, finish_reason, origins, "
    '"order", step_id, name, output_key, kind, branch, '
    "error_handling, max_retries, max_iterations, timeout, depends_on, leads_to, path, iteration, scope, state, "
    "attempt, fence, input_tokens, output_tokens, cost, tool_calls) "
    "SELECT %s::uuid, %s::uuid, v.id, v.parent_id, v.status, v.waiting_on, v.runnable_at, v.prompt_template, "
    "v.agent_id, v.agent_name, v.config::jsonb, v.grown, CASE WHEN v.is_taken THEN s.id END, "
    "CASE WHEN v.is_taken THEN s.output ELSE '' END, CASE WHEN v.is_taken THEN s.output_refs END, "
    "CASE WHEN v.is_taken THEN s.error END, "
    "CASE WHEN v.is_taken THEN s.prompt ELSE '' END, CASE WHEN v.is_taken THEN s.prompt_refs END, "
    "CASE WHEN v.is_taken THEN s.model ELSE '' END, "
    "CASE WHEN v.is_taken THEN s.finish_reason ELSE '' END, CASE WHEN v.is_taken THEN s.origins END, "
    's."order", s.step_id, s.name, s.output_key, s.kind, s.branch, s.error_handling, s.max_retries, '
    "s.max_iterations, s.timeout, s.depends_on, s.leads_to, s.path, s.iteration, s.scope, "
    "COALESCE(v.state::jsonb, CASE WHEN v.is_taken OR v.grown > 0 THEN s.state END), 1, 0, 0, 0, 0, 0 "
    "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bool[], %s::text[], %s::int[], %s::timestamptz[], "
    "%s::text[], %s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[]) "
    "AS v(id, source, parent_id, is_taken, status, waiting_on, runnable_at, prompt_template, "
    "agent_id, agent_name, config, grown, state) "
    "JOIN execution_steps s ON s.id = v.source"
)
