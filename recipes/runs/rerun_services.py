"""Going on after a failure, and trying again from any step: a new run that takes over what another one finished.

The new run is a copy of the steps as they were, not of the recipe as it is now. What is taken over keeps its output and
costs nothing there; `taken_from` names the step it came from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from automatos.after_commit import after_commit
from automatos.checking import unstorable_json
from automatos.errors import Conflict, InvalidInput
from recipes.engine import templating
from recipes.engine.new_steps import has_agent
from recipes.engine.sql import statements
from recipes.engine.storing import as_json
from recipes.engine.takeover import Taken, taken_over
from recipes.engine.tasks import send_wake_up
from recipes.filling import FILE, FileName, fill_inputs
from recipes.models import (
    Execution,
    ExecutionStep,
    Recipe,
    RecipeVersion,
    StepKind,
    Trigger,
)
from recipes.runs.copying import FAILED, insert_copies, invalid, past_of, require_agents
from recipes.runs.input_files import keep, of_run
from recipes.runs.model_names import checked_model
from recipes.runs.recalling import is_told, lessons_for, tell_anew
from recipes.runs.services import await_turn, insert_execution, record, require_room
from recipes.validation import LONGEST_PROMPT, with_defaults
from workspaces.models import User, Workspace


@dataclass(frozen=True, slots=True)
class StepChange:
    """What is different of a step this time; empty values leave it as it was. model: `provider:model`.

    arguments: all that the call of a tool step is given; None leaves them.
    """

    prompt_template: str = ""
    agent_id: UUID | None = None
    model: str = ""
    arguments: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different this time. input_data: only the inputs that change; steps: by number or path."""

    input_data: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, StepChange] = field(default_factory=dict)


NONE = Changes()


def retry(*, execution: Execution, user: User | None, trigger: Trigger) -> Execution:
    """Go on with a run that failed, was cancelled or stopped: a new run that does only what was not finished.

    Raises Conflict when it did not end so, TooMany when the workspace's plan cooks no more at once.
    """
    if execution.status not in FAILED:
        raise Conflict("Only a run that failed, was cancelled or stopped can go on.", code="not_failed")
    return _begin(execution, [], NONE, user, trigger)


def rerun(
    *, execution: Execution, from_step: str, changes: Changes = NONE, user: User | None, trigger: Trigger
) -> Execution:
    """Do a step of a run that is over anew, and what follows from it, in a new run. from_step: its number or path.

    Raises InvalidInput with fields `from_step`, `overrides.…`, Conflict when the run is still live, TooMany.
    """
    if execution.is_live:
        raise Conflict("This run is still under way. Stop it, or wait for its end.", code="still_live")
    return _begin(execution, [from_step], changes, user, trigger)


def _begin(source: Execution, begin: Sequence[str], changes: Changes, user: User | None, trigger: Trigger) -> Execution:
    if source.recipe is None or source.recipe.deleted_at is not None:
        raise Conflict("There is no recipe behind this run any more. Restore it first.", code="no_recipe")
    workspace = source.workspace
    rows = list(ExecutionStep.objects.filter(execution=source).order_by("order"))
    orders = [_placed(rows, place, "from_step").order for place in begin]
    changed = {_placed(rows, place, f"overrides.steps.{place}").order: one for place, one in changes.steps.items()}
    taken = _taken(rows, orders, changed)
    if not taken.anew | taken.held:
        raise Conflict("Every step came to an end. Choose the step to begin at.", code="nothing_to_do")
    config, inputs = _as_it_was(source.recipe, source.recipe_version)
    uploads = list(of_run(source, inputs).values())
    given = _inputs(source, inputs, changes.input_data)
    _tell(source, config, [row for row in rows if row.order in taken.anew | taken.held], changed, given)
    with statements() as sql:
        require_room(sql, workspace)
        copies = _changed(workspace, [row for row in rows if row.order not in taken.dropped], taken, changed)
        require_agents(sql, copies, taken)
        now = sql.now
        made = Execution(
            workspace=workspace,
            recipe=source.recipe,
            recipe_name=source.recipe_name,
            recipe_version=source.recipe_version,
            mode=source.mode,
            input_data=given,
            retry_delay=source.retry_delay,
            backoff=source.backoff,
            triggered_by=trigger,
            user=user,
            created_at=now,
            deadline_at=now + timedelta(seconds=config["total_timeout"]),
            priority=source.priority,
            parallel_limit=source.parallel_limit,
            memory_isolation=source.memory_isolation,
            source=source,
            untrusted_inputs=_untrusted(source, inputs, changes.input_data),
            total_steps=len(copies),
            unfinished_steps=len(taken.anew) + len(taken.held),
        )
        insert_execution(sql, made)
        insert_copies(sql, made, copies, taken, orders)
        await_turn(sql, made, config)
        after_commit(lambda: send_wake_up(str(made.id)))
        after = {"recipe_id": source.recipe_id, "version": source.recipe_version, "source": source.pk}
        record("run.started", made, after={**after, "trigger": str(trigger), "from_step": begin[0] if begin else ""})
        keep(workspace, made.pk, uploads)
        made._state.adding = False
    return made


def _tell(
    source: Execution,
    config: Mapping[str, Any],
    anew: Sequence[ExecutionStep],
    changed: Mapping[int, StepChange],
    given: Mapping[str, Any],
) -> None:
    """Where the step that is told lessons is done anew, it is told those of now: some are forgotten, others new."""
    first = source.steps.filter(agent_id__isnull=False).order_by("order").first()
    # A step in a loop is told by what the loop keeps of it.
    number = first.order if first and first.path is None and any(row.order == first.order for row in anew) else None
    if number is None and not any(is_told(row.config) for row in anew):
        return
    agent_id = first.agent_id if first else None
    if number is not None and number in changed:
        agent_id = changed[number].agent_id or agent_id
    assert source.recipe_id is not None
    lessons = lessons_for(source.workspace_id, source.recipe_id, agent_id, config, given)
    tell_anew(anew, lessons, number)


def _as_it_was(recipe: Recipe, version: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and inputs of a version of a recipe."""
    kept = RecipeVersion.objects.filter(recipe=recipe, version=version).first()
    body = kept.body if kept else {}
    return with_defaults(body.get("execution_config") or {}), body.get("inputs") or {}


def _inputs(source: Execution, inputs: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    if not given:
        return dict(source.input_data)
    kept = {
        name: FileName(value) if inputs[name].get("type") == FILE and value else value
        for name, value in source.input_data.items()
        if name in inputs
    }
    return fill_inputs(inputs, {**kept, **given})


def _untrusted(source: Execution, inputs: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The inputs that somebody outside wrote: those a person gave anew only where the recipe says so of them."""
    kept = {name: origins for name, origins in (source.untrusted_inputs or {}).items() if name not in given}
    kept |= {name: [f"input {name}"] for name in given if inputs.get(name, {}).get("untrusted")}
    return kept or None


def _placed(rows: Sequence[ExecutionStep], place: str, name: str) -> ExecutionStep:
    """The step with this number or at this path."""
    found = [row for row in rows if place in (str(row.order), row.place)]
    if not found:
        raise invalid(name, f"There is no step {place[:80]!r} in this run. Write its number or its path.")
    return min(found, key=lambda row: place != str(row.order))


def _taken(rows: Sequence[ExecutionStep], begin: Sequence[int], changed: Mapping[int, StepChange]) -> Taken:
    """What is taken over. A step that is to be different has to be among those done anew."""
    taken = taken_over(past_of(rows), begin)
    for order in begin:
        if order not in taken.anew:
            text = "This step stands in a branch that was not taken. Begin at its condition, or before it."
            raise invalid("from_step", text)
    for order in changed:
        if order not in taken.anew:
            text = f"Step {order} is taken over as it was. Begin at it, or before it."
            raise invalid(f"overrides.steps.{order}", text)
    return taken


def _changed(
    workspace: Workspace, rows: Sequence[ExecutionStep], taken: Taken, changed: Mapping[int, StepChange]
) -> list[ExecutionStep]:
    """The steps with what is different this time."""
    for row in rows:
        change = changed.get(row.order)
        field_of = f"overrides.steps.{row.order}"
        if change is None:
            continue
        if not has_agent(row.kind) and (change.agent_id or change.model):
            raise invalid(field_of, f"A step of the kind {row.kind} has no agent and no model.")
        if change.prompt_template:
            _check_prompt(f"{field_of}.prompt_template", change.prompt_template, row, rows)
            row.prompt_template = change.prompt_template
        if change.arguments is not None:
            _check_arguments(f"{field_of}.arguments", change.arguments, row, rows)
            row.config = {**(row.config or {}), "arguments": dict(change.arguments)}
        if change.agent_id:
            row.agent_id, row.agent_name = change.agent_id, ""
        if change.model:
            checked_model(workspace, change.model, f"{field_of}.model")
            row.config = {**(row.config or {}), "model": change.model}
    return list(rows)


def _check_prompt(name: str, prompt: str, row: ExecutionStep, rows: Sequence[ExecutionStep]) -> None:
    if row.kind not in (StepKind.AGENT, StepKind.WAIT):
        raise invalid(name, f"A step of the kind {row.kind} has no prompt.")
    if not prompt.strip() or len(prompt) > LONGEST_PROMPT:
        raise invalid(name, f"Write 1 to {LONGEST_PROMPT:,} characters.")
    _check_names(name, [prompt], row, rows)


def _check_arguments(
    name: str, arguments: Mapping[str, Any], row: ExecutionStep, rows: Sequence[ExecutionStep]
) -> None:
    if row.kind != StepKind.TOOL:
        raise invalid(name, f"A step of the kind {row.kind} calls no tool.")
    for place, problem in unstorable_json(arguments):
        raise invalid(f"{name}.{place}" if place else name, problem)
    if len(as_json(arguments) or "") > LONGEST_PROMPT:
        raise invalid(name, f"Write at most {LONGEST_PROMPT:,} characters.")
    _check_names(name, templating.texts_of(arguments), row, rows)


def _check_names(name: str, texts: Iterable[str], row: ExecutionStep, rows: Sequence[ExecutionStep]) -> None:
    """The texts name nothing that the step does not know."""
    seen = (row.scope or {}).get("sees", ())
    before = (row.scope or {}).get("before", row.order)
    earlier = [
        templating.Output(one.order, one.output_key)
        for one in rows
        if (one.path is None and one.order < before) or one.order in seen
    ]
    local = list((row.scope or {}).get("local") or ())
    for text in texts:
        problems = templating.check(text, inputs=list(row.execution.input_data), earlier=earlier, local=local)
        if problems:
            raise InvalidInput(f"{name}: {problems[0]}", fields={name: problems})
