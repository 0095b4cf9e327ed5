"""Steps that cook another recipe: which recipe and version is meant, what it is given, and that none cooks itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automatos.checking import Problems
from recipes.engine.sub_runs import ALL, DEEPEST
from recipes.engine.templating import texts_of
from recipes.kinds import Known
from recipes.models import Recipe, RecipeStep, RecipeVersion, StepKind
from workspaces.models import Workspace

FINAL = "final_output"


@dataclass(frozen=True, slots=True)
class Place:
    """Where such a step stands. within: the recipe, where it is there already."""

    workspace: Workspace
    within: UUID | None


def check(field: str, step: RecipeStep, known: Known, place: Place, problems: Problems) -> None:
    """Notes what is wrong; pins the step to the recipe's id and version otherwise."""
    config = dict(step.config or {})
    recipe = _recipe(place.workspace, config.get("recipe"))
    if not config.get("recipe"):
        problems.add(f"{field}.config.recipe", "Choose a recipe: give its id or its template_id.")
        return
    if recipe is None:
        problems.add(f"{field}.config.recipe", "There is no such recipe here. Give its id or its template_id.")
        return
    number = config.get("version") or recipe.version
    version = None
    if isinstance(number, int) and not isinstance(number, bool):
        version = RecipeVersion.objects.filter(recipe=recipe, version=number).first()
    if version is None:
        problems.add(f"{field}.config.version", f"There is no such version. The newest one is {recipe.version}.")
        return
    if config.get("leaves", FINAL) not in (FINAL, ALL):
        problems.add(f"{field}.config.leaves", f"Write {FINAL} or {ALL}.")
    _check_inputs(field, config.get("inputs") or {}, version.body.get("inputs") or {}, known, problems)
    _check_depth(f"{field}.config.recipe", place, version, problems)
    step.config = {**config, "recipe": str(recipe.pk), "version": number}


def version_of(workspace: Workspace, config: Mapping[str, Any]) -> RecipeVersion | None:
    """The version that a step with this config cooks, the newest where it names none; None where there is none."""
    recipe = _recipe(workspace, config.get("recipe"))
    number = config.get("version") or (recipe.version if recipe else 0)
    if recipe is None or not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        return None
    return RecipeVersion.objects.filter(recipe=recipe, version=number).select_related("recipe").first()


def _recipe(workspace: Workspace, key: Any) -> Recipe | None:
    """By its id or template_id."""
    if not isinstance(key, str) or not key:
        return None
    rows = Recipe.objects.visible().filter(workspace=workspace)
    try:
        return rows.filter(pk=UUID(key)).first()
    except ValueError:
        return rows.filter(template_id=key[:80]).first()


def _check_inputs(field: str, given: Any, schema: Mapping[str, Any], known: Known, problems: Problems) -> None:
    if not isinstance(given, dict):
        problems.add(f"{field}.config.inputs", 'Write an object, for example {"topic": "{item}"}.')
        return
    for name in given:
        if name not in schema:
            there = ", ".join(schema) or "none"
            problems.add(f"{field}.config.inputs", f"That recipe has no input {name[:80]}. It has: {there}.")
    for name, entry in schema.items():
        if entry.get("required") and name not in given and entry.get("default") in (None, ""):
            problems.add(f"{field}.config.inputs", f"That recipe needs the input {name}.")
    for text in texts_of(given):
        for problem in known.problems_of(text):
            problems.add(f"{field}.config.inputs", problem)


def _check_depth(field: str, place: Place, version: RecipeVersion, problems: Problems) -> None:
    """Versions are pinned and never change, so what stands in them can be read to the end."""
    level, depth = [version], 0
    while level:
        depth += 1
        if place.within in {one.recipe_id for one in level}:
            problems.add(field, "So this recipe would cook itself. Choose another one.")
            return
        if depth > DEEPEST:
            problems.add(field, f"Recipes stand at most {DEEPEST} deep in one another.")
            return
        level = _inside(place.workspace, level)


def _inside(workspace: Workspace, versions: Sequence[RecipeVersion]) -> list[RecipeVersion]:
    """The versions that these cook."""
    wanted = {
        (UUID(step["config"]["recipe"]), step["config"]["version"])
        for version in versions
        for step in version.body.get("steps", ())
        if step.get("kind") == StepKind.RECIPE
    }
    rows = RecipeVersion.objects.filter(
        recipe__workspace=workspace, recipe_id__in={recipe_id for recipe_id, _ in wanted}
    )
    return [row for row in rows if (row.recipe_id, row.version) in wanted]
