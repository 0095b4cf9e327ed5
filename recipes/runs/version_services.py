"""Changes: a run of a recipe as one version reads, or its draft, with a model in place of the agents' own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from automatos.errors import Conflict
from recipes.engine.looping import folded
from recipes.engine.one_model import with_model
from recipes.engine.sql import statements
from recipes.filling import fill_inputs
from recipes.models import Execution, Recipe, Trigger
from recipes.runs.services import Cause, begin, require_room, untrusted_of
from recipes.runs.sub_run_services import limit_of, steps_of_body
from recipes.validation import with_defaults
from workspaces.models import User, Workspace

# After what people and triggers start.
LATER = -5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What an evaluation cooks. version: 0 for a draft; body: a version's; model: in place of that of every
    agent, of those whom they ask, and of recipes inside; empty for their own.

    untrusted: the inputs that somebody outside wrote, each with where it came from.
    """

    evaluation_id: UUID
    version: int
    body: Mapping[str, Any]
    model: str = ""
    untrusted: Mapping[str, Sequence[str]] = field(default_factory=dict)


def start_tried(
    *, workspace: Workspace, recipe: Recipe, tried: Tried, input_data: Mapping[str, Any], user: User | None
) -> Execution:
    """Begin a run for an evaluation, whose budget counts its calls. It recalls nothing of other runs and keeps nothing.

    Raises InvalidInput (fields `input_data.<name>`), TooMany where the plan has no room, Conflict and AgentUnusable
    where it cannot be cooked.
    """
    body = tried.body
    with statements() as sql:
        require_room(sql, workspace)
        config = with_defaults(body.get("execution_config") or {})
        inputs = body.get("inputs") or {}
        filled = fill_inputs(inputs, input_data)
        steps = folded(with_model(steps_of_body(sql, body["steps"]), tried.model))
        if not steps:
            raise Conflict("This version has no steps.", code="no_steps")
        execution = Execution(
            workspace=workspace,
            recipe=recipe,
            recipe_name=str(body.get("name") or recipe.name)[:160],
            recipe_version=tried.version,
            mode=config["mode"],
            input_data=filled,
            retry_delay=config["retry_delay"],
            backoff=config["backoff"],
            triggered_by=Trigger.EVALUATION,
            trigger_id=tried.evaluation_id,
            untrusted_inputs=untrusted_of(inputs, input_data, Cause(untrusted=tried.untrusted)),
            user=user,
            created_at=sql.now,
            priority=LATER,
            deadline_at=sql.now + timedelta(seconds=config["total_timeout"]),
            parallel_limit=limit_of(config, steps),
            memory_isolation=True,
            above=[[str(tried.evaluation_id), str(tried.evaluation_id)]],
        )
        told = {"recipe_id": recipe.pk, "version": tried.version, "trigger": str(Trigger.EVALUATION)}
        begin(sql, execution, steps, told, config)
    return execution
