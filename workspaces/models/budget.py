"""What may be spent, what is, and what calls under way may still take."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from workspaces.models.people import User
from workspaces.models.workspace import Workspace


class Budget(models.Model):
    """A limit of money for what belongs to a workspace. scope_id: the workspace's, recipe's, agent's or run's own id.

    One of an evaluation is there as long as that is under way, and nobody changes it.

    period `run`: each run for itself; day and month begin at midnight UTC.
    """

    class Scope(models.TextChoices):
        WORKSPACE = "workspace", "The workspace"
        RECIPE = "recipe", "A recipe"
        AGENT = "agent", "An agent"
        RUN = "run", "A run"

    class Period(models.TextChoices):
        RUN = "run", "A run"
        DAY = "day", "A day"
        MONTH = "month", "A month"

    # The scope that people do not choose.
    EVALUATION = "evaluation"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="budgets", db_index=False)
    scope = models.CharField(max_length=10, choices=Scope)
    scope_id = models.UUIDField()
    period = models.CharField(max_length=5, choices=Period)
    limit = models.DecimalField(max_digits=14, decimal_places=6, help_text="US dollars.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "budgets"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "scope", "scope_id", "period"], name="one_budget_per_scope_and_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope} per {self.period}: {self.limit}"


class Spend(models.Model):
    """What was spent of a budget in one period, and what calls under way hold back. window: the day, month or run."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    budget = models.ForeignKey(Budget, models.CASCADE, related_name="spend", db_index=False)
    window = models.CharField(max_length=36, db_column="period")
    reserved = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    spent = models.DecimalField(max_digits=18, decimal_places=8, default=0)

    class Meta:
        db_table = "spend"
        constraints = (models.UniqueConstraint(fields=["budget", "window"], name="one_spend_per_budget_and_period"),)

    def __str__(self) -> str:
        return f"{self.window}: {self.spent} spent, {self.reserved} reserved"


class Reservation(models.Model):
    """What a call under way may take at most, by the call's id, until it is settled or its time is over.

    spend: the rows in which the amount is held back.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    run_id = models.UUIDField(null=True)
    step_id = models.UUIDField(null=True)
    spend = ArrayField(models.BigIntegerField())
    amount = models.DecimalField(max_digits=14, decimal_places=8)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "reservations"
        indexes = (
            models.Index(fields=["step_id"], name="reservations_of_step"),
            models.Index(fields=["run_id"], name="reservations_of_run"),
            models.Index(fields=["expires_at"], name="reservations_expired"),
        )

    def __str__(self) -> str:
        return f"{self.id}: {self.amount}"


class ModelUsage(models.Model):
    """Calls of models outside of runs, by day (UTC), purpose and model. Without a workspace: the installation's."""

    class Kind(models.TextChoices):
        TRIAL = "trial", "Trials of models"
        PROPOSAL = "proposal", "Proposals for agents"
        EMBEDDING = "embedding", "Embedding texts"
        SCAN = "scan", "Scans of plugins"
        JUDGE = "judge", "Judging answers"

    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind)
    model = models.CharField(max_length=200)
    calls = models.IntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    is_estimated = models.BooleanField(default=False)

    class Meta:
        db_table = "model_usage"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "day", "kind", "model"], name="one_model_usage_per_day", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.model}"
