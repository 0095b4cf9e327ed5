"""One model for all that a run asks: its agents, those whom they ask, and the recipes inside of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.work.spec import AgentSpec
from recipes.engine.new_steps import NewStep
from recipes.models import StepKind

# In the config of a step: the model in place of every agent's own.
OF_ALL = "model_of_all"
# Kinds under which agents work: themselves, asked by a tool, or in a recipe inside.
KINDS = (StepKind.AGENT, StepKind.TOOL, StepKind.RECIPE)


def one_for_all(config: Mapping[str, Any] | None) -> str:
    """The model that a step names for all that it asks; empty for the agents' own."""
    return str((config or {}).get(OF_ALL) or "")


def with_model(steps: Sequence[NewStep], model: str) -> list[NewStep]:
    """The steps with this model in place of every agent's own; as they are where it is empty."""
    if not model:
        return list(steps)
    return [
        replace(step, config={**(step.config or {}), OF_ALL: model}) if step.kind in KINDS else step for step in steps
    ]


def instead(spec: AgentSpec, model: str) -> AgentSpec:
    """The agent with this model and no other to fall back to: its answers would be taken for this one's."""
    return replace(spec, model=model, fallback_model="") if model else spec
