"""Changes and reads: one step of a draft tried alone, as a run that no figure counts.

A trial is a run of one step without a recipe: the step's prompt as it stands in the draft, with values of the last run,
pinned ones, or such as were typed.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from agents.models import Agent
from agents.work.spec import why_no_new_work
from automatos.errors import Conflict, InvalidInput
from recipes.editor import services as drafts
from recipes.editor.body import Body, output_keys, step_at
from recipes.engine import templating
from recipes.engine.new_steps import NewStep
from recipes.engine.sql import statements
from recipes.models import Execution, ExecutionStatus, ExecutionStep, Mode, Recipe, RecipeDraft, StepKind, Trigger
from recipes.runs.services import begin, require_room
from recipes.validation import StepInput, with_defaults
from workspaces.models import User

LONGEST_VALUE = 200_000
# Seconds beyond the step's own that a trial may wait for its turn.
PATIENCE = 600
LAST, PINNED, OWN = "last", "pinned", "own"


@dataclass(frozen=True, slots=True)
class Values:
    """What the names of a prompt stand for, as text. run: the last one, where they are from it."""

    texts: Mapping[str, str]
    source: str
    run: Execution | None = None


@dataclass(slots=True)
class _Told:
    """What a trial asks: a template, with the values that others wrote as inputs of its own, which taint."""

    prompt: str
    values: dict[str, str] = field(default_factory=dict)
    origins: dict[str, list[str]] = field(default_factory=dict)


def wanted(body: Body, step_id: str) -> list[str]:
    """The names whose values a trial of the step needs: those of its prompt, or all before it where it has none."""
    step = step_at(body, step_id)
    if step is None:
        return []
    return templating.names(str(step.get("prompt_template") or ""))


def values_of(recipe: Recipe, draft: RecipeDraft | None, body: Body, names: Sequence[str], source: str = "") -> Values:
    """The values that a trial begins with: pinned ones, where none are those of the last run, else defaults."""
    pins = dict(draft.pins) if draft else {}
    source = source or (PINNED if pins else LAST)
    run = _last_run(recipe)
    known = _defaults(body) | (_of_run(run, body) if run else {})
    if source == PINNED:
        known |= pins
    return Values({name: known.get(name, "") for name in names}, source, run)


def input_texts(recipe: Recipe, draft: RecipeDraft | None, body: Body) -> dict[str, str]:
    """What a test run of the whole draft begins with, by input: as for a trial of a step."""
    names = [str(entry.get("name") or "").strip() for entry in body["inputs"]]
    found = values_of(recipe, draft, body, [f"input.{name}" for name in names if name]).texts
    return {name.removeprefix("input."): text for name, text in found.items()}


def outside_inputs(recipe: Recipe) -> dict[str, list[str]]:
    """Inputs of the last run that others wrote, each with where it came from; a run that begins with them is told."""
    run = _last_run(recipe)
    return {name: list(origins) for name, origins in ((run.untrusted_inputs if run else None) or {}).items()}


def _last_run(recipe: Recipe) -> Execution | None:
    done = Execution.objects.filter(recipe=recipe, status=ExecutionStatus.COMPLETED)
    return done.order_by("-created_at").first() if recipe.version else None


def _defaults(body: Body) -> dict[str, str]:
    entries = [entry for entry in body["inputs"] if entry.get("default") is not None]
    return {f"input.{entry.get('name')}": templating.as_text(entry["default"]) for entry in entries}


def _of_run(run: Execution, body: Body) -> dict[str, str]:
    """Inputs and outputs of a run, by the names that the draft gives them."""
    found = {f"input.{name}": templating.as_text(value) for name, value in run.input_data.items()}
    rows = ExecutionStep.objects.filter(execution=run, parent=None).order_by("order")
    outputs = dict(rows.values_list("step_id", "output"))
    previous = ""
    for number, (step, key) in enumerate(zip(body["steps"], output_keys(body), strict=True), 1):
        if text := outputs.get(step["step_id"], ""):
            found |= {key: text, f"step_{number}_output": text}
            previous = text
    return found | ({"previous_output": previous} if previous else {})


def _outside(recipe: Recipe, body: Body) -> dict[str, list[str]]:
    """Where untrusted text behind the last run's values came from, by the names that the draft gives them."""
    run = _last_run(recipe)
    if run is None:
        return {}
    found = {f"input.{name}": list(origins) for name, origins in (run.untrusted_inputs or {}).items()}
    rows = ExecutionStep.objects.filter(execution=run, parent=None).exclude(origins=None)
    left = dict(rows.values_list("step_id", "origins"))
    behind: list[str] = []
    for number, (step, key) in enumerate(zip(body["steps"], output_keys(body), strict=True), 1):
        if origins := left.get(step["step_id"]):
            found |= {key: origins, f"step_{number}_output": origins}
            behind += origins
    return found | ({"previous_output": list(dict.fromkeys(behind))} if behind else {})


def rendered(body: Body, step_id: str, values: Mapping[str, str]) -> str:
    """The step's prompt with the values in it; a name without a value stays as it is written."""
    step = step_at(body, step_id) or {}

    def value(match: Any) -> str:
        name = match[1]
        return match[0][0] if name is None else values.get(name) or match[0]

    return templating.filled(str(step.get("prompt_template") or ""), value)


@transaction.atomic
def pin(*, recipe: Recipe, user: User | None, values: Mapping[str, str]) -> RecipeDraft:
    """Keep these values for trials of the draft; none let go of all."""
    draft = drafts.opened(recipe, user)
    draft.pins = {name: text[:LONGEST_VALUE] for name, text in values.items()} if values else {}
    draft.save(update_fields=["pins"])
    return draft


@transaction.atomic
def start_trial(*, recipe: Recipe, user: User, step_id: str, values: Mapping[str, str]) -> Execution:
    """Cook one step alone. Raises InvalidInput for a name without a value, Conflict when its agent cannot work."""
    draft = drafts.opened(recipe, user)
    body = drafts.body_now(recipe, draft)
    step = step_at(body, step_id)
    if step is None or step.get("kind", StepKind.AGENT) != StepKind.AGENT:
        raise InvalidInput("Only a step of an agent can be tried alone.", fields={"step_id": ["Choose such a step."]})
    missing = [name for name in wanted(body, step_id) if not values.get(name, "").strip()]
    if missing:
        text = f"Give {', '.join(f'{{{name}}}' for name in missing)} a value first."
        raise InvalidInput(text, fields={f"values.{name}": ["Write a value."] for name in missing})
    agent = _agent(recipe, str(step.get("agent_id") or ""))
    outside = {name: origins for name, origins in _outside(recipe, body).items() if name in wanted(body, step_id)}
    marks = {name: secrets.token_hex(8) for name in outside}
    prompt = rendered(body, step_id, {**values, **marks}).strip()
    if not prompt:
        raise InvalidInput("Write a prompt first.", fields={"prompt_template": ["Write a prompt first."]})
    prompt = prompt.replace("{", "{{").replace("}", "}}")
    told = _Told(prompt)
    for number, (name, mark) in enumerate(marks.items(), 1):
        told.prompt = told.prompt.replace(mark, f"{{input.value_{number}}}")
        told.values[f"value_{number}"], told.origins[f"value_{number}"] = values[name], outside[name]
    data = drafts.as_input({**body, "steps": [dict(step)]}).steps[0]
    usual = with_defaults(body["execution_config"])["timeout_per_step"]
    timeout = data.timeout if data.timeout is not None and 1 <= data.timeout <= 86_400 else usual
    execution = _begin(recipe, user, agent, data, told, timeout)
    draft.trials[step_id] = str(execution.pk)
    draft.save(update_fields=["trials"])
    return execution


def _agent(recipe: Recipe, key: str) -> Agent:
    found = Agent.objects.filter(workspace=recipe.workspace_id, pk__in=drafts.uuids([key])).first()
    if found is None:
        raise InvalidInput("Choose an agent first.", fields={"agent_id": ["Choose an agent first."]})
    if why := why_no_new_work(found.name, found.status, found.pending_status, found.deleted_at is not None):
        raise Conflict(why, code="agent_unusable")
    return found


def _begin(recipe: Recipe, user: User, agent: Agent, data: StepInput, told: _Told, timeout: float) -> Execution:  # noqa: PLR0917
    with statements() as sql:
        require_room(sql, recipe.workspace)
        execution = Execution(
            workspace=recipe.workspace,
            recipe=None,
            recipe_name=f"Trial: {data.name or recipe.name}"[:160],
            recipe_version=recipe.version,
            mode=Mode.SEQUENTIAL,
            input_data=told.values,
            untrusted_inputs=told.origins or None,
            triggered_by=Trigger.TRIAL,
            user=user,
            created_at=sql.now,
            deadline_at=sql.now + timedelta(seconds=timeout + PATIENCE),
        )
        row = NewStep(
            order=1,
            step_id=data.step_id,
            name=data.name[:160],
            output_key="answer",
            prompt_template=told.prompt,
            agent_id=agent.pk,
            agent_name=agent.name,
            max_iterations=data.max_iterations if 1 <= data.max_iterations <= 200 else 25,
            timeout=timeout,
        )
        begin(sql, execution, [row], {"recipe_id": recipe.pk, "step_id": data.step_id, "trigger": str(Trigger.TRIAL)})
    return execution


def trial_of(recipe: Recipe, draft: RecipeDraft | None, step_id: str) -> ExecutionStep | None:
    """The step's newest trial with its run; None where there is none (any more)."""
    key = (draft.trials if draft else {}).get(step_id)
    if not key:
        return None
    rows = ExecutionStep.objects.select_related("execution").filter(execution=UUID(key), workspace=recipe.workspace_id)
    return rows.first()
