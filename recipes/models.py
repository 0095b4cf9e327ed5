"""Recipes, their executions, and the journal that lets an execution survive anything."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agents.models import Agent
from workspaces.models import User, Workspace


class RecipeQuerySet(models.QuerySet["Recipe"]):
    """Named selections."""

    def visible(self) -> "RecipeQuerySet":
        """Those not deleted."""
        return self.filter(deleted_at=None)


class Recipe(models.Model):
    """Steps in which agents work together. Also called a workflow template."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="recipes")
    template_id = models.SlugField(max_length=80)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    inputs = models.JSONField(default=dict, blank=True)
    # jsonb does not keep the order of names, and a form should ask in the order the author wrote.
    input_order = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    outputs = models.JSONField(default=dict, blank=True)
    execution_config = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = RecipeQuerySet.as_manager()

    class Meta:
        db_table = "recipes"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "template_id"], condition=Q(deleted_at=None), name="one_template_id_per_workspace"
            ),
        )
        indexes = (models.Index(fields=["workspace", "name"], name="recipes_by_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def ordered_inputs(self) -> dict[str, Any]:
        """The inputs in the order their author wrote them."""
        known = [name for name in self.input_order if name in self.inputs]
        return {name: self.inputs[name] for name in [*known, *(name for name in self.inputs if name not in known)]}


class ErrorHandling(models.TextChoices):
    """What happens when a step's attempt fails."""

    STOP = "stop", "Stop the run"
    SKIP = "skip", "Skip the step"
    RETRY = "retry", "Try again"
    FALLBACK = "fallback", "Use the fallback model"


class StepSettings(models.Model):
    """What a recipe's step and its copy in an execution have in common."""

    step_id = models.CharField(max_length=80)
    order = models.PositiveIntegerField()
    name = models.CharField(max_length=160, blank=True)
    prompt_template = models.TextField()
    output_key = models.CharField(max_length=80)
    error_handling = models.CharField(max_length=10, choices=ErrorHandling, default=ErrorHandling.STOP)
    max_retries = models.PositiveSmallIntegerField(default=1)
    max_iterations = models.PositiveSmallIntegerField(default=25)
    timeout = models.FloatField(default=300, help_text="Seconds.")

    class Meta:
        abstract = True


class RecipeStep(StepSettings):
    """One task for one agent."""

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="steps")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="recipe_steps")

    class Meta:
        db_table = "recipe_steps"
        ordering = ("order",)
        constraints = (
            models.UniqueConstraint(
                fields=["recipe", "order"], name="one_step_per_order", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["recipe", "step_id"], name="one_step_per_step_id", deferrable=models.Deferrable.DEFERRED
            ),
        )

    def __str__(self) -> str:
        return f"{self.order}. {self.name or self.step_id}"


class RecipeVersion(models.Model):
    """A recipe as it read at one version, in the shape the API takes."""

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    changelog = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "recipe_versions"
        ordering = ("-version",)
        constraints = (models.UniqueConstraint(fields=["recipe", "version"], name="one_row_per_version"),)

    def __str__(self) -> str:
        return f"{self.recipe_id} v{self.version}"


class ExecutionStatus(models.TextChoices):
    """Where a run is. The label is the word on the page."""

    PENDING = "pending", "Waiting"
    RUNNING = "running", "Cooking"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    STOPPED = "stopped", "Stopped"


LIVE_STATUSES = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING, ExecutionStatus.WAITING)


class Mode(models.TextChoices):
    """Whether a step waits for the one before it, or only for the outputs its prompt names."""

    SEQUENTIAL = "sequential", "One after another"
    PARALLEL = "parallel", "At once where possible"


class Trigger(models.TextChoices):
    """What started a run."""

    PAGE = "page", "the page"
    API = "api", "the API"
    COMMAND = "command", "the command line"


class Execution(models.Model):
    """One run of a recipe. PostgreSQL holds the whole truth of it; workers come and go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="executions")
    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="executions")
    recipe_name = models.CharField(max_length=160)
    recipe_version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=ExecutionStatus, default=ExecutionStatus.PENDING)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.SEQUENTIAL)
    input_data = models.JSONField(default=dict)
    output_data = models.JSONField(null=True)
    error = models.JSONField(null=True)
    current_step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField()
    unfinished_steps = models.PositiveIntegerField()
    last_seq = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    tool_calls = models.PositiveIntegerField(default=0)
    retry_delay = models.FloatField(default=2)
    backoff = models.FloatField(default=2)
    triggered_by = models.CharField(max_length=10, choices=Trigger)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(help_text="When a run still live is failed as too long.")

    class Meta:
        db_table = "recipe_executions"
        indexes = (
            models.Index(fields=["workspace", "-created_at"], name="executions_newest"),
            models.Index(fields=["recipe", "-created_at"], name="executions_of_recipe"),
            models.Index(fields=["deadline_at"], condition=Q(status__in=LIVE_STATUSES), name="executions_live"),
        )

    def __str__(self) -> str:
        return f"{self.recipe_name} {self.short_id}"

    @property
    def short_id(self) -> str:
        """The first eight characters of the id: what a person calls the run."""
        return str(self.id)[:8]

    @property
    def is_live(self) -> bool:
        """Whether the run may still change."""
        return self.status in LIVE_STATUSES

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from its start to its end; None while it is not over or if it never began."""
        if self.started_at is None or self.completed_at is None:
            return None
        return round((self.completed_at - self.started_at).total_seconds() * 1000)

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens

    @property
    def steps_done(self) -> int:
        """How many steps came to an end, skipped ones included."""
        return self.total_steps - self.unfinished_steps

    @property
    def percent_done(self) -> int:
        """Steps done of all, 0 to 100."""
        return round(100 * self.steps_done / self.total_steps) if self.total_steps else 0


class StepStatus(models.TextChoices):
    """Where a step is. The label is the word on the page."""

    PENDING = "pending", "Waiting"
    RUNNING = "running", "Cooking"
    COMPLETED = "completed", "Done"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


class ExecutionStep(StepSettings):
    """A step of a run: a copy of the recipe's step, its state, who works on it, and what came out.

    Its workspace, like that of calls and events, is a copy of the execution's, whose own key the database checks.

    waiting_on counts the steps it still waits for; at 0 it has a runnable_at and may be claimed. While it runs, owner
    is the worker and fence the number that a write must carry: every claim and every take-over raises it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="steps")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="execution_steps")
    agent_name = models.CharField(max_length=120)
    depends_on = ArrayField(models.PositiveIntegerField(), default=list)
    waiting_on = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.PENDING)
    runnable_at = models.DateTimeField(null=True)
    owner = models.UUIDField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)
    prompt = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True)
    output = models.TextField(blank=True)
    error = models.JSONField(null=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "execution_steps"
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["execution", "order"], name="one_execution_step_per_order"),)
        indexes = (
            models.Index(
                fields=["runnable_at"], condition=Q(status="pending", runnable_at__isnull=False), name="steps_runnable"
            ),
            models.Index(fields=["owner"], condition=Q(status="running"), name="steps_running"),
            models.Index("agent", F("started_at").desc(nulls_last=True), name="steps_of_agent"),
        )

    def __str__(self) -> str:
        return f"{self.order}. {self.name or self.step_id}"

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from its first start to its end; None while it is not over."""
        if self.started_at is None or self.completed_at is None:
            return None
        return round((self.completed_at - self.started_at).total_seconds() * 1000)


class Call(models.Model):
    """The journal: an intent committed before a model or tool is called, its result under the same key after."""

    class Kind(models.TextChoices):
        MODEL = "model", "Model"
        TOOL = "tool", "Tool"

    class Status(models.TextChoices):
        SENT = "sent", "Sent"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    step = models.ForeignKey(ExecutionStep, models.CASCADE, related_name="calls")
    attempt = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.MODEL)
    name = models.CharField(max_length=200, help_text="The model or the tool.")
    status = models.CharField(max_length=6, choices=Status, default=Status.SENT)
    sends = models.PositiveSmallIntegerField(default=1, help_text="More than 1 when a reply was lost with its worker.")
    output = models.TextField(blank=True)
    error = models.JSONField(null=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    sent_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "execution_calls"
        constraints = (models.UniqueConstraint(fields=["step", "attempt", "position"], name="one_call_per_key"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.status}"


class Event(models.Model):
    """What changed, numbered without gap in each execution."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=30)
    step = models.PositiveIntegerField(null=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        db_table = "execution_events"
        ordering = ("seq",)
        constraints = (models.UniqueConstraint(fields=["execution", "seq"], name="one_event_per_seq"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Worker(models.Model):
    """A worker process that is alive as long as its heartbeat is fresh. A step whose owner is not is handed on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "workers"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
