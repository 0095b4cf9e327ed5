"""Evaluations: saved inputs with what is expected of them, and what versions and models of a recipe made of them."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from recipes.models.execution import Execution
from recipes.models.recipe import Recipe
from workspaces.models import User, Workspace


class EvaluationSet(models.Model):
    """Cases that belong together. version: raised by each change of the cases, so that a result says what it is of.

    budget: US dollars that one evaluation may take. is_required: a draft is published only after it passed; pass_at:
    the share of the cases, 0 to 1, that have to pass. cron, time_zone: when it is evaluated by itself, on the owner's
    behalf, next at next_due_at; suspended: why it stopped by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="evaluation_sets", db_index=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    budget = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(5))
    judge_model = models.CharField(max_length=160, blank=True)
    pass_at = models.FloatField(default=0.9)
    is_required = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    cron = models.CharField(max_length=120, blank=True, default="", db_default="")
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    next_due_at = models.DateTimeField(null=True)
    suspended = models.TextField(blank=True, default="", db_default="")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evaluation_sets"
        indexes = (
            models.Index(fields=["recipe", "created_at"], name="evaluation_sets_of_recipe"),
            models.Index(fields=["next_due_at"], condition=Q(next_due_at__isnull=False), name="evaluation_sets_due"),
        )

    def __str__(self) -> str:
        return self.name


class EvaluationCase(models.Model):
    """One input with what is expected of the output. A changed case is a new row of the same number, the old one stays
    for the results that name it.

    expectations: see recipes/evaluations/expectations.py. source: the run its inputs are from. untrusted_inputs: of
    those, the ones that somebody outside wrote, each with where it came from; they taint whoever reads them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    evaluation_set = models.ForeignKey(EvaluationSet, models.CASCADE, related_name="cases", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    input_data = models.JSONField(default=dict)
    expectations = models.JSONField(default=list)
    untrusted_inputs = models.JSONField(null=True)
    source = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evaluation_cases"
        constraints = (
            models.UniqueConstraint(
                fields=["evaluation_set", "number"], condition=Q(removed_at=None), name="one_evaluation_case_per_number"
            ),
        )
        indexes = (models.Index(fields=["evaluation_set", "number"], name="evaluation_cases_of_set"),)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Evaluation(models.Model):
    """One going of a set: each case once with each of its variants. budget, pass_at, judge_model: as they were then.

    spent: what counted against the budget, US dollars, written at the end. stopped_at: somebody stopped it.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Done"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    evaluation_set = models.ForeignKey(EvaluationSet, models.CASCADE, related_name="evaluations", db_index=False)
    set_version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    budget = models.DecimalField(max_digits=14, decimal_places=6)
    spent = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    pass_at = models.FloatField()
    judge_model = models.CharField(max_length=160, blank=True)
    cases = models.PositiveIntegerField()
    at_once = models.PositiveSmallIntegerField()
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    stopped_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evaluations"
        indexes = (
            models.Index(fields=["evaluation_set", "-created_at"], name="evaluations_of_set"),
            models.Index(fields=["created_at"], condition=Q(status="running"), name="evaluations_under_way"),
        )

    def __str__(self) -> str:
        return f"{self.evaluation_set_id} {self.status}"


class EvaluationVariant(models.Model):
    """A version of the recipe with a model, as one evaluation tries it.

    version: 0 for the draft, whose body is kept. model: in place of the agents' own; empty for those. digest: of what
    cooks, see recipes/publish_gate_queries.py. passed: how many cases did, written at the end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="variants", db_index=False)
    position = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField()
    model = models.CharField(max_length=160, blank=True)
    digest = models.CharField(max_length=64)
    body = models.JSONField(null=True)
    passed = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "evaluation_variants"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["evaluation", "position"], name="one_evaluation_variant_per_position"),
        )

    def __str__(self) -> str:
        return f"{self.label} {self.model}".strip()

    @property
    def label(self) -> str:
        """Draft, or Version 3."""
        return f"Version {self.version}" if self.version else "Draft"


class EvaluationCell(models.Model):
    """One case with one variant: one run, and what its checks came to.

    The run is begun in the transaction that writes `execution`, so there is one whatever dies. reason: why there is no
    verdict of the checks. checks: of each expectation type, passed (None: undecided) and detail. output: what was
    checked, cut. asked_at, sends: when and how often checking was begun.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Cooking"
        CHECKING = "checking", "Being checked"
        DONE = "done", "Done"

    class Verdict(models.TextChoices):
        NONE = "", "None yet"
        PASSED = "passed", "Pass"
        FAILED = "failed", "Fail"
        UNDECIDED = "undecided", "Undecided"
        BUDGET = "budget", "Not run: budget"
        CANCELLED = "cancelled", "Not run: cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="cells", db_index=False)
    variant = models.ForeignKey(EvaluationVariant, models.CASCADE, related_name="cells", db_index=False)
    case = models.ForeignKey(EvaluationCase, models.CASCADE, related_name="cells")
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True, default=Verdict.NONE)
    reason = models.TextField(blank=True)
    checks = models.JSONField(default=list)
    execution = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    output = models.TextField(blank=True)
    quality = models.FloatField(null=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    judge_cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    duration_ms = models.PositiveBigIntegerField(null=True)
    asked_at = models.DateTimeField(null=True)
    sends = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evaluation_cells"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["variant", "case"], name="one_evaluation_cell_per_variant_and_case"),
        )
        indexes = (models.Index(fields=["evaluation", "status", "position"], name="evaluation_cells_by_status"),)

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.position} {self.status}"
