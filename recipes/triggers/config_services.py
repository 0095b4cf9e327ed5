"""Changes and reads: everything that starts a recipe, written and read in one piece (`schedule_config`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from automatos.checking import Problems
from automatos.errors import InvalidInput, wrong_field
from recipes import services as recipes
from recipes.editor import files_services as files
from recipes.editor import services as drafts
from recipes.editor.body import STARTS
from recipes.editor.files_services import Imported
from recipes.models import Recipe, RecipeTrigger, Schedule, TriggerKind
from recipes.triggers import config_shape as shape
from recipes.triggers import configs, queries, schedule_services, sources, trigger_services
from recipes.triggers.config_shape import CRON, TRIGGER, Start
from recipes.triggers.schedule_services import ScheduleInput
from recipes.triggers.trigger_services import TriggerInput
from workspaces.models import User, Workspace
from workspaces.scope.permissions import Access

Row = Schedule | RecipeTrigger


def config_of(recipe: Recipe) -> dict[str, Any]:
    """What starts the recipe, schedules first, each with the id of its row; `manual` where nothing does."""
    schedules, triggers = _rows(recipe)
    return shape.joined([*map(_of_schedule, schedules), *map(_of_trigger, triggers)])


def file_config(recipe: Recipe) -> dict[str, Any]:
    """The same as a file has it: what it listens to by address, no ids; empty where nothing starts the recipe."""
    schedules, triggers = _rows(recipe)
    told = [{**_of_trigger(one), "listens_to": sources.address_of(one)} for one in triggers]
    starts = [*map(_of_schedule, schedules), *told]
    return shape.quiet(shape.joined(starts)) if starts else {}


@transaction.atomic
def put_config(*, recipe: Recipe, user: User | None, config: Mapping[str, Any]) -> dict[str, str]:
    """Makes the recipe start by what `config` says and by nothing else; the secrets of new webhooks, by their ids.

    A start that is there keeps its row, with the address and the secret of a webhook: it is found by its id, else by
    its kind and name, else as the next one of its kind. What the config does not name is removed, and can be brought
    back. Raises InvalidInput with fields under `schedule_config`; nothing is changed then.
    """
    starts = shape.read(config)
    recipe = recipes.lock_recipe(recipe)
    schedules, triggers = _rows(recipe)
    matched = _matched(starts, [*schedules, *triggers])
    kept = {row.pk for _, row in matched if row is not None}
    for schedule in schedules:
        if schedule.pk not in kept:
            schedule_services.remove_schedule(recipe=recipe, schedule_id=schedule.pk)
    for trigger in triggers:
        if trigger.pk not in kept:
            trigger_services.remove_trigger(recipe=recipe, trigger_id=trigger.pk)
    wrong: dict[str, list[str]] = {}
    secrets: dict[str, str] = {}
    for start, row in matched:
        try:
            secrets |= _put(recipe, user, start, row)
        except InvalidInput as error:
            wrong |= {f"{start.place}.{name}": list(texts) for name, texts in error.fields.items()}
    if wrong:
        name, texts = next(iter(wrong.items()))
        raise InvalidInput(f"{name}: {texts[0]}", fields=wrong)
    return secrets


@transaction.atomic
def publish(
    *, recipe: Recipe, user: User | None, access: Access, changelog: str = "", over: int | None = None
) -> tuple[Recipe, dict[str, str]]:
    """The draft as the recipe's next version, with what starts it where the draft says so; raises as both do.

    Also the secrets of webhooks that came with it. Raises NotAllowed where `access` may not decide about triggers.
    """
    draft = drafts.draft_of(recipe)
    config = drafts.body_now(recipe, draft).get(STARTS)
    saved = drafts.publish(recipe=recipe, user=user, changelog=changelog, over=over)
    if not config:
        return saved, {}
    access.require("triggers:write")
    return saved, put_config(recipe=saved, user=user, config=config)


@transaction.atomic
def import_recipe(
    *, workspace: Workspace, user: User, access: Access, text: str, publish: bool = False
) -> tuple[Imported, dict[str, str]]:
    """A recipe from a file as `files_services` makes it; one that is published is started by what the file says.

    The rest as of `publish`.
    """
    made = files.import_recipe(workspace=workspace, user=user, text=text, publish=publish)
    config = made.document.body.get(STARTS)
    if not config or not publish:
        return made, {}
    access.require("triggers:write")
    try:
        return made, put_config(recipe=made.recipe, user=user, config=config)
    except InvalidInput as error:
        raise files.with_lines(made.document, error) from None


def is_live(recipe: Recipe, config: Mapping[str, Any]) -> bool:
    """Whether the recipe is started by this already, so that publishing it would change nothing."""
    return config == (file_config(recipe) or {"type": shape.MANUAL})


def _rows(recipe: Recipe) -> tuple[list[Schedule], list[RecipeTrigger]]:
    schedules, triggers = queries.starts_of(recipe)
    return schedules, [one for one in triggers if one.kind != TriggerKind.WAIT]


def _of_schedule(one: Schedule) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in shape.PARTS[CRON]}
    return {"type": CRON, shape.ID: str(one.pk), **values}


def _of_trigger(one: RecipeTrigger) -> dict[str, Any]:
    source = str(one.after_recipe_id or one.app_event_id or "")
    values = {name: source if name == "listens_to" else getattr(one, name) for name in shape.PARTS[TRIGGER]}
    return {"type": TRIGGER, shape.ID: str(one.pk), **values}


def _matched(starts: Sequence[Start], rows: Iterable[Row]) -> list[tuple[Start, Row | None]]:
    """Each start with the row that it is; None where it is new."""
    left = {str(row.pk): row for row in rows}
    found: dict[str, Row] = {}
    for start in starts:
        if start.id:
            row = left.pop(start.id, None)
            if row is None or _kind(row) != _kind(start):
                text = "Nothing of this type that starts the recipe has this id. Leave the id out."
                raise wrong_field(f"{start.place}.id", text)
            found[start.place] = row
    for is_same in (_is_named_alike, _is_of_one_kind):
        for start in starts:
            if start.place not in found and (key := next((k for k, r in left.items() if is_same(start, r)), "")):
                found[start.place] = left.pop(key)
    return [(start, found.get(start.place)) for start in starts]


def _kind(one: Start | Row) -> tuple[str, str, str]:
    """What a start remains all its life: a webhook's secret belongs to its scheme, too."""
    if isinstance(one, Schedule) or (isinstance(one, Start) and one.type == CRON):
        return CRON, "", ""
    config = _config(one) if isinstance(one, Start) else one.config
    kind = one.values["kind"] if isinstance(one, Start) else one.kind
    return TRIGGER, str(kind), str(config.get("scheme", ""))


def _config(start: Start) -> dict[str, Any]:
    """A trigger's settings as its row keeps them; what is wrong with them is found when they are written."""
    return configs.checked(start.values["kind"], start.values["config"], Problems())


def _is_named_alike(start: Start, row: Row) -> bool:
    name = start.values["name"] or start.values.get("cron", "")
    return _kind(start) == _kind(row) and name == row.name


def _is_of_one_kind(start: Start, row: Row) -> bool:
    return _kind(start) == _kind(row)


def _put(recipe: Recipe, user: User | None, start: Start, row: Row | None) -> dict[str, str]:
    """The row as the start says, or a new one; one that reads so already stays untouched. The secret of a new one."""
    if start.type == CRON:
        wanted = ScheduleInput(**start.values)
        if not isinstance(row, Schedule):
            schedule_services.add_schedule(recipe=recipe, user=user, data=wanted)
        elif schedule_services.as_input(row) != wanted:
            schedule_services.change_schedule(recipe=recipe, schedule_id=row.pk, user=user, data=wanted)
        return {}
    source = sources.resolved(recipe, start.values["kind"], start.values["listens_to"])
    data = TriggerInput(**{**start.values, "listens_to": source})
    if not isinstance(row, RecipeTrigger):
        made, secret = trigger_services.add_trigger(recipe=recipe, user=user, data=data)
        return {str(made.pk): secret} if secret else {}
    if trigger_services.as_input(row) != replace(data, config=_config(start)):
        trigger_services.change_trigger(recipe=recipe, trigger_id=row.pk, user=user, data=data)
    return {}
