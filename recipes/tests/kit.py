"""A small cast for tests: a workspace with an owner, an agent, and recipes of any length."""

import itertools
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.db.models import Q

from agents.model_choice.choice import ModelInput
from agents.models import Agent
from agents.services import AgentInput, create_agent
from recipes.models import Execution, Recipe, Trigger
from recipes.runs.services import start
from recipes.services import RecipeInput, create_recipe
from recipes.validation import StepInput
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

_numbers = itertools.count(1)
# Seconds that a test waits for what the product does by itself; a busy machine takes long, and a pass never waits.
PATIENCE = 90.0
# And that it waits for the assessment of a run: none comes where its worker was killed.
AFTERMATH = 2.0
SETTLED = ~Q(assessed_at=None) | Q(recipe=None)


class Cast:
    """One workspace of its own with what is needed to cook."""

    def __init__(self, *, model: str = "openai:test-model", fallback: str = "") -> None:
        number = f"{next(_numbers)}-{uuid4().hex[:6]}"
        self.owner: User = User.objects.create_user(f"owner-{number}@example.org", "correct horse battery")
        self.workspace: Workspace = create_workspace(name=f"Kitchen {number}", owner=self.owner)
        self.agent = self.add_agent("Quill", model=model, fallback=fallback)

    def add_agent(self, name: str, *, model: str = "openai:test-model", fallback: str = "") -> Agent:
        """An active agent on a model of the scripted server."""
        provider, model_id = model.split(":", 1)
        choice = ModelInput(provider=provider, model_id=model_id, fallback_model_id=fallback)
        data = AgentInput(name=name, description="Writes briefly.", agent_model_config=choice)
        return create_agent(workspace=self.workspace, user=self.owner, data=data)

    def recipe(self, *prompts: str, step: dict[str, Any] | None = None, **fields: Any) -> Recipe:
        """A recipe with one step a prompt; `step` holds settings all of them share."""
        steps = [
            StepInput(agent_id=self.agent.id, prompt_template=prompt, **{"name": f"Step {n}", **(step or {})})
            for n, prompt in enumerate(prompts, 1)
        ]
        data = RecipeInput(name="Brief", steps=steps, **fields)
        return create_recipe(workspace=self.workspace, user=self.owner, data=data)

    def cook(self, recipe: Recipe, **inputs: Any) -> Execution:
        """Start a run."""
        return start(
            workspace=self.workspace, recipe=recipe, input_data=inputs, user=self.owner, trigger=Trigger.COMMAND
        )


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> None:
    """Return when the condition holds; fail the test after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"Nothing after {seconds:g} s. {what}"
        time.sleep(0.05)


def ended(execution: Execution, seconds: float = PATIENCE) -> Execution:
    """The run once it is over and, where a worker is there to do it, assessed: what changes no more."""
    wait_for(lambda: not Execution.objects.get(id=execution.id).is_live, seconds, f"Run {execution.id}")
    with suppress(AssertionError):
        wait_for(lambda: Execution.objects.filter(SETTLED, id=execution.id).exists(), AFTERMATH)
    execution.refresh_from_db()
    return execution


def error_of(execution: Execution) -> dict[str, Any]:
    """The run's error, which must be there."""
    assert execution.error is not None
    error: dict[str, Any] = execution.error
    return error


def final_output(execution: Execution) -> str:
    """The run's result, which must be there."""
    assert execution.output_data is not None, execution.error
    text: str = execution.output_data["final_output"]
    return text


def assert_numbered_without_gap(execution: Execution) -> list[str]:
    """The types of the run's events until its end, whose numbers must be 1, 2, 3 and so on."""
    rows = list(execution.events.values_list("seq", "type"))
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    return [kind for _, kind in rows if kind not in ("quality.ready", "learning.ready")]
