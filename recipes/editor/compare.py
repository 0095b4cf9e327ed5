"""A recipe as lines of text, so that people can compare versions and each other's changes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.models import Agent
from automatos import textdiff
from automatos.fields import plain
from recipes.editor import services as drafts
from recipes.engine.new_steps import expression_of
from recipes.models import Recipe, RecipeVersion, StepKind, step_title
from recipes.services import RecipeInput, input_of_body
from recipes.validation import StepInput


@dataclass(frozen=True, slots=True)
class EditConflict:
    """Who saved meanwhile and when; theirs: what they changed since `base`; mine: what saving mine now would change."""

    who: str
    when: datetime
    base: int
    version: int
    theirs: list[textdiff.Line]
    mine: list[textdiff.Line]


def conflict_of(recipe: Recipe, mine: RecipeInput, base: int) -> EditConflict:
    """The saved recipe against what was typed from version `base`."""
    newest = recipe.versions.select_related("created_by").order_by("-version")[0]
    began = recipe.versions.filter(version=base).first()
    saved = input_of_body(newest.body)
    names = agent_names([mine, saved])
    return EditConflict(
        who=newest.created_by.display_name if newest.created_by else "someone",
        when=newest.created_at,
        base=base,
        version=recipe.version,
        theirs=between(began, newest) if began else [],
        mine=textdiff.compare(as_text(saved, names), as_text(mine, names)),
    )


def between(old: RecipeVersion, new: RecipeVersion) -> list[textdiff.Line]:
    """What changed from one version to another; empty when they read the same."""
    before, after = input_of_body(old.body), input_of_body(new.body)
    names = agent_names([before, after])
    return textdiff.compare(as_text(before, names), as_text(after, names))


def draft_changes(recipe: Recipe) -> list[textdiff.Line]:
    """What publishing the recipe's draft would change; empty where there is none, or both read the same."""
    draft = drafts.draft_of(recipe)
    if draft is None:
        return []
    published, typed = drafts.as_input(drafts.published_body(recipe)), drafts.as_input(drafts.body_now(recipe, draft))
    names = agent_names([published, typed])
    return textdiff.compare(as_text(published, names), as_text(typed, names))


def agent_names(recipes: Iterable[RecipeInput]) -> dict[UUID | None, str]:
    """The names of all agents the recipes' steps give work to, deleted ones too, in one query."""
    keys = {step.agent_id for recipe in recipes for step in recipe.steps if step.agent_id}
    return dict(Agent.objects.filter(pk__in=keys).values_list("pk", "name"))


def as_text(recipe: RecipeInput, names: Mapping[UUID | None, str]) -> str:
    """The recipe, one thing a line."""
    lines = [f"Name: {recipe.name}", f"Description: {recipe.description}", f"Tags: {', '.join(recipe.tags)}"]
    for name, entry in sorted(recipe.inputs.items()):
        lines += ["", f"Input {name}: {_entry(entry)}"]
    for name, entry in sorted(recipe.outputs.items()):
        lines += ["", f"Output {name}: {_entry(entry)}"]
    for order, step in enumerate(recipe.steps, start=1):
        lines += ["", *_step_lines(order, step, names)]
    settings = sorted(recipe.execution_config.items())
    lines += ["", "Settings", *(f"  {name}: {_value(value)}" for name, value in settings)]
    return "\n".join(lines)


def _step_lines(order: int, step: StepInput, names: Mapping[UUID | None, str]) -> list[str]:
    when = [f"  Only if: {step.under} is {step.branch}"] if step.under else []
    title = step_title(step.name, step.kind, step.config, names.get(step.agent_id, "")) or step.step_id
    if step.kind == StepKind.CONDITION:
        return [f"Condition {order}: {title}", *when, f"  {expression_of(step.config)}"]
    if step.kind == StepKind.WAIT:
        lines = [f"  {line}" for line in step.prompt_template.splitlines()]
        return [
            f"Wait {order}: {title}",
            *when,
            f"  {json.dumps(step.config, sort_keys=True)}",
            *lines,
        ]
    return [
        f"Step {order}: {title}",
        *when,
        f"  Agent: {names.get(step.agent_id, 'none')}",
        *([f"  Call: {json.dumps(step.config, sort_keys=True)}"] if step.kind == StepKind.TOOL else []),
        f"  Output key: {step.output_key}",
        f"  On failure: {step.error_handling}",
        f"  Retries: {_value(step.max_retries)}",
        f"  Time limit: {_value(step.timeout)} s",
        "  Prompt:",
        *(f"    {line}" for line in step.prompt_template.splitlines()),
    ]


def _entry(entry: Mapping[str, Any]) -> str:
    words = [str(entry.get("type", "string"))]
    words += ["required"] if entry.get("required") else []
    words += ["from outside"] if entry.get("untrusted") else []
    words += [f"default {_value(entry['default'])}"] if "default" in entry else []
    words += [str(entry["description"])] if entry.get("description") else []
    return ", ".join(words)


def _value(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return plain(float(value))
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def part_lines(theirs: object, mine: object) -> list[textdiff.Line]:
    """What writing mine over theirs would change, of one part of a draft."""
    return textdiff.compare(_part_text(theirs), _part_text(mine))


def _part_text(part: object) -> str:
    if not isinstance(part, dict):
        return _value(part)
    lines: list[str] = []
    for name, value in sorted(part.items()):
        if value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
        lines += [f"{name.replace('_', ' ').capitalize()}:", *(f"  {line}" for line in text.splitlines())]
    return "\n".join(lines)
