"""The steps of a run."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from agents.models import Agent
from recipes.models.execution import Execution
from recipes.models.filled import FilledJSON, FilledText, Refs
from recipes.models.recipe import StepSettings
from workspaces.models import Workspace


class StepStatus(models.TextChoices):
    """Where a step is. The label is the word on the page."""

    PENDING = "pending", "Waiting"
    RUNNING = "running", "Cooking"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Done"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


class ExecutionStep(StepSettings):
    """A step of a run: a copy of the recipe's step, its state, who works on it, and what came out.

    Its workspace, like that of calls and events, is a copy of the execution's, whose own key the database checks.

    The graph: depends_on are the orders of the steps it waits for, leads_to of those that wait for it (None where an
    earlier release made it); waiting_on counts what it still waits for; at 0 it has a runnable_at and may be claimed.
    parent: the step in whose branch or loop it stands, iteration: the round of the loop. path: its place for people and
    programs; None at the top, where it is the step_id. Of steps that the run grew by (recipes/engine/growing.py): scope
    says what they may name, and of what they grew under, grown is the last round and state what it goes through.
    While it runs, owner is the worker and fence the number that a write must carry: every claim and every take-over
    raises it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="steps", db_index=False)
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, related_name="execution_steps", db_index=False)
    agent_name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    iteration = models.IntegerField(null=True)
    path = models.TextField(null=True)
    scope = models.JSONField(null=True)
    grown = models.IntegerField(default=0, db_default=0)
    state = models.JSONField(null=True)
    # The same step of the source run: its output was taken over, nothing was done or paid here.
    taken_from = models.UUIDField(null=True)
    depends_on = ArrayField(models.PositiveIntegerField(), default=list)
    leads_to = ArrayField(models.IntegerField(), null=True)
    waiting_on = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.PENDING)
    runnable_at = models.DateTimeField(null=True)
    # A copy of the run's, so that claims find it in their index.
    priority = models.SmallIntegerField(default=0, db_default=0)
    owner = models.UUIDField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)
    # How often in a row a worker died with this attempt before it had kept anything more.
    hand_ons = models.SmallIntegerField(default=0, db_default=0)
    prompt = FilledText(blank=True)
    prompt_refs = Refs()
    # All that the model was told before its first call, of an answer in a conversation.
    opening = FilledJSON(null=True)
    opening_refs = Refs()
    model = models.CharField(max_length=200, blank=True)
    output = FilledText(blank=True)
    output_refs = Refs()
    # How its last model call ended, see FinishReason; empty when none came to an end.
    finish_reason = models.CharField(max_length=20, blank=True, db_default="")
    # Where untrusted text came from that its agent had read by then; whoever reads the output has read it too.
    origins = models.JSONField(null=True)
    error = models.JSONField(null=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    is_estimated = models.BooleanField(default=False, db_default=False)
    tool_calls = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "execution_steps"
        ordering = ("order",)
        constraints = (
            models.UniqueConstraint(fields=["execution", "order"], name="one_execution_step_per_order"),
            models.UniqueConstraint(
                fields=["execution", "path"], condition=Q(path__isnull=False), name="one_execution_step_per_path"
            ),
        )
        indexes = (
            models.Index(
                fields=["workspace", "-priority", "runnable_at"],
                condition=Q(status="pending", runnable_at__isnull=False),
                name="steps_due_first",
            ),
            models.Index(fields=["owner"], condition=Q(status="running"), name="steps_running"),
            # With the workspace in it they are counted in the index alone, also under the policies.
            models.Index("agent", F("started_at").desc(nulls_last=True), name="steps_by_agent", include=("workspace",)),
            models.Index(fields=["workspace", "started_at"], condition=Q(started_at__isnull=False), name="steps_begun"),
            models.Index(fields=["parent"], condition=Q(path__isnull=False), name="steps_of_parent"),
        )

    def __str__(self) -> str:
        return f"{self.order}. {self.name or self.step_id}"

    @property
    def place(self) -> str:
        """Its path: the step_id at the top, under a loop `<loop>.<round>.<step_id>`."""
        return self.path or self.step_id

    @property
    def tags(self) -> dict[str, Any]:
        """What its events say of it besides: of a workflow's steps the stage, and the subtask."""
        return {name: value for name in ("stage", "subtask") if (value := (self.config or {}).get(name))}

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from its first start to its end; None while it is not over."""
        if self.started_at is None or self.completed_at is None:
            return None
        return round((self.completed_at - self.started_at).total_seconds() * 1000)
