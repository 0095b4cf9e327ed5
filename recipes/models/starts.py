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
