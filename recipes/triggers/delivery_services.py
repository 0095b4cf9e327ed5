"""What comes to a trigger is kept once and starts one run, however often it comes; a person may have it again."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone

from automatos.errors import AppError, Conflict, NotFound, TooMany
from automatos.rows import locked
from recipes.engine.storing import as_json
from recipes.models import Execution, RecipeTrigger, Trigger, TriggerDelivery, TriggerKind
from recipes.runs.input_files import NONE as NO_FILES
from recipes.runs.input_files import Uploads
from recipes.runs.services import Cause
from recipes.services import cook
from recipes.triggers import mapping
from recipes.triggers.rights import on_behalf_of
from recipes.waits.services import take_message
from workspaces.models import User

LONGEST_KEY = 200
# How many runs may start one another in a row.
MOST_CHAIN = 5


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message. again: it was here before; error: why it starts nothing."""

    delivery: TriggerDelivery
    again: bool = False
    error: AppError | None = None


@dataclass(frozen=True, slots=True)
class _Sent:
    body: Any
    origins: Sequence[str]
    user: User | None
    chain: int
    uploads: Uploads


def take(
    trigger: RecipeTrigger,
    key: str,
    body: Any,
    *,
    origins: Sequence[str],
    user: User | None = None,
    chain: int = 0,
    uploads: Uploads = NO_FILES,
) -> Taken:
    """Keep a message and start its run, in the trigger's workspace and in one transaction.

    key: by which the message is known; one that started a run starts no other, and is answered with that run. origins:
    where the body came from, which taints; none for what came from here. chain: how many runs led to it. user: who sent
    it, in place of the owner. What is refused stays in the list; TooMany leaves nothing behind, so it can come again.
    """
    return _once(trigger, key, body, lambda: _start(trigger, _Sent(body, origins, user, chain, uploads)).pk)


def resume(trigger: RecipeTrigger, wait_id: UUID, key: str, body: Any) -> Taken:
    """Keep a message for a step that waits, and let it go on with the body as its output; once, as `take` does."""

    def act() -> UUID:
        _require_going(trigger)
        with on_behalf_of(trigger.owner, trigger.workspace_id, via=trigger.kind, name=trigger.name):
            return take_message(trigger, wait_id, as_json(body) or "", (origin_of(trigger),))

    return _once(trigger, f"{wait_id}:{key}", body, act)


def _once(trigger: RecipeTrigger, key: str, body: Any, act: Callable[[], UUID]) -> Taken:
    """Keep the message and act on it, unless that was done before. act: gives the id of the run it went to."""
    with transaction.atomic():
        row = _held(trigger, _short(key), body)
        if row.outcome == TriggerDelivery.Outcome.STARTED:
            return Taken(row, again=True)
        error: AppError | None = None
        try:
            with transaction.atomic():
                row.execution_id = act()
            row.outcome, row.reason = TriggerDelivery.Outcome.STARTED, ""
        except TooMany:
            raise
        except AppError as refusal:
            row.outcome, row.reason, error = TriggerDelivery.Outcome.REFUSED, refusal.message, refusal
        row.attempts += 1
        row.save()
    return Taken(row, error=error)


def replay(trigger: RecipeTrigger, delivery_id: UUID, user: User, token: str = "") -> Taken:
    """Have a message once more, as a new one, for the person who asks. NotFound where there is none.

    token: of the form that asks; sent twice, it has the message once.
    """
    before = TriggerDelivery.objects.filter(trigger=trigger, pk=delivery_id).first()
    if before is None:
        raise NotFound()
    if trigger.kind == TriggerKind.WAIT:
        raise Conflict("A message for a step goes to the step that waited for it. Let its sender send it again.")
    with transaction.atomic():
        key = uuid5(before.pk, f"{user.pk} {token}") if token else uuid4()
        taken = take(trigger, f"replay:{key}", before.body, origins=[origin_of(trigger)], user=user)
        taken.delivery.replay_of_id = before.pk
        taken.delivery.save(update_fields=["replay_of_id"])
    return taken


def origin_of(trigger: RecipeTrigger) -> str:
    """What runs say of where the text came from."""
    kind = "message" if trigger.kind == TriggerKind.WAIT else trigger.get_kind_display().lower()
    return f"{kind} {trigger.name}"


def _held(trigger: RecipeTrigger, key: str, body: Any) -> TriggerDelivery:
    """The message's row, ours until the transaction ends: whoever brings it at the same moment waits here."""
    new = TriggerDelivery(
        workspace_id=trigger.workspace_id,
        trigger=trigger,
        dedupe_key=key,
        body=body,
        outcome=TriggerDelivery.Outcome.REFUSED,
        received_at=timezone.now(),
    )
    TriggerDelivery.objects.bulk_create([new], ignore_conflicts=True)
    return locked(TriggerDelivery.objects.filter(trigger=trigger), dedupe_key=key)


def _start(trigger: RecipeTrigger, sent: _Sent) -> Execution:
    recipe = trigger.recipe
    _require_going(trigger)
    if sent.chain > MOST_CHAIN:
        raise Conflict(f"{MOST_CHAIN} runs have started one another, the most there may be.", code="chain_too_long")
    if recipe.deleted_at is not None:
        raise Conflict(f"{recipe.name} was deleted.", code="recipe_deleted")
    found = mapping.mapped(recipe.ordered_inputs, trigger.input_map, sent.body)
    if not trigger.input_map:  # a fixed value is nothing that a message says otherwise by a field of the same name
        found = {name: value for name, value in found.items() if name not in trigger.input_data}
    with on_behalf_of(trigger.owner, trigger.workspace_id, via=trigger.kind, name=trigger.name) as owner:
        return cook(
            workspace=trigger.workspace,
            recipe=recipe,
            input_data={**trigger.input_data, **found},
            user=sent.user or owner,
            trigger=Trigger(trigger.kind),
            cause=Cause(
                trigger_id=trigger.pk,
                chain=sent.chain,
                untrusted=dict.fromkeys([*found, *sent.uploads], sent.origins) if sent.origins else {},
            ),
            uploads=sent.uploads,
        )


def _require_going(trigger: RecipeTrigger) -> None:
    if trigger.is_paused:
        raise Conflict(f"{trigger.name} is paused.", code="paused")


def _short(key: str) -> str:
    if len(key) <= LONGEST_KEY and key.isprintable():
        return key
    return f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
