"""What the first agent of a run is told of earlier ones. The room that keeps lessons stands to the right of this one,
so its way of finding them is named in the app's configuration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.apps import apps
from django.utils.module_loading import import_string

from recipes.engine.growing import BODY
from recipes.engine.new_steps import NewStep
from recipes.models import ExecutionStep

Lessons = Sequence[Mapping[str, Any]]
KEPT = "lessons"
# Where the app says how lessons are found.
NAMED = "recall"


class Recall(Protocol):
    """Finds the lessons of a recipe and of its first agent, in the shape a step keeps them."""

    def __call__(
        self, workspace_id: UUID, recipe_id: UUID, agent_id: UUID | None, input_data: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Of many those that fit the inputs best; without inputs the pinned and the newest, and nothing is embedded."""


@cache
def _recall() -> Recall:
    path: str = getattr(apps.get_app_config("recipes"), NAMED)
    found: Recall = import_string(path)
    return found


def lessons_for(
    workspace_id: UUID,
    recipe_id: UUID,
    agent_id: UUID | None,
    settings: Mapping[str, Any],
    input_data: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """What the first agent is told; nothing where the recipe does not learn. settings: the recipe's, with defaults."""
    if not settings["auto_learning"] or settings["memory_isolation"]:
        return []
    return _recall()(workspace_id, recipe_id, agent_id, input_data)


def first_agent(steps: Sequence[NewStep]) -> UUID | None:
    """Who is told the lessons."""
    return next((step.agent_id for step in steps if step.agent_id), None)


def with_lessons(steps: Sequence[NewStep], lessons: Lessons) -> list[NewStep]:
    """The steps, the first one with an agent with the lessons."""
    if not lessons:
        return list(steps)
    first = next((step.order for step in steps if step.agent_id), None)
    told = {KEPT: list(lessons)}
    return [replace(one, config={**(one.config or {}), **told}) if one.order == first else one for one in steps]


def tell_anew(rows: Sequence[ExecutionStep], lessons: Lessons, first: int | None) -> None:
    """Give rows that are copied from an earlier run these lessons in place of those of then.

    first: the number of the row that is told them although it was told none then; None where it is not among them.
    """
    told = any(is_told(row.config) for row in rows)
    for row in rows:
        row.config = _anew(row.config, lessons)
        if lessons and not told and row.order == first:
            row.config = {**(row.config or {}), KEPT: list(lessons)}


def is_told(config: Mapping[str, Any] | None) -> bool:
    """Whether a step keeps lessons, or a loop those of a step inside of it."""
    given = config or {}
    return KEPT in given or any(is_told(one.get("config")) for one in given.get(BODY, ()))


def _anew(config: dict[str, Any] | None, lessons: Lessons) -> dict[str, Any] | None:
    """The config with these lessons wherever it had some; a loop keeps those of its steps inside its own."""
    if not config or not is_told(config):
        return config
    changed = {**config}
    if changed.pop(KEPT, None) is not None and lessons:
        changed[KEPT] = list(lessons)
    if BODY in changed:
        changed[BODY] = [{**one, "config": _anew(one.get("config"), lessons)} for one in changed[BODY]]
    return changed
