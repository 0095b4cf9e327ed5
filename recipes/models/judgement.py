"""What a model thinks of a run's output; beside its quality and never part of it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from recipes.models.execution import Execution
from workspaces.models import Workspace


class RunJudgement(models.Model):
    """One opinion for each run. goal, rubric, text: what is judged by what, as it was at the run's end.

    verdict: see recipes/quality/judging.py. sends: how often the model was asked, under one idempotency key, the id.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        ASKED = "asked", "Asked"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    execution = models.OneToOneField(Execution, models.CASCADE, related_name="judgement")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    model = models.CharField(max_length=160)
    goal = models.TextField()
    rubric = models.JSONField(default=list)
    score = models.FloatField(null=True, help_text="1 to 5, the mean of the rubric's points.")
    verdict = models.JSONField(null=True)
    error = models.TextField(blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    created_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "run_judgements"
        indexes = (
            models.Index(fields=["created_at"], condition=Q(status__in=("pending", "asked")), name="judgements_due"),
        )

    def __str__(self) -> str:
        return f"{self.execution_id} {self.status}"
