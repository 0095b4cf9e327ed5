"""Reads: what the first agent of a recipe's next run is told: its prompt, and the lessons that join it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automatos.skill_format.skill import tokens
from recipes.engine.lessons_told import lessons_text, with_lessons
from recipes.engine.templating import VARIABLE, as_text
from recipes.lessons.recall import NOTHING, Recalled, as_told, recall
from recipes.models import Execution, Recipe, RecipeStep
from recipes.validation import with_defaults

# Characters of values that are shown; past them variables stay as they are written.
MOST_SHOWN = 100_000


@dataclass(frozen=True, slots=True)
class FirstContext:
    """step: the first one with an agent. prompt: as it is sent, its lessons at the end; what has no value yet stays as
    it is written.
    """

    step: RecipeStep
    lessons: Recalled
    prompt: str

    @property
    def lessons_tokens(self) -> int:
        """About how many tokens the lessons take."""
        return tokens(lessons_text(as_told(self.lessons.every)))


def first_context(recipe: Recipe, given: Mapping[str, Any]) -> FirstContext | None:
    """The context of the first step with an agent; None where no step has one. given: the next run's inputs."""
    step = recipe.steps.filter(agent__isnull=False).select_related("agent", "agent__persona").order_by("order").first()
    if step is None:
        return None
    found = recall(recipe.workspace_id, recipe.pk, step.agent_id, given) if learns(recipe) else NOTHING
    known = {name: entry["default"] for name, entry in recipe.inputs.items() if entry.get("default") is not None}
    values = {f"input.{name}": as_text(value) for name, value in {**known, **given}.items()}

    room = MOST_SHOWN

    def value(match: re.Match[str]) -> str:
        nonlocal room
        text = match[0][0] if match[1] is None else values.get(match[1], match[0])
        room -= len(text)
        return text if room > 0 else match[0]

    prompt = VARIABLE.sub(value, step.prompt_template)
    return FirstContext(step, found, with_lessons(prompt, as_told(found.every)))


def learns(recipe: Recipe) -> bool:
    """Whether its runs are told lessons."""
    config = with_defaults(recipe.execution_config)
    return bool(config["auto_learning"] and not config["memory_isolation"])


def last_inputs(recipe: Recipe) -> dict[str, Any]:
    """The inputs of the recipe's newest run; empty before the first."""
    rows = Execution.objects.filter(recipe=recipe, deleted_at=None).order_by("-created_at", "-id")
    return dict(rows.values_list("input_data", flat=True).first() or {})
