"""Changes: triggers that people make, change, pause, remove and bring back, and the secrets of webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput
from automatos.rows import hold, locked
from recipes.filling import fill_inputs
from recipes.models import Recipe, RecipeTrigger, TriggerKind
from recipes.triggers import configs, mapping, queries, shared_secrets, signing, sources
from workspaces.audit import log as audit
from workspaces.models import User

MOST = 20
KINDS = tuple(configs.KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerInput:
    """What a person decides about a trigger. secret: the sender's own, when it cannot take one that is made here.

    listens_to: the recipe whose runs end (id or template_id), or the id of an app's event.
    """

    name: str
    kind: str = TriggerKind.WEBHOOK
    config: Mapping[str, Any] = field(default_factory=dict)
    input_map: Mapping[str, str] = field(default_factory=dict)
    input_data: Mapping[str, Any] = field(default_factory=dict)
    per_minute: int = 60
    is_paused: bool = False
    secret: str = ""
    listens_to: str = ""


def as_input(trigger: RecipeTrigger) -> TriggerInput:
    """The trigger as it is, ready for `dataclasses.replace` and change_trigger."""
    names = ("name", "kind", "config", "input_map", "input_data", "per_minute", "is_paused")
    source = str(trigger.after_recipe_id or trigger.app_event_id or "")
    return TriggerInput(**{name: getattr(trigger, name) for name in names}, listens_to=source)


def add_trigger(*, recipe: Recipe, user: User | None, data: TriggerInput) -> tuple[RecipeTrigger, str]:
    """A new trigger on behalf of `user`, and its secret, which is told only now. Raises InvalidInput by field."""
    columns = _checked(recipe, data)
    with transaction.atomic():
        _require_room(recipe)
        _require_own_step(recipe, columns)
        trigger = RecipeTrigger(workspace_id=recipe.workspace_id, recipe=recipe, owner=user, **columns)
        secret = data.secret or signing.new_secret(columns["config"].get("scheme", signing.ADDRESS))
        if trigger.kind in configs.WITH_SECRET:
            shared_secrets.keep(trigger, secret)
        trigger.save(force_insert=True)
        audit.record_row("trigger.created", trigger, after=_told(trigger))
    return trigger, secret if trigger.kind in configs.SIGNED else ""


def change_trigger(*, recipe: Recipe, trigger_id: UUID, user: User | None, data: TriggerInput) -> RecipeTrigger:
    """The trigger with everything as in `data`; its address and its secret stay.

    Whoever lets a paused one go on is its owner from then on.
    """
    columns = _checked(recipe, data)
    with transaction.atomic():
        trigger = held(recipe, trigger_id)
        before = _told(trigger)
        _require_own_step(recipe, columns, trigger.pk)
        if columns["kind"] != trigger.kind:
            raise InvalidInput("kind: A trigger keeps its kind.", fields={"kind": ["A trigger keeps its kind."]})
        if columns["config"].get("scheme") != trigger.config.get("scheme"):
            text = "A webhook keeps its scheme, as the secret belongs to it. Make a new one."
            raise InvalidInput(f"config.scheme: {text}", fields={"config.scheme": [text]})
        if (trigger.is_paused and not data.is_paused) or trigger.owner_id is None:
            trigger.owner = user
        for name, value in columns.items():
            setattr(trigger, name, value)
        trigger.updated_at = timezone.now()
        trigger.save()
        after = _told(trigger)
        audit.record_row("trigger.changed", trigger, **audit.changes(before, after, after))
    return trigger


def set_paused(*, recipe: Recipe, trigger_id: UUID, user: User | None, is_paused: bool) -> RecipeTrigger:
    """The trigger, taking nothing in or going on."""
    with transaction.atomic():
        data = replace(as_input(held(recipe, trigger_id)), is_paused=is_paused)
        return change_trigger(recipe=recipe, trigger_id=trigger_id, user=user, data=data)


def rotate_secret(*, recipe: Recipe, trigger_id: UUID, secret: str = "") -> str:
    """A new secret, told only now; the old one is good for a day more."""
    with transaction.atomic():
        trigger = held(recipe, trigger_id)
        scheme = trigger.config.get("scheme", signing.ADDRESS)
        if problem := _secret_problem(trigger.kind, trigger.config, secret):
            raise InvalidInput(f"secret: {problem}", fields={"secret": [problem]})
        if trigger.kind not in configs.WITH_SECRET:
            raise Conflict("This trigger has no secret.")
        fresh = secret or signing.new_secret(scheme)
        shared_secrets.keep(trigger, fresh, before=next(iter(shared_secrets.known(trigger)), ""))
        trigger.save(update_fields=["secret", "key_id", "rotated_at"])
        audit.record_row("trigger.secret_rotated", trigger)
    return fresh


def remove_trigger(*, recipe: Recipe, trigger_id: UUID) -> RecipeTrigger:
    """It starts nothing any more; it can be brought back."""
    with transaction.atomic():
        trigger = held(recipe, trigger_id)
        trigger.deleted_at = timezone.now()
        trigger.save(update_fields=["deleted_at"])
        audit.record_row("trigger.removed", trigger, before=_told(trigger))
    return trigger


def restore_trigger(*, recipe: Recipe, trigger_id: UUID) -> RecipeTrigger:
    """Back as it was, at the same address."""
    with transaction.atomic():
        _require_room(recipe)
        trigger = held(recipe, trigger_id, gone=True)
        trigger.deleted_at = None
        trigger.save(update_fields=["deleted_at"])
        audit.record_row("trigger.restored", trigger, after=_told(trigger))
    return trigger


def held(recipe: Recipe, trigger_id: UUID, *, gone: bool = False) -> RecipeTrigger:
    """The recipe's trigger, ours until the transaction ends; NotFound when there is none. gone: a removed one."""
    return locked(RecipeTrigger.objects.filter(recipe=recipe, deleted_at__isnull=not gone), pk=trigger_id)


def _checked(recipe: Recipe, data: TriggerInput) -> dict[str, Any]:
    problems = Problems()
    problems.choice("kind", data.kind, KINDS)
    problems.raise_any()
    name = problems.text("name", data.name, longest=120, required=True)
    problems.number("per_minute", data.per_minute, low=1, high=configs.MOST_A_MINUTE)
    config = configs.checked(data.kind, data.config, problems)
    if problem := _secret_problem(data.kind, config, data.secret):
        problems.add("secret", problem)
    _check_inputs(recipe, data, problems)
    source = sources.found(recipe, data.kind, data.listens_to, problems)
    for place, value in (("config", config), ("input_map", dict(data.input_map))):
        problems.json(place, value)
    problems.raise_any()
    return {
        "kind": data.kind,
        "name": name,
        "config": config,
        "input_map": dict(data.input_map),
        "input_data": dict(data.input_data),
        "per_minute": data.per_minute,
        "is_paused": data.is_paused,
        **source,
    }


def _secret_problem(kind: str, config: Mapping[str, Any], secret: str) -> str:
    if not secret:
        return ""
    if kind not in configs.SIGNED:
        return "Only webhooks take a secret of the sender. Leave it out."
    return signing.secret_problem(str(config.get("scheme", "")), secret)


def _check_inputs(recipe: Recipe, data: TriggerInput, problems: Problems) -> None:
    """Each input has a place in the message or a fixed value; what is neither is looked for by its own name."""
    if data.kind == TriggerKind.WAIT and (data.input_map or data.input_data):
        problems.add("input_map", "A message for a step fills no inputs: it is the step's output. Leave them out.")
    known = ", ".join(recipe.inputs) or "none"
    for name, path in data.input_map.items():
        if name not in recipe.inputs:
            problems.add(f"input_map.{name}", f"This recipe has no such input. It has: {known}.")
        if problem := mapping.path_problem(path):
            problems.add(f"input_map.{name}", problem)
    schema = {name: {**entry, "required": False} for name, entry in recipe.inputs.items()}
    try:
        fill_inputs(schema, data.input_data)
    except InvalidInput as error:
        for place, texts in error.fields.items():
            for one in texts:
                problems.add(place, one)


def _require_room(recipe: Recipe) -> None:
    hold(recipe)
    if RecipeTrigger.objects.filter(recipe=recipe, deleted_at=None).count() >= MOST:
        text = f"This recipe has {MOST} triggers, the most there may be. Remove one first."
        raise InvalidInput(text, fields={"name": [text]})


def _require_own_step(recipe: Recipe, columns: Mapping[str, Any], own: UUID | None = None) -> None:
    """A step that waits for a message has one trigger that knows how it is signed."""
    if columns["kind"] != TriggerKind.WAIT:
        return
    step = columns["config"]["step"]
    known = dict(queries.message_steps(recipe))
    taken = RecipeTrigger.objects.filter(recipe=recipe, kind=TriggerKind.WAIT, deleted_at=None, config__step=step)
    text = ""
    if step not in known:
        text = f"No step {step} of this recipe waits for a message. There are: {', '.join(known) or 'none'}."
    elif (taken if own is None else taken.exclude(pk=own)).exists():
        text = f"{step} has a secret already. Make a new one there, or remove it first."
    if text:
        raise InvalidInput(f"config.step: {text}", fields={"config.step": [text]})


def _told(trigger: RecipeTrigger) -> dict[str, Any]:
    names = (
        "recipe_id",
        "kind",
        "name",
        "config",
        "input_map",
        "input_data",
        "per_minute",
        "is_paused",
        "after_recipe_id",
        "app_event_id",
    )
    return {name: getattr(trigger, name) for name in names}
