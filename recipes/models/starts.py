"""What starts recipes by itself: schedules with their ticks, triggers with their deliveries."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from recipes.models.execution import Execution
from recipes.models.recipe import Recipe
from workspaces.models import User, Workspace


class MissedPolicy(models.TextChoices):
    """What becomes of ticks that nobody started in time."""

    SKIP = "skip", "Skip them"
    RUN_ONCE = "run_once", "Run once for all of them"
    RUN_ALL = "run_all", "Run each of them"


class Schedule(models.Model):
    """A recipe that starts at times: cron of five fields in a time zone, with fixed inputs, on its owner's behalf.

    next_due_at: the first tick that was neither started nor skipped; None while it is paused or suspended.
    look_at: when it is looked at next, later than that where the plan had no room. suspended: why it stopped by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="schedules", db_index=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="schedules", db_index=False)
    name = models.CharField(max_length=120)
    cron = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)
    missed_policy = models.CharField(max_length=10, choices=MissedPolicy, default=MissedPolicy.SKIP)
    input_data = models.JSONField(default=dict)
    is_paused = models.BooleanField(default=False)
    suspended = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedules"
        indexes = (
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="schedules_due"),
            models.Index(fields=["recipe", "created_at"], name="schedules_of_recipe"),
            models.Index(fields=["workspace", "next_due_at"], name="schedules_next"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """active, paused or suspended."""
        return "suspended" if self.suspended else "paused" if self.is_paused else "active"


class ScheduleTick(models.Model):
    """One tick, kept in the transaction that starts its run, so that no tick starts two.

    missed: how many earlier ticks were passed over with it.
    """

    class Outcome(models.TextChoices):
        STARTED = "started", "Started"
        SKIPPED = "skipped", "Skipped"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="ticks", db_index=False)
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True)
    missed = models.PositiveIntegerField(default=0)
    execution = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "schedule_ticks"
        constraints = (models.UniqueConstraint(fields=["schedule", "due_at"], name="one_tick_a_moment"),)

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M} {self.outcome}"


class TriggerKind(models.TextChoices):
    """What a trigger listens to. The words are those of `Trigger`, which says what started a run.

    One of the kind wait starts none: its messages go to a step of a run that waits for one.
    """

    WEBHOOK = "webhook", "Webhook"
    FORM = "form", "Form"
    RECIPE = "recipe", "End of a run"
    APP = "app", "Event of an app"
    WAIT = "wait", "Message for a step"


class RecipeTrigger(models.Model):
    """Something outside that starts a recipe, on its owner's behalf. Its id is its address, whatever is edited.

    config: how messages are verified and known, by kind. input_map: of each input its place in a message; input_data:
    fixed values for others. secret: what the sender and we share, sealed under key_id; at rotated_at it took the place
    of another one. after_recipe: whose runs' ends it listens to; app_event_id: to which event of an app.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="recipe_triggers", db_index=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="recipe_triggers", db_index=False)
    kind = models.CharField(max_length=10, choices=TriggerKind)
    name = models.CharField(max_length=120)
    config = models.JSONField(default=dict)
    input_map = models.JSONField(default=dict)
    input_data = models.JSONField(default=dict)
    per_minute = models.PositiveIntegerField(default=60)
    is_paused = models.BooleanField(default=False)
    secret = models.BinaryField(default=b"")
    key_id = models.CharField(max_length=40, blank=True)
    rotated_at = models.DateTimeField(null=True)
    after_recipe = models.ForeignKey(Recipe, models.CASCADE, null=True, related_name="+", db_index=False)
    app_event_id = models.UUIDField(null=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recipe_triggers"
        indexes = (
            models.Index(fields=["recipe", "created_at"], name="triggers_of_recipe"),
            models.Index(fields=["workspace", "created_at"], name="triggers_of_workspace"),
            models.Index(
                fields=["after_recipe"], condition=Q(after_recipe__isnull=False), name="triggers_after_recipe"
            ),
            models.Index(fields=["app_event_id"], condition=Q(app_event_id__isnull=False), name="triggers_of_event"),
        )

    def __str__(self) -> str:
        return self.name


class TriggerDelivery(models.Model):
    """A message that came to a trigger, kept once by what it is known by, with the run it started.

    body: the message, as JSON. attempts: how often it was tried; one that was refused may come again.
    """

    class Outcome(models.TextChoices):
        STARTED = "started", "Started"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    trigger = models.ForeignKey(RecipeTrigger, models.CASCADE, related_name="deliveries", db_index=False)
    dedupe_key = models.CharField(max_length=255)
    body = models.JSONField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    execution = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    # A plain id: no policy can look into its own table, and nothing is read through it.
    replay_of_id = models.UUIDField(null=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "trigger_deliveries"
        constraints = (models.UniqueConstraint(fields=["trigger", "dedupe_key"], name="one_delivery_a_key"),)
        indexes = (
            models.Index(fields=["trigger", "-received_at"], name="deliveries_newest"),
            models.Index(fields=["received_at"], name="deliveries_to_purge"),
        )

    def __str__(self) -> str:
        return f"{self.received_at:%Y-%m-%d %H:%M} {self.outcome}"
