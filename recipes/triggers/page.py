"""What the pages of schedules and triggers show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch
from django.urls import reverse

from recipes.editor import services as drafts
from recipes.editor.body import STARTS
from recipes.models import Recipe, RecipeTrigger, Schedule, ScheduleTick, TriggerDelivery, TriggerKind
from recipes.triggers import cron, queries, shared_secrets
from recipes.triggers.config_shape import ALSO, CRON, TRIGGER

TICKS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule as the page shows it. times: the next five, local ones of its zone."""

    schedule: Schedule
    words: str
    times: Sequence[datetime]
    ticks: Sequence[ScheduleTick]


def schedule_rows(recipe: Recipe) -> list[ScheduleRow]:
    """The recipe's schedules with their last ticks."""
    last = ScheduleTick.objects.select_related("execution").order_by("-due_at")[:TICKS_SHOWN]
    rows = queries.schedules_of(recipe).prefetch_related(Prefetch("ticks", last, to_attr="last_ticks"))
    return [
        ScheduleRow(
            schedule=one,
            words=cron.explained(one.cron),
            times=cron.local(queries.times_of(one), one.time_zone),
            ticks=one.last_ticks,
        )
        for one in rows
    ]


def drafted_starts(recipe: Recipe) -> list[str]:
    """What will start the recipe once its draft is published, in words; empty where the draft leaves that as it is."""
    config = drafts.body_now(recipe, drafts.draft_of(recipe)).get(STARTS) or {}
    also = config.get(ALSO)
    starts = [config, *(also if isinstance(also, list) else [])] if config else []
    return [_in_words(one) for one in starts if isinstance(one, dict)]


def _in_words(start: Mapping[str, Any]) -> str:
    if start.get("type") == CRON:
        return f"at {start.get('cron')}, {start.get('time_zone', 'UTC')}"
    if start.get("type") == TRIGGER:
        kind = str(start.get("kind", TriggerKind.WEBHOOK))
        word = TriggerKind(kind).label.lower() if kind in TriggerKind.values else kind
        return f"{word} {start.get('name', '')}".strip()
    return "nothing"


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger as the page shows it. last: what came last; count: how many messages are kept; address: see path_of."""

    trigger: RecipeTrigger
    last: TriggerDelivery | None
    count: int
    address: str


def unsigned_steps(recipe: Recipe) -> list[tuple[str, str]]:
    """The steps that wait for a message which nobody can sign yet, so that no run begins: step_id and name."""
    signed = set(queries.triggers_of(recipe).filter(kind=TriggerKind.WAIT).values_list("config__step", flat=True))
    return [(step, name) for step, name in queries.message_steps(recipe) if step not in signed]


def trigger_rows(recipe: Recipe, *, may_edit: bool) -> list[TriggerRow]:
    """The recipe's triggers with what came last. may_edit: see path_of."""
    newest = TriggerDelivery.objects.defer("body").order_by("-received_at")[:1]
    rows = queries.triggers_of(recipe).annotate(count=Count("deliveries"))
    rows = rows.prefetch_related(Prefetch("deliveries", newest, to_attr="newest"))
    return [TriggerRow(one, next(iter(one.newest), None), one.count, path_of(one, may_edit=may_edit)) for one in rows]


def path_of(trigger: RecipeTrigger, *, may_edit: bool) -> str:
    """Where messages are sent, or the form is; empty for a trigger that has no address.

    may_edit: whether who asks may change triggers. A form's address is a secret, and told to nobody else.
    """
    if trigger.kind == TriggerKind.WEBHOOK:
        return reverse("hook", args=[trigger.pk])
    if trigger.kind == TriggerKind.FORM and may_edit:
        known = shared_secrets.known(trigger)
        return reverse("form_fill", args=[trigger.pk, known[0]]) if known else ""
    return ""
