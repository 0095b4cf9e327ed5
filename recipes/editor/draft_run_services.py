"""Changes and reads: a test run of a whole draft as it stands, which no figure of the recipe counts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from agents.models import Agent
from agents.work.spec import why_no_new_work
from automatos.checking import Problems
from automatos.errors import Conflict
from recipes import services
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.editor.body import Body
from recipes.engine.looping import folded
from recipes.engine.new_steps import WEBHOOK, NewStep
from recipes.engine.sql import statements
from recipes.filling import fill_inputs
from recipes.models import Execution, Mode, Recipe, RecipeDraft, RecipeStep, StepKind, Trigger
from recipes.runs.input_files import NONE as NO_FILES
from recipes.runs.input_files import Uploads, keep, named
from recipes.runs.services import Cause, begin, require_room, untrusted_of
from recipes.validation import with_defaults
from workspaces.models import User

# Under which name a draft keeps its newest test run; no step may be called so.
WHOLE = "*"
NOTHING: Mapping[str, Sequence[str]] = {}
NO_MESSAGES = "A test run cannot wait for a signed message, since its address belongs to published runs. Publish first."


def draft_as_recipe(recipe: Recipe, body: Body) -> Recipe:
    """The recipe as it would be published, not to be saved: with the draft's inputs, in their order."""
    inputs = {
        name: {"required": True, **entry} for name, entry in bodies.to_saved(body)["inputs"].items() if name.strip()
    }
    return Recipe(
        pk=recipe.pk, workspace=recipe.workspace, template_id=recipe.template_id, inputs=inputs,
        input_order=list(inputs), name=str(body.get("name") or "").strip() or bodies.UNTITLED,
    )  # fmt: skip


@transaction.atomic
def start_test_run(
    *,
    recipe: Recipe,
    user: User,
    input_data: Mapping[str, Any],
    uploads: Uploads = NO_FILES,
    untrusted: Mapping[str, Sequence[str]] = NOTHING,
) -> Execution:
    """Cook the draft from its first step to its last. Nothing is published.

    untrusted: inputs that began with what somebody outside wrote, each with where it came from.

    Raises InvalidInput with every problem of the draft by its field, or of the inputs (`input_data.<name>`); Conflict
    where an agent cannot work or a step waits for a signed message.
    """
    draft = drafts.opened(recipe, user)
    body = drafts.body_now(recipe, draft)
    problems = Problems()
    for field, text in bodies.doubles(body):
        problems.add(field, text)
    problems.raise_any()
    columns, rows = services.checked(recipe.workspace, drafts.as_input(body), within=recipe.pk)
    steps = folded(_steps(recipe, rows))
    config, inputs = with_defaults(columns["execution_config"]), columns["inputs"]
    names, files = named(inputs, uploads)
    given = {**input_data, **names}
    outside = {name: origins for name, origins in untrusted.items() if name in given and name in inputs}
    with statements() as sql:
        require_room(sql, recipe.workspace)
        execution = Execution(
            workspace=recipe.workspace,
            recipe=None,
            recipe_name=f"Test: {columns['name']}"[:160],
            recipe_version=recipe.version,
            mode=config["mode"],
            input_data=fill_inputs(inputs, given),
            retry_delay=config["retry_delay"],
            backoff=config["backoff"],
            triggered_by=Trigger.TRIAL,
            untrusted_inputs=untrusted_of(inputs, given, Cause(untrusted=outside)),
            user=user,
            created_at=sql.now,
            priority=config["priority"],
            deadline_at=sql.now + timedelta(seconds=config["total_timeout"]),
            memory_isolation=config["memory_isolation"],
        )
        if config["mode"] == Mode.PARALLEL or any(step.kind == StepKind.LOOP for step in steps):
            execution.parallel_limit = config["parallel_limit"]
        after = {"recipe_id": recipe.pk, "draft": draft.revision, "trigger": str(Trigger.TRIAL)}
        begin(sql, execution, steps, after)
        keep(recipe.workspace, execution.pk, files)
    draft.trials[WHOLE] = str(execution.pk)
    draft.save(update_fields=["trials"])
    return execution


def _steps(recipe: Recipe, rows: list[RecipeStep]) -> list[NewStep]:
    """The steps as a run takes them over, with their agents' names."""
    agents = Agent.objects.filter(workspace=recipe.workspace_id).in_bulk([row.agent_id for row in rows if row.agent_id])
    found, troubles = [], {}
    for place, row in enumerate(rows):
        agent = agents.get(row.agent_id) if row.agent_id else None
        if agent and (why := why_no_new_work(agent.name, agent.status, agent.pending_status, bool(agent.deleted_at))):
            troubles[f"steps.{place}.agent_id"] = [why]
        if (row.config or {}).get("for") == WEBHOOK:
            troubles[f"steps.{place}.config.for"] = [NO_MESSAGES]
        found.append(
            NewStep(
                order=row.order, step_id=row.step_id, name=row.name, output_key=row.output_key,
                prompt_template=row.prompt_template, kind=row.kind, config=row.config, under=row.under,
                branch=row.branch, agent_id=row.agent_id, agent_name=agent.name if agent else "",
                error_handling=row.error_handling, max_retries=row.max_retries,
                max_iterations=row.max_iterations, timeout=row.timeout,
            )
        )  # fmt: skip
    if troubles:
        raise Conflict(" ".join(texts[0] for texts in troubles.values()), code="not_testable", fields=troubles)
    return found


def newest_test_run(recipe: Recipe, draft: RecipeDraft | None) -> Execution | None:
    """The draft's newest test run; None where there is none (any more)."""
    if draft is None or WHOLE not in draft.trials:
        return None
    runs = Execution.objects.filter(workspace=recipe.workspace_id, deleted_at=None)
    return runs.filter(pk=UUID(draft.trials[WHOLE])).first()


def recipe_tested_by(execution: Execution) -> Recipe | None:
    """Whose draft a test run, or a trial of a step, was of; None once another one took its place."""
    if execution.triggered_by != Trigger.TRIAL:
        return None
    rows = RecipeDraft.objects.select_related("recipe").filter(workspace=execution.workspace_id)
    draft = rows.filter(trials__contains={WHOLE: str(execution.pk)}, recipe__deleted_at=None).first()
    return draft.recipe if draft else None
