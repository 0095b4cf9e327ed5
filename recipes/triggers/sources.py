"""What a trigger listens to in this installation: the ends of a recipe's runs, or an event of a connected app."""

from typing import Any
from uuid import UUID

from automatos.checking import Problems
from automatos.ids import as_uuid
from recipes.models import Recipe, RecipeTrigger, TriggerKind
from recipes.validation import SLUG
from tools.models import ComposioTrigger

MOST_CHOICES = 1000
NONE: dict[str, Any] = {"after_recipe": None, "app_event_id": None}
NO_EVENT = "Choose an event that this workspace listens to: GET /api/composio/triggers lists them."


def found(recipe: Recipe, kind: str, source: str, problems: Problems) -> dict[str, Any]:
    """The trigger's columns for what it listens to; what is wrong is noted under `listens_to`."""
    if kind == TriggerKind.RECIPE:
        return NONE | {"after_recipe": _after(recipe, source, problems)}
    if kind == TriggerKind.APP:
        return NONE | {"app_event_id": _event(recipe, source, problems)}
    if source:
        problems.add("listens_to", "Only triggers of the kinds recipe and app listen to something. Leave it out.")
    return NONE


def address_of(trigger: RecipeTrigger) -> str:
    """What it listens to in words that another workspace may know too: a template_id, or `app:event`."""
    if trigger.after_recipe is not None:
        return trigger.after_recipe.template_id
    if trigger.app_event_id is None:
        return ""
    rows = ComposioTrigger.objects.filter(workspace_id=trigger.workspace_id, pk=trigger.app_event_id)
    event = rows.select_related("connection").first()
    return f"{event.connection.app}:{event.slug}" if event else str(trigger.app_event_id)


def resolved(recipe: Recipe, kind: str, source: str) -> str:
    """The source as `found` takes it: of an event written as `app:event` its id, where the workspace listens to it."""
    app, colon, slug = source.partition(":")
    if kind != TriggerKind.APP or not colon:
        return source
    rows = ComposioTrigger.objects.filter(workspace_id=recipe.workspace_id, connection__app=app[:200], slug=slug[:200])
    event = rows.order_by("created_at", "id").first()
    return str(event.pk) if event else source


def choices(recipe: Recipe, kind: str) -> list[tuple[str, str]]:
    """What there is to choose from, by id."""
    if kind == TriggerKind.APP:
        events = ComposioTrigger.objects.filter(workspace_id=recipe.workspace_id).select_related("connection")
        return [(str(one.pk), f"{one.connection.app}: {one.slug}") for one in events.order_by("slug", "id")]
    rows = Recipe.objects.visible().filter(workspace_id=recipe.workspace_id).exclude(pk=recipe.pk)
    return [(str(key), name) for key, name in rows.order_by("name", "id").values_list("pk", "name")[:MOST_CHOICES]]


def _after(recipe: Recipe, source: str, problems: Problems) -> Recipe | None:
    rows = Recipe.objects.visible().filter(workspace_id=recipe.workspace_id)
    key = as_uuid(source)
    other = (
        rows.filter(pk=key).first()
        if key
        else rows.filter(template_id=source).first()
        if SLUG.fullmatch(source)
        else None
    )
    if other is None:
        problems.add("listens_to", "Name a recipe of this workspace whose runs' ends start this one.")
    elif comes_round(recipe, other):
        problems.add(
            "listens_to", f"{other.name} is started by the end of {recipe.name}: they would start one another."
        )
    return other


def comes_round(recipe: Recipe, other: Recipe) -> bool:
    """Whether the end of `recipe` starts `other`, at once or by way of further recipes."""
    rows = RecipeTrigger.objects.filter(workspace_id=recipe.workspace_id, kind=TriggerKind.RECIPE, deleted_at=None)
    starts: dict[Any, list[Any]] = {}
    for after, target in rows.values_list("after_recipe_id", "recipe_id"):
        starts.setdefault(after, []).append(target)
    waiting, seen = [recipe.pk], set()
    while waiting:
        one = waiting.pop()
        if one == other.pk:
            return True
        if one not in seen:
            seen.add(one)
            waiting += starts.get(one, [])
    return False


def _event(recipe: Recipe, source: str, problems: Problems) -> UUID | None:
    key = as_uuid(source)
    rows = ComposioTrigger.objects.filter(workspace_id=recipe.workspace_id)
    if key is None or not rows.filter(pk=key).exists():
        problems.add("listens_to", NO_EVENT)
        return None
    return key
