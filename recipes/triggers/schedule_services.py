"""Changes: schedules that people make, change, pause, remove and bring back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.local_time import zone_problem
from automatos.rows import hold, locked
from recipes.filling import FILE, fill_inputs
from recipes.models import MissedPolicy, Recipe, Schedule
from recipes.triggers import cron
from workspaces.audit import log as audit
from workspaces.models import User

MOST = 20
NO_FILE = "A schedule sends no files. Make this input one that may be left out, or have agents fetch the file."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleInput:
    """What a person decides about a schedule. cron: five fields; time_zone: an IANA name; name: cron by default."""

    cron: str
    time_zone: str = "UTC"
    name: str = ""
    missed_policy: str = MissedPolicy.SKIP
    input_data: Mapping[str, Any] = field(default_factory=dict)
    is_paused: bool = False


def as_input(schedule: Schedule) -> ScheduleInput:
    """The schedule as it is, ready for `dataclasses.replace` and change_schedule."""
    return ScheduleInput(
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        name=schedule.name,
        missed_policy=schedule.missed_policy,
        input_data=schedule.input_data,
        is_paused=schedule.is_paused,
    )


def add_schedule(*, recipe: Recipe, user: User | None, data: ScheduleInput) -> Schedule:
    """A new schedule on behalf of `user`, whose rights are looked at at each tick. Raises InvalidInput by field."""
    columns = _checked(recipe, data)
    with transaction.atomic():
        _require_room(recipe)
        schedule = Schedule(workspace_id=recipe.workspace_id, recipe=recipe, owner=user, **columns)
        _plan(schedule)
        schedule.save(force_insert=True)
        audit.record_row("schedule.created", schedule, after=_told(schedule))
    return schedule


def change_schedule(*, recipe: Recipe, schedule_id: UUID, user: User | None, data: ScheduleInput) -> Schedule:
    """The schedule with everything as in `data`; ticks it missed while paused or suspended stay missed.

    Whoever lets a suspended one go on is its owner from then on.
    """
    columns = _checked(recipe, data)
    with transaction.atomic():
        schedule = held(recipe, schedule_id)
        before = _told(schedule)
        timing = ("cron", "time_zone", "is_paused")
        is_replanned = bool(schedule.suspended) or any(getattr(schedule, name) != columns[name] for name in timing)
        if (schedule.suspended and not data.is_paused) or schedule.owner_id is None:
            schedule.owner = user
        for name, value in columns.items():
            setattr(schedule, name, value)
        if is_replanned:
            schedule.suspended = ""
            _plan(schedule)
        schedule.updated_at = timezone.now()
        schedule.save()
        after = _told(schedule)
        audit.record_row("schedule.changed", schedule, **audit.changes(before, after, after))
    return schedule


def set_paused(*, recipe: Recipe, schedule_id: UUID, user: User | None, is_paused: bool) -> Schedule:
    """The schedule, standing still or going on from its next time."""
    with transaction.atomic():
        data = replace(as_input(held(recipe, schedule_id)), is_paused=is_paused)
        return change_schedule(recipe=recipe, schedule_id=schedule_id, user=user, data=data)


def remove_schedule(*, recipe: Recipe, schedule_id: UUID) -> Schedule:
    """It starts nothing any more; it can be brought back."""
    with transaction.atomic():
        schedule = held(recipe, schedule_id)
        schedule.deleted_at, schedule.next_due_at, schedule.look_at = timezone.now(), None, None
        schedule.save(update_fields=["deleted_at", "next_due_at", "look_at"])
        audit.record_row("schedule.removed", schedule, before=_told(schedule))
    return schedule


def restore_schedule(*, recipe: Recipe, schedule_id: UUID) -> Schedule:
    """Back as it was; what it missed meanwhile stays missed."""
    with transaction.atomic():
        _require_room(recipe)
        schedule = held(recipe, schedule_id, gone=True)
        schedule.deleted_at = None
        _plan(schedule)
        schedule.save(update_fields=["deleted_at", "next_due_at", "look_at"])
        audit.record_row("schedule.restored", schedule, after=_told(schedule))
    return schedule


def held(recipe: Recipe, schedule_id: UUID, *, gone: bool = False) -> Schedule:
    """The recipe's schedule, ours until the transaction ends; NotFound when there is none. gone: a removed one."""
    rows = Schedule.objects.filter(recipe=recipe, deleted_at__isnull=not gone)
    return locked(rows, pk=schedule_id)


def checked_times(expression: str, zone: str) -> tuple[str, str]:
    """The cron expression and the time zone; InvalidInput for what is none."""
    problems = Problems()
    text = _checked_times(expression, zone, problems)
    problems.raise_any()
    return text, zone


def _checked_times(expression: str, zone: str, problems: Problems) -> str:
    text = problems.text("cron", " ".join(expression.split()), longest=120)
    if "cron" not in problems and (problem := cron.cron_problem(text)):
        problems.add("cron", problem)
    if problem := zone_problem(zone):
        problems.add("time_zone", problem)
    return text


def _checked(recipe: Recipe, data: ScheduleInput) -> dict[str, Any]:
    problems = Problems()
    text = _checked_times(data.cron, data.time_zone, problems)
    problems.choice("missed_policy", data.missed_policy, MissedPolicy.values)
    name = problems.text("name", data.name, longest=120) or text
    files = {name for name, entry in recipe.inputs.items() if entry.get("type") == FILE}
    for name in sorted(files):
        if data.input_data.get(name) or recipe.inputs[name].get("required"):
            problems.add(f"input_data.{name}", NO_FILE)
    schema = {name: entry for name, entry in recipe.inputs.items() if name not in files}
    try:
        fill_inputs(schema, {name: value for name, value in data.input_data.items() if name not in files})
    except InvalidInput as error:
        for place, texts in error.fields.items():
            for one in texts:
                problems.add(place, one)
    problems.raise_any()
    return {
        "cron": text,
        "time_zone": data.time_zone,
        "name": name,
        "missed_policy": data.missed_policy,
        "input_data": dict(data.input_data),
        "is_paused": data.is_paused,
    }


def _plan(schedule: Schedule) -> None:
    """When it is due next, from now on."""
    found = [] if schedule.state != "active" else cron.next_times(schedule.cron, schedule.time_zone, timezone.now(), 1)
    schedule.next_due_at = schedule.look_at = found[0] if found else None


def _require_room(recipe: Recipe) -> None:
    hold(recipe)
    if Schedule.objects.filter(recipe=recipe, deleted_at=None).count() >= MOST:
        text = f"This recipe has {MOST} schedules, the most there may be. Remove one first."
        raise InvalidInput(text, fields={"cron": [text]})


def _told(schedule: Schedule) -> dict[str, Any]:
    return {
        "recipe_id": schedule.recipe_id,
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "missed_policy": schedule.missed_policy,
        "input_data": schedule.input_data,
        "is_paused": schedule.is_paused,
    }
