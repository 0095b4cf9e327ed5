"""Reads: schedules with their ticks, and what is due next in a workspace."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet

from automatos.errors import NotFound
from recipes.editor.services import body_now, draft_of
from recipes.engine.new_steps import WEBHOOK
from recipes.models import Recipe, RecipeTrigger, Schedule, ScheduleTick, StepKind, TriggerDelivery, step_title
from recipes.triggers import cron
from workspaces.models import Workspace


def schedules_of(recipe: Recipe) -> QuerySet[Schedule]:
    """The recipe's schedules, the oldest first; removed ones are not among them."""
    return Schedule.objects.filter(recipe=recipe, deleted_at=None).select_related("owner").order_by("created_at", "id")


def schedule_of(recipe: Recipe, schedule_id: UUID) -> Schedule:
    """One of them; NotFound when there is none."""
    found = schedules_of(recipe).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound()
    return found


def times_of(schedule: Schedule, number: int = 5) -> list[datetime]:
    """When it is due next, in UTC; none while it is paused or suspended."""
    if schedule.next_due_at is None:
        return []
    later = cron.next_times(schedule.cron, schedule.time_zone, schedule.next_due_at, number - 1)
    return [schedule.next_due_at, *later]


def workspace_schedules(workspace: Workspace) -> QuerySet[Schedule]:
    """All schedules of the workspace's recipes, the one due next first, those that stand still last."""
    rows = Schedule.objects.filter(workspace=workspace, deleted_at=None, recipe__deleted_at=None)
    return rows.select_related("recipe", "owner").order_by(F("next_due_at").asc(nulls_last=True), "name", "id")


def workspace_triggers(workspace: Workspace) -> QuerySet[RecipeTrigger]:
    """All triggers of the workspace's recipes, by name."""
    rows = RecipeTrigger.objects.filter(workspace=workspace, deleted_at=None, recipe__deleted_at=None)
    return rows.select_related("recipe").order_by("name", "id")


def listed_schedules(slug: str) -> QuerySet[Schedule]:
    """Those of every workspace, or of the one with this address, as the operator lists them."""
    rows = Schedule.objects.filter(deleted_at=None, recipe__deleted_at=None, workspace__deleted_at=None)
    rows = rows.filter(workspace__slug=slug) if slug else rows
    return rows.select_related("recipe", "workspace").order_by(F("next_due_at").asc(nulls_last=True), "id")


def message_steps(recipe: Recipe) -> list[tuple[str, str]]:
    """The recipe's steps that wait for a signed message, published or in the draft: step_id and name."""
    rows = recipe.steps.filter(kind=StepKind.WAIT, config__for=WEBHOOK).order_by("order")
    found = {one.step_id: one.title for one in rows}
    for step in body_now(recipe, draft_of(recipe))["steps"]:
        if step.get("kind") == StepKind.WAIT and (step.get("config") or {}).get("for") == WEBHOOK:
            found[step["step_id"]] = step_title(str(step.get("name") or ""), StepKind.WAIT, step["config"], "")
    return list(found.items())


def ticks_of(schedule: Schedule) -> QuerySet[ScheduleTick]:
    """What became of its ticks, the newest first."""
    return ScheduleTick.objects.filter(schedule=schedule).order_by("-due_at")


def next_schedules(workspace: Workspace, number: int = 5) -> list[Schedule]:
    """The workspace's schedules that are due next, soonest first, each with its recipe."""
    rows = Schedule.objects.filter(workspace=workspace, next_due_at__isnull=False, deleted_at=None)
    return list(rows.filter(recipe__deleted_at=None).select_related("recipe").order_by("next_due_at", "id")[:number])


def triggers_of(recipe: Recipe) -> QuerySet[RecipeTrigger]:
    """The recipe's triggers, the oldest first; removed ones are not among them."""
    rows = RecipeTrigger.objects.filter(recipe=recipe, deleted_at=None)
    return rows.select_related("owner", "recipe", "workspace", "after_recipe").order_by("created_at", "id")


def trigger_of(recipe: Recipe, trigger_id: UUID) -> RecipeTrigger:
    """One of them; NotFound when there is none."""
    found = triggers_of(recipe).filter(pk=trigger_id).first()
    if found is None:
        raise NotFound()
    return found


def with_starts(recipes: QuerySet[Recipe]) -> QuerySet[Recipe]:
    """The recipes with what starts them, read for all of them at once; `starts_of` knows them then."""
    schedules = Schedule.objects.filter(deleted_at=None).order_by("created_at", "id")
    triggers = RecipeTrigger.objects.filter(deleted_at=None).order_by("created_at", "id")
    return recipes.prefetch_related(
        Prefetch("schedules", schedules, to_attr="live_schedules"),
        Prefetch("recipe_triggers", triggers, to_attr="live_triggers"),
    )


def starts_of(recipe: Recipe) -> tuple[list[Schedule], list[RecipeTrigger]]:
    """The recipe's schedules and triggers, the oldest first; removed ones are not among them."""
    schedules, triggers = getattr(recipe, "live_schedules", None), getattr(recipe, "live_triggers", None)
    return (
        list(schedules_of(recipe) if schedules is None else schedules),
        list(triggers_of(recipe) if triggers is None else triggers),
    )


def deliveries_of(trigger: RecipeTrigger) -> QuerySet[TriggerDelivery]:
    """What came to it, the newest first, without the bodies."""
    rows = TriggerDelivery.objects.filter(trigger=trigger).defer("body")
    return rows.select_related("execution").order_by("-received_at", "id")


def delivery_of(trigger: RecipeTrigger, delivery_id: UUID) -> TriggerDelivery:
    """One of them with its body; NotFound when there is none."""
    found = TriggerDelivery.objects.filter(trigger=trigger, pk=delivery_id).select_related("execution").first()
    if found is None:
        raise NotFound()
    return found
