"""How a recipe inside a recipe begins: from the version its step is pinned to, with the inputs its step maps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from agents.work.spec import AgentUnusable, why_no_new_work
from recipes.engine.ledger import Ledger, Run, from_json
from recipes.engine.looping import folded
from recipes.engine.new_steps import NewStep
from recipes.engine.one_model import one_for_all, with_model
from recipes.engine.outside_inputs import origins_behind
from recipes.engine.sql import Statements, array
from recipes.engine.steps import Step
from recipes.engine.sub_runs import SubRunError, child_id, earlier_id
from recipes.engine.takeover import taken_over
from recipes.engine.templating import Output, render, texts_of
from recipes.engine.tool_steps import filled
from recipes.filling import FILE, FileName, fill_inputs
from recipes.models import Execution, ExecutionStep, Mode, StepKind, Trigger
from recipes.runs.copying import FAILED, insert_copies, past_of, require_agents
from recipes.runs.recalling import first_agent, lessons_for, with_lessons
from recipes.runs.services import insert_execution, insert_steps
from recipes.validation import with_defaults

VERSION = (
    "SELECT r.name, v.body FROM recipes r JOIN recipe_versions v ON v.recipe_id = r.id "
    "WHERE r.id = %s AND r.workspace_id = %s AND v.version = %s "
    "AND r.deleted_at IS NULL"
)
ABOVE = "SELECT user_id, COALESCE(root_id, id), priority, chain FROM recipe_executions WHERE id = %s"
STEP = (
    "order", "step_id", "name", "output_key", "prompt_template", "error_handling", "max_retries", "max_iterations",
    "timeout",
)  # fmt: skip


def start(ledger: Ledger, run: Run, step: Step, outputs: Sequence[Output]) -> float:
    """Begin the child of a step; how many seconds it may take. Raises AppError where it cannot begin.

    Its first agent is told the pinned and the newest lessons of the recipe inside.
    """
    config = step.config or {}
    found = ledger.sql.rows(VERSION, [config.get("recipe"), run.workspace_id, config.get("version")])
    if not found:
        raise SubRunError("The recipe inside is gone. Choose another one.")
    name, body = found[0][0], from_json(found[0][1])
    user_id, root_id, priority, chain = ledger.sql.rows(ABOVE, [run.id])[0]
    settings = with_defaults(body.get("execution_config") or {})
    schema = body.get("inputs") or {}
    inputs = fill_inputs(schema, _with_files(schema, _inputs(run, step, outputs)))
    earlier = _earlier(step, config, inputs)
    own = with_model(steps_of_body(ledger.sql, body["steps"]), one_for_all(config))
    # Without inputs nothing is embedded: a turn of the engine waits for no model.
    lessons = lessons_for(run.workspace_id, UUID(config["recipe"]), first_agent(own), settings, {})
    steps = folded(with_lessons(own, [] if run.memory_isolation else lessons))
    seconds: float = max(0.1, min(run.left_at(ledger.now), settings["total_timeout"]))
    child = Execution(
        id=child_id(step),
        workspace_id=run.workspace_id,
        recipe_id=UUID(config["recipe"]),
        user_id=user_id,
        recipe_name=name,
        recipe_version=config["version"],
        mode=settings["mode"],
        input_data=inputs,
        retry_delay=settings["retry_delay"],
        backoff=settings["backoff"],
        triggered_by=Trigger.RECIPE,
        created_at=ledger.now,
        deadline_at=ledger.now + timedelta(seconds=seconds),
        parallel_limit=limit_of(settings, steps),
        memory_isolation=settings["memory_isolation"] or run.memory_isolation,
        untrusted_inputs=_untrusted(run, step, body.get("inputs") or {}, outputs) or None,
        parent_step_id=step.id,
        root_id=root_id,
        depth=run.depth + 1,
        above=[*run.above, [str(run.id), str(run.recipe_id) if run.recipe_id else None]],
        priority=priority,
        chain=chain,
        total_steps=len(steps),
        unfinished_steps=len(steps),
    )
    if earlier is not None and _takes_over(ledger, child, earlier):
        return seconds
    insert_execution(ledger.sql, child)
    insert_steps(ledger.sql, child, steps)
    return seconds


def _earlier(step: Step, config: Mapping[str, Any], inputs: Mapping[str, Any]) -> Execution | None:
    """A run of the same version with the same inputs that did not end well."""
    key = earlier_id(step)
    found = Execution.objects.filter(pk=key, status__in=FAILED).first() if key else None
    if found is None or str(found.recipe_id) != config["recipe"] or found.recipe_version != config["version"]:
        return None
    return found if found.input_data == inputs else None


def _takes_over(ledger: Ledger, child: Execution, earlier: Execution) -> bool:
    """Insert the child with what the earlier run had finished; not where that leaves nothing to do."""
    rows = list(ExecutionStep.objects.filter(execution=earlier).order_by("order"))
    taken = taken_over(past_of(rows))
    if not taken.anew | taken.held:
        return False
    copies = [row for row in rows if row.order not in taken.dropped]
    require_agents(ledger.sql, copies, taken)
    child.source, child.parallel_limit = earlier, earlier.parallel_limit
    child.total_steps, child.unfinished_steps = len(copies), len(taken.anew) + len(taken.held)
    insert_execution(ledger.sql, child)
    insert_copies(ledger.sql, child, copies, taken)
    return True


def limit_of(settings: Mapping[str, Any], steps: Sequence[NewStep]) -> int | None:
    """How many steps may be at work at once; None for no limit."""
    is_wide = settings["mode"] == Mode.PARALLEL or any(one.kind == StepKind.LOOP for one in steps)
    return settings["parallel_limit"] if is_wide else None


def _inputs(run: Run, step: Step, outputs: Sequence[Output]) -> dict[str, Any]:
    """What the step passes on; texts filled in."""

    def fill(text: str) -> str:
        return render(text, inputs=run.input_data, earlier=outputs, append=False, local=step.local)

    given: dict[str, Any] = filled((step.config or {}).get("inputs") or {}, fill)
    return given


def _with_files(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, those that take a file by its name: tools find it among those of the runs above."""
    is_file = {name for name, entry in schema.items() if entry.get("type") == FILE}
    return {name: FileName(value) if name in is_file and value else value for name, value in given.items()}


def _untrusted(run: Run, step: Step, inputs: Mapping[str, Any], outputs: Sequence[Output]) -> dict[str, list[str]]:
    """Of each input, where untrusted text behind it came from. inputs: the schema, which may mark some by itself."""
    found = {}
    for name, value in ((step.config or {}).get("inputs") or {}).items():
        origins = list(origins_behind(run, step, texts_of(value), outputs))
        if inputs.get(name, {}).get("untrusted"):
            origins.append(f"input {name}")
        if origins:
            found[name] = origins
    return found


def steps_of_body(sql: Statements, bodies: Sequence[Mapping[str, Any]]) -> list[NewStep]:
    """The steps of a version, with their agents as they are called now. Raises AgentUnusable."""
    wanted = {UUID(one["agent_id"]) for one in bodies if one.get("agent_id")}
    rows = sql.rows(
        "SELECT id, name, status, pending_status, deleted_at IS NOT NULL FROM agents WHERE id = ANY(%s::uuid[])",
        [array(wanted)],
    )
    agents = {row[0]: row for row in rows}
    for _, name, status, pending, is_deleted in rows:
        if reason := why_no_new_work(name, status, pending, is_deleted):
            raise AgentUnusable(reason)
    if len(agents) < len(wanted):
        raise AgentUnusable("An agent of the recipe is gone. Choose another one there.")
    return [_step(one, agents) for one in bodies]


def _step(body: Mapping[str, Any], agents: Mapping[UUID, Sequence[Any]]) -> NewStep:
    step = NewStep(
        **{name: body[name] for name in STEP},
        kind=body.get("kind", StepKind.AGENT),
        config=body.get("config"),
        under=body.get("under", ""),
        branch=body.get("branch", ""),
    )
    if not body.get("agent_id"):
        return step
    agent_id = UUID(body["agent_id"])
    return replace(step, agent_id=agent_id, agent_name=agents[agent_id][1])
