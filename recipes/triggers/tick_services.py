"""Starting what is due. A tick is a row that is kept in the transaction that starts its run, so each starts once.

However many beats there are, one holds a schedule's row; what it did not come to is still due for the next one.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from automatos.errors import AppError, TooMany
from recipes.models import MissedPolicy, Schedule, ScheduleTick, Trigger, TriggerDelivery
from recipes.runs.services import Cause
from recipes.services import cook
from recipes.triggers import cron
from recipes.triggers.rights import on_behalf_of
from workspaces.audit import log as audit
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)

# A tick that is started this late is no missed one.
IN_TIME = timedelta(minutes=5)
# The most missed ticks that are made good with `run_all`: the last ones.
MOST_MADE_GOOD = 100
# How long until a schedule is looked at again for which the plan had no room, or that could not be told.
AGAIN = timedelta(seconds=30)
BATCH = 200
DELIVERIES_KEPT, TICKS_KEPT = timedelta(days=30), timedelta(days=90)
NEVER = "It is never due again."


def run_due() -> int:
    """Start what is due now; how many runs."""
    started = 0
    for workspace_id, schedule_id in _due():
        try:
            started += _tick(workspace_id, schedule_id)
        except Exception:  # one schedule keeps no other from its time
            logger.exception("Schedule %s could not be started", schedule_id)
            with workspace_scope(workspace_id):
                Schedule.objects.filter(pk=schedule_id).update(look_at=Now() + AGAIN)
    return started


def tidy() -> None:
    """Remove what is too old to be looked at."""
    with system_scope(Purpose.UPKEEP):
        TriggerDelivery.objects.filter(received_at__lt=Now() - DELIVERIES_KEPT).delete()
        ScheduleTick.objects.filter(created_at__lt=Now() - TICKS_KEPT).delete()


def _due() -> list[tuple[UUID, UUID]]:
    with system_scope(Purpose.UPKEEP):
        rows = Schedule.objects.filter(look_at__lte=Now(), deleted_at=None, workspace__deleted_at=None)
        return list(rows.order_by("look_at").values_list("workspace_id", "pk")[:BATCH])


def _tick(workspace_id: UUID, schedule_id: UUID) -> int:
    """Start what is due of one schedule, unless somebody else is at it."""
    with workspace_scope(workspace_id):
        rows = Schedule.objects.filter(look_at__lte=Now(), deleted_at=None, pk=schedule_id)
        rows = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
        schedule = rows.select_related("recipe", "owner", "workspace").annotate(now=Now()).first()
        if schedule is None or schedule.next_due_at is None:
            return 0
        now: datetime = schedule.now
        moments = cron.due(schedule.cron, schedule.time_zone, schedule.next_due_at, now)
        wanted = to_start(moments, schedule.missed_policy, now)
        return _start_each(schedule, moments, wanted, now)


def to_start(moments: Sequence[datetime], policy: str, now: datetime) -> list[datetime]:
    """Those of the due moments that are started, oldest first: the last one in time, and missed ones by the policy."""
    if policy == MissedPolicy.RUN_ALL:
        return list(moments[-MOST_MADE_GOOD:])
    return [at for at in moments[-1:] if policy == MissedPolicy.RUN_ONCE or now - at <= IN_TIME]


def _start_each(schedule: Schedule, moments: Sequence[datetime], wanted: Sequence[datetime], now: datetime) -> int:
    missed = len(moments) - len(wanted)
    for number, due_at in enumerate(wanted):
        try:
            with transaction.atomic():
                _start(schedule, due_at, missed if number == 0 else 0)
        except TooMany:
            schedule.next_due_at, schedule.look_at = due_at, now + AGAIN
            schedule.save(update_fields=["next_due_at", "look_at"])
            return number
        except AppError as error:
            _suspend(schedule, due_at, error.message)
            return number
    if moments and not wanted:
        _keep(schedule, moments[-1], ScheduleTick.Outcome.SKIPPED, missed=missed - 1, reason="Nobody looked in time.")
    following = cron.next_times(schedule.cron, schedule.time_zone, moments[-1] if moments else now, 1)
    schedule.next_due_at = schedule.look_at = following[0] if following else None
    schedule.suspended = "" if following else NEVER
    schedule.save(update_fields=["next_due_at", "look_at", "suspended"])
    return len(wanted)


def _start(schedule: Schedule, due_at: datetime, missed: int) -> None:
    """The run and its tick, together."""
    if ScheduleTick.objects.filter(schedule=schedule, due_at=due_at).exists():
        return
    if schedule.recipe.deleted_at is not None:
        raise AppError(f"{schedule.recipe.name} was deleted.")
    with on_behalf_of(schedule.owner, schedule.workspace_id, via="schedule", name=schedule.name) as owner:
        execution = cook(
            workspace=schedule.workspace,
            recipe=schedule.recipe,
            input_data=schedule.input_data,
            user=owner,
            trigger=Trigger.SCHEDULE,
            cause=Cause(trigger_id=schedule.pk),
        )
        _keep(schedule, due_at, ScheduleTick.Outcome.STARTED, missed=missed, execution=execution)


def _suspend(schedule: Schedule, due_at: datetime, reason: str) -> None:
    """Stop it until a person lets it go on."""
    _keep(schedule, due_at, ScheduleTick.Outcome.REFUSED, reason=reason)
    schedule.suspended, schedule.next_due_at, schedule.look_at = reason, None, None
    schedule.save(update_fields=["suspended", "next_due_at", "look_at"])
    audit.record_row("schedule.suspended", schedule, after={"reason": reason})


def _keep(schedule: Schedule, due_at: datetime, outcome: str, **columns: Any) -> None:
    ScheduleTick.objects.create(
        workspace_id=schedule.workspace_id, schedule=schedule, due_at=due_at, outcome=outcome, **columns
    )
