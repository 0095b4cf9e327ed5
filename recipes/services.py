"""Changes: recipes, their steps and versions."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.models import Agent
from agents.work.spec import why_no_new_work
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotFound
from automatos.rows import added, locked
from automatos.slugs import insert_with_slug
from recipes.models import Execution, Recipe, RecipeStep, RecipeVersion, Trigger
from recipes.publish_gate_queries import require_passed
from recipes.queries import recipes_of
from recipes.runs.input_files import NONE as NO_FILES
from recipes.runs.input_files import Uploads
from recipes.runs.model_names import problems_of_model
from recipes.runs.recalling import lessons_for
from recipes.runs.services import A_PERSON, Cause, start
from recipes.validation import SLUG, StepInput, body_of, checked_config, checked_schema, checked_steps, with_defaults
from workspaces.audit import log as audit
from workspaces.limits import plans
from workspaces.models import User, Workspace

# Addresses beside those of recipes.
RESERVED = frozenset({"new", "import", "describe", "bulk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeInput:
    """Everything a person decides about a recipe. template_id: its address, by default made from the name."""

    name: str
    steps: Sequence[StepInput]
    description: str = ""
    template_id: str = ""
    tags: Sequence[str] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    execution_config: Mapping[str, Any] = field(default_factory=dict)


def as_input(recipe: Recipe) -> RecipeInput:
    """The recipe as it is, ready for `dataclasses.replace` and update_recipe."""
    return input_of_body(body_of(recipe, list(recipe.steps.all())))


def input_of_body(body: Mapping[str, Any]) -> RecipeInput:
    """A recipe kept in a version's body."""
    steps = [StepInput(**{**step, "agent_id": _uuid(step["agent_id"])}) for step in body["steps"]]
    return RecipeInput(**{**body, "steps": steps})


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def problems_of(workspace: Workspace, data: RecipeInput, within: UUID | None = None) -> dict[str, list[str]]:
    """What hinders this recipe from being saved or cooked, by field; empty when nothing does. within: its id."""
    try:
        _, steps = checked(workspace, data, within=within)
    except InvalidInput as error:
        return {field: list(texts) for field, texts in error.fields.items()}
    agents = Agent.objects.in_bulk({step.agent_id for step in steps if step.agent_id})
    places = {step.step_id or f"step_{place + 1}": place for place, step in enumerate(data.steps)}
    found = {}
    for step in steps:
        agent = agents.get(step.agent_id) if step.agent_id else None
        if agent and (reason := why_no_new_work(agent.name, agent.status, agent.pending_status, deleted=False)):
            found[f"steps.{places.get(step.step_id, step.order - 1)}.agent_id"] = [reason]
    return found


def body_if_saved(recipe: Recipe, data: RecipeInput) -> dict[str, Any]:
    """The recipe as a version would keep it; nothing is saved. Raises InvalidInput with every problem found."""
    columns, steps = checked(recipe.workspace, data, within=recipe.pk)
    changed = copy(recipe)
    for name, value in columns.items():
        setattr(changed, name, value)
    return body_of(changed, steps)


@transaction.atomic
def create_recipe(*, workspace: Workspace, user: User | None, data: RecipeInput) -> Recipe:
    """A new recipe at version 1, or InvalidInput naming each wrong field."""
    columns, steps = checked(workspace, data)
    plans.require_room(workspace, "recipes", recipes_of(workspace).count)
    recipe = _insert(workspace, user, data.template_id, columns)
    body = _keep(recipe, steps, user, changelog="Created")
    audit.record_row("recipe.created", recipe, after=_compared(body))
    return recipe


@transaction.atomic
def update_recipe(
    *, recipe: Recipe, user: User | None, data: RecipeInput, changelog: str = "", expected_version: int | None = None
) -> Recipe:
    """The recipe with everything as in `data`, as its next version. Runs under way go on with the version they have.

    expected_version: the version the change was made from; Conflict when someone else saved meanwhile, and where an
    evaluation has to have passed before.
    """
    recipe = lock_recipe(recipe)
    if expected_version is not None and recipe.version != expected_version:
        raise Conflict(
            f"{recipe.name} was saved by someone else meanwhile: it is at version {recipe.version}, "
            f"and this change was made from {expected_version}. Load it again."
        )
    columns, steps = checked(recipe.workspace, data, changelog, within=recipe.pk)
    old = body_of(recipe, list(recipe.steps.all()))
    before = _compared(old)
    for name, value in columns.items():
        setattr(recipe, name, value)
    require_passed(recipe, old, body_of(recipe, steps))
    recipe.version += 1
    if data.template_id:
        others = Recipe.objects.filter(workspace_id=recipe.workspace_id, template_id=data.template_id, deleted_at=None)
        if others.exclude(pk=recipe.pk).exists():
            raise _taken(data.template_id)
        recipe.template_id = data.template_id
    try:
        with transaction.atomic():
            recipe.save()
    except IntegrityError:
        raise _taken(data.template_id) from None
    recipe.steps.all().delete()
    after = _compared(_keep(recipe, steps, user, changelog=changelog.strip()))
    changed = audit.changes(before, after, after)
    version = {"version": recipe.version, **({"changelog": changelog.strip()} if changelog.strip() else {})}
    audit.record_row(
        "recipe.updated",
        recipe,
        before={"version": recipe.version - 1, **changed.get("before", {})},
        after={**version, **changed.get("after", {})},
    )
    return recipe


def cook(
    *,
    workspace: Workspace,
    recipe: Recipe,
    input_data: Mapping[str, Any],
    user: User | None,
    trigger: Trigger,
    cause: Cause = A_PERSON,
    priority: int | None = None,
    uploads: Uploads = NO_FILES,
) -> Execution:
    """Start a run as `runs.services.start` does, and tell its first agent what earlier runs taught."""
    if recipe.version == 0:
        raise Conflict(f"Nothing of {recipe.name} is published yet. Publish its draft first.", code="not_published")
    first = recipe.steps.filter(agent__isnull=False).order_by("order").first()
    config, agent_id = with_defaults(recipe.execution_config), first.agent_id if first else None
    return start(
        workspace=workspace,
        recipe=recipe,
        input_data=input_data,
        user=user,
        trigger=trigger,
        lessons=lessons_for(workspace.pk, recipe.pk, agent_id, config, input_data),
        cause=cause,
        priority=priority,
        uploads=uploads,
    )


def marked_inputs(recipe: Recipe, names: Sequence[str]) -> dict[str, list[str]]:
    """The inputs that whoever starts a run marks as somebody else's; InvalidInput for a name it does not have."""
    problems = Problems()
    for name in names:
        if name not in recipe.inputs:
            there = ", ".join(recipe.inputs) or "none"
            problems.add("untrusted_inputs", f"This recipe has no input {name[:80]!r}. It has: {there}.")
    problems.raise_any()
    return {name: [f"input {name}"] for name in names}


def delete_recipe(*, recipe: Recipe, user: User | None) -> None:
    """Take the recipe out of sight. Its past runs stay readable, runs under way go on."""
    with transaction.atomic():
        recipe = lock_recipe(recipe)
        recipe.deleted_at = timezone.now()
        recipe.save(update_fields=["deleted_at", "updated_at"])
        audit.record_row("recipe.deleted", recipe, before={"deleted_at": None}, after={"deleted_at": recipe.deleted_at})


@transaction.atomic
def delete_recipes(*, recipes: Sequence[Recipe], user: User | None) -> None:
    """All of them out of sight, or none."""
    for recipe in sorted(recipes, key=lambda one: one.pk):
        delete_recipe(recipe=recipe, user=user)


@transaction.atomic
def tag_recipes(*, recipes: Sequence[Recipe], user: User | None, tag: str) -> None:
    """The tag at each of them, as a new version where it was not there."""
    for recipe in sorted(recipes, key=lambda one: one.pk):
        data = as_input(recipe)
        if tag not in data.tags:
            tagged = replace(data, tags=[*data.tags, tag])
            update_recipe(recipe=recipe, user=user, data=tagged, changelog=f"Tagged {tag}"[:300])


def restore_recipe(*, recipe: Recipe, user: User | None) -> Recipe:
    """A deleted recipe back in sight, under its address or, when that was taken meanwhile, a new one."""
    with transaction.atomic():
        gone = Recipe.objects.select_for_update(of=("self",)).filter(pk=recipe.pk).first()
        if gone is None:
            raise NotFound()
        if gone.deleted_at is None:
            return gone
        plans.require_room(gone.workspace, "recipes", recipes_of(gone.workspace).count)
        before = {"template_id": gone.template_id, "deleted_at": gone.deleted_at}
        live = recipes_of(gone.workspace)
        found = insert_with_slug(
            partial(_bring_back, gone), name=gone.template_id, longest=80, otherwise="recipe",
            taken=lambda slug: live.filter(template_id=slug).exists(),
        )  # fmt: skip
        audit.record_row(
            "recipe.restored", found, before=before, after={"template_id": found.template_id, "deleted_at": None}
        )
    return found


def _bring_back(recipe: Recipe, slug: str) -> Recipe:
    recipe.template_id, recipe.deleted_at = slug, None
    recipe.save(update_fields=["template_id", "deleted_at", "updated_at"])
    return recipe


def duplicate_recipe(*, recipe: Recipe, user: User | None) -> Recipe:
    """A copy at version 1 under a name and an address of its own."""
    name = f"{recipe.name[:150]} (copy)"
    return create_recipe(
        workspace=recipe.workspace, user=user, data=replace(as_input(recipe), name=name, template_id="")
    )


def restore_version(*, recipe: Recipe, version: int, user: User | None) -> Recipe:
    """The recipe as it read at an earlier version, as its next version; NotFound for a version there never was."""
    kept = recipe.versions.filter(version=version).first()
    if kept is None:
        raise NotFound()
    data = replace(input_of_body(kept.body), template_id="")
    return update_recipe(recipe=recipe, user=user, data=data, changelog=f"Version {version} restored")


def checked(
    workspace: Workspace, data: RecipeInput, changelog: str = "", within: UUID | None = None
) -> tuple[dict[str, Any], list[RecipeStep]]:
    """The recipe's columns and its step rows, not saved. Raises InvalidInput with every problem found."""
    problems = Problems()
    if data.template_id and not SLUG.fullmatch(data.template_id):
        problems.add("template_id", "Use small letters, digits and -; at most 80.")
    elif data.template_id in RESERVED:
        problems.add("template_id", f"{data.template_id} is the address of a page; choose another.")
    problems.text("changelog", changelog, longest=300)
    config = checked_config(data.execution_config, problems)
    if "execution_config.judge_model" not in problems and config.get("judge_model"):
        problems_of_model(workspace, config["judge_model"], "execution_config.judge_model", problems)
    inputs = checked_schema("inputs", data.inputs, problems, files=True)
    for entry in inputs.values():
        entry.setdefault("required", True)
    columns = {
        "name": problems.text("name", data.name, longest=160, required=True),
        "description": problems.text("description", data.description, longest=10_000),
        "tags": problems.tags("tags", data.tags),
        "inputs": inputs,
        "input_order": list(inputs),
        "outputs": checked_schema("outputs", data.outputs, problems),
        "execution_config": config,
    }
    steps = checked_steps(
        workspace=workspace, steps=data.steps, inputs=inputs, config=config, problems=problems, within=within
    )
    for name in ("inputs", "outputs", "execution_config"):
        problems.json(name, columns[name])
    problems.raise_any()
    return columns, steps


def _insert(workspace: Workspace, user: User | None, template_id: str, columns: dict[str, Any]) -> Recipe:
    def create(slug: str) -> Recipe | None:
        return added(Recipe(workspace=workspace, template_id=slug, created_by=user, **columns))

    if not template_id:
        return insert_with_slug(create, name=columns["name"], longest=80, otherwise="recipe", reserved=RESERVED)
    recipe = create(template_id)
    if recipe is None:
        raise _taken(template_id)
    return recipe


def _taken(template_id: str) -> InvalidInput:
    text = f"Another recipe here is called {template_id}; choose another."
    return InvalidInput(f"template_id: {text}", fields={"template_id": [text]})


def _keep(recipe: Recipe, steps: list[RecipeStep], user: User | None, *, changelog: str) -> dict[str, Any]:
    """Save the steps, and the whole as it reads at this version; that body."""
    for step in steps:
        step.recipe = recipe
    RecipeStep.objects.bulk_create(steps)
    body = body_of(recipe, steps)
    RecipeVersion.objects.create(recipe=recipe, version=recipe.version, body=body, changelog=changelog, created_by=user)
    return body


def _compared(body: Mapping[str, Any]) -> dict[str, Any]:
    """A version's body as the audit log compares it: step by step."""
    return {**body, "steps": {step["step_id"] or str(step["order"]): step for step in body["steps"]}}


def lock_recipe(recipe: Recipe) -> Recipe:
    """The row as it is now, ours until the transaction ends; NotFound when it was deleted meanwhile."""
    return locked(Recipe.objects.visible().select_related("workspace"), pk=recipe.pk)
