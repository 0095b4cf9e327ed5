"""Recipes that a draft's steps may cook: those to choose from, their versions, and fields for what one is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from recipes.editor.arguments import argument_fields
from recipes.editor.body import Step
from recipes.models import Recipe, RecipeVersion
from recipes.sub_recipes import version_of
from tools.app_calls.forms import FormField
from workspaces.models import Workspace

MOST_OFFERED = 500
MOST_VERSIONS = 20
LEFT_OVER = "That recipe has no such input. Empty this to leave it out."
# What JSON calls the types of inputs; the others are text. A file is named.
TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "array": "array", "object": "object"}


@dataclass(frozen=True, slots=True)
class Inner:
    """The recipe that a step cooks. versions: (number, words); fields: of what it is given; name: empty for none."""

    key: str = ""
    name: str = ""
    address: str = ""
    versions: Sequence[tuple[str, str]] = ()
    fields: Sequence[FormField] = field(default=())


def offered(workspace: Workspace, within: Recipe) -> list[Recipe]:
    """The published recipes of the workspace but for the one that is edited."""
    rows = Recipe.objects.visible().filter(workspace=workspace, version__gt=0).exclude(pk=within.pk)
    return list(rows.only("id", "name", "template_id", "version").order_by("name")[:MOST_OFFERED])


def names_of(recipes: Sequence[Recipe]) -> dict[str, str]:
    """What steps may call them by: id and template_id."""
    return {key: one.name for one in recipes for key in (str(one.pk), one.template_id)}


def inner_of(workspace: Workspace, step: Step) -> Inner:
    """What the step cooks, as far as its settings say."""
    config = step.get("config") or {}
    found = version_of(workspace, {**config, "version": None}) if config.get("recipe") else None
    if found is None:
        return Inner()
    recipe = found.recipe
    chosen = version_of(workspace, config) or found
    given = config.get("inputs")
    known: Mapping[str, Any] = chosen.body.get("inputs") or {}
    fields = list(argument_fields(_schema(known), given)) if known else []
    rest = [name for name in given if name not in known] if isinstance(given, dict) else []
    fields += [FormField(name, "text", "", LEFT_OVER, False, str((given or {})[name])) for name in rest]
    return Inner(str(recipe.pk), recipe.name, recipe.template_id, _versions(recipe.pk, recipe.version), fields)


def _versions(recipe_id: UUID, newest: int) -> list[tuple[str, str]]:
    rows = RecipeVersion.objects.filter(recipe_id=recipe_id).order_by("-version").values_list("version", flat=True)
    return [
        ("", f"The newest when this is published, now {newest}"),
        *((str(number), f"Version {number}") for number in rows[:MOST_VERSIONS]),
    ]


def _schema(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's inputs as the arguments of a tool are described."""
    properties = {name: _part(entry) for name, entry in inputs.items()}
    needed = [name for name, one in inputs.items() if one.get("required") and one.get("default") in (None, "")]
    return {"type": "object", "properties": properties, "required": needed}


def _part(entry: Mapping[str, Any]) -> dict[str, Any]:
    kind = TYPES.get(str(entry.get("type", "string")), "string")
    part: dict[str, Any] = {"type": kind, "description": str(entry.get("description") or "")}
    if entry.get("default") not in (None, ""):
        part["description"] = f"{part['description']} When empty: {entry['default']}".strip()
    if kind == "array":
        part["items"] = {"type": "string"}
    if kind == "string" and entry.get("type") != "text":
        part["maxLength"] = 200
    if options := entry.get("options"):
        part["enum"] = [str(one) for one in options]
    return part
