"""Runs."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from agents.models import Conversation
from recipes.models.filled import FilledJSON, Refs
from recipes.models.recipe import Recipe
from recipes.models.totals import Totals, read_inside, sums_of
from recipes.models.workflow import Workflow
from workspaces.models import User, Workspace


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
# Of the live ones those that wait for nobody; and those that ended without what was wanted.
COOKING = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)
ENDED_BADLY = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


class Mode(models.TextChoices):
    """Whether a step waits for the one before it, or only for the outputs its prompt names."""

    SEQUENTIAL = "sequential", "One after another"
    PARALLEL = "parallel", "At once where possible"


class Trigger(models.TextChoices):
    """What started a run."""

    PAGE = "page", "the page"
    API = "api", "the API"
    COMMAND = "command", "the command line"
    PLAYGROUND = "playground", "the playground"
    CHAT = "chat", "the chat API"
    SCHEDULE = "schedule", "a schedule"
    WEBHOOK = "webhook", "a webhook"
    FORM = "form", "a form"
    RECIPE = "recipe", "another run"
    APP = "app", "an event of an app"
    TRIAL = "trial", "a trial in the editor"
    EVALUATION = "evaluation", "an evaluation"


TO_RECORD = models.Index(
    fields=["completed_at"],
    condition=Q(end_recorded=False, completed_at__isnull=False),
    name="executions_to_record",
)
UNSUCCESSFUL_BY_END = models.Index(
    fields=["completed_at"],
    condition=Q(status__in=("failed", "cancelled", "stopped")),
    name="executions_ended_badly",
)
TO_ASSESS = models.Index(
    fields=["completed_at"],
    condition=Q(assessed_at=None, completed_at__isnull=False, recipe__isnull=False),
    name="executions_to_assess",
)
BY_END = (TO_RECORD, UNSUCCESSFUL_BY_END, TO_ASSESS)


class Execution(models.Model):
    """One run of a recipe or of a workflow, or one answer of an agent in a conversation (it has neither then).

    PostgreSQL holds the whole truth of it; workers come and go.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The indexes below begin with these columns, so the keys need none of their own.
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="executions", db_index=False)
    recipe = models.ForeignKey(Recipe, models.PROTECT, null=True, related_name="executions", db_index=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="answers", db_index=False)
    workflow = models.ForeignKey(Workflow, models.PROTECT, null=True, related_name="executions", db_index=False)
    # What people call it, counted in its workspace. A trigger of the database gives it at the commit.
    number = models.IntegerField(null=True)
    recipe_name = models.CharField(max_length=160)
    recipe_version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=ExecutionStatus, default=ExecutionStatus.PENDING)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.SEQUENTIAL)
    input_data = FilledJSON(default=dict)
    input_data_refs = Refs()
    output_data = FilledJSON(null=True)
    output_data_refs = Refs()
    error = models.JSONField(null=True)
    current_step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField()
    unfinished_steps = models.PositiveIntegerField()
    last_seq = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    # Some of its calls are counted by estimate, see Call.
    is_estimated = models.BooleanField(default=False, db_default=False)
    tool_calls = models.PositiveIntegerField(default=0)
    retry_delay = models.FloatField(default=2)
    backoff = models.FloatField(default=2)
    triggered_by = models.CharField(max_length=10, choices=Trigger)
    # The schedule, trigger or evaluation that started it, as triggered_by says; how many runs started one another
    # before it.
    trigger_id = models.UUIDField(null=True)
    chain = models.SmallIntegerField(default=0, db_default=0)
    # The inputs that somebody outside wrote, each with where it came from: whoever reads them is tainted.
    untrusted_inputs = models.JSONField(null=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(help_text="When a run still live is failed as too long.")
    # How many of its steps wait for a person; while no other one can go on, its clock stands with these seconds left.
    waiting_steps = models.IntegerField(default=0, db_default=0)
    seconds_left = models.FloatField(null=True)
    # By agent, the AgentPin it works with in this run.
    pins = models.JSONField(null=True)
    # The step that called it, the run at the top of all (none: itself), and how many runs stand above it.
    parent_step = models.ForeignKey(
        "ExecutionStep", models.CASCADE, null=True, related_name="children", db_constraint=False, db_index=False
    )
    root_id = models.UUIDField(null=True)
    depth = models.SmallIntegerField(default=0, db_default=0)
    # The runs it stands inside of, from the top down, each as [run, recipe]: their budgets count its calls. So do an
    # evaluation's, as [evaluation, evaluation].
    above = models.JSONField(null=True)
    priority = models.SmallIntegerField(default=0, db_default=0, help_text="Higher goes first in its workspace.")
    not_before = models.DateTimeField(null=True)
    # The recipe, where only so many of its runs may cook at once; and whether this one waits for its turn.
    slot_of = models.UUIDField(null=True)
    is_queued = models.BooleanField(default=False, db_default=False)
    # Most of its steps at work at once (none: no limit), and how many that could begin are held back.
    parallel_limit = models.SmallIntegerField(null=True)
    held_steps = models.IntegerField(default=0, db_default=0)
    # Since when a person holds it: nothing new begins.
    paused_at = models.DateTimeField(null=True)
    # Its agents neither recall nor keep anything of other runs.
    memory_isolation = models.BooleanField(default=False, db_default=False)
    # The run whose finished steps it took over.
    source = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="reruns", db_constraint=False, db_index=False
    )
    # How well it went, written once after its end: see recipes/quality. learning: its patterns, suggestions, metrics.
    quality = models.JSONField(null=True)
    learning = models.JSONField(null=True)
    quality_score = models.FloatField(null=True)
    assessed_at = models.DateTimeField(null=True)
    end_recorded = models.BooleanField(default=True, db_default=True)  # in the audit log, see recipes/runs/ends.py
    # Out of sight from then on, gone 30 days later.
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recipe_executions"
        constraints = (models.UniqueConstraint(fields=["workspace", "number"], name="one_execution_per_number"),)
        indexes = (
            models.Index(fields=["workspace", "-created_at"], name="executions_newest"),
            # What the API lists by itself, so that it is counted and paged in the index alone.
            models.Index(
                fields=["workspace", "-created_at", "-id"],
                condition=Q(deleted_at=None, parent_step=None, conversation=None) & ~Q(triggered_by="evaluation"),
                name="executions_shown",
            ),
            models.Index(
                fields=["workspace", "-created_at"],
                condition=Q(status__in=("failed", "cancelled", "stopped")),
                name="executions_unsuccessful",
            ),
            models.Index(fields=["workspace", "user", "-created_at"], name="executions_of_user"),
            models.Index(fields=["workspace", "triggered_by", "-created_at"], name="executions_by_trigger"),
            models.Index(
                "workspace",
                KeyTextTransform("code", "error"),
                F("created_at").desc(),
                condition=Q(error__isnull=False),
                name="executions_by_error",
            ),
            models.Index(
                "workspace", (F("completed_at") - F("started_at")).desc(nulls_last=True), name="executions_longest"
            ),
            models.Index(fields=["recipe", "-created_at"], name="executions_of_recipe"),
            models.Index(
                fields=["conversation", "created_at"],
                condition=Q(conversation__isnull=False),
                name="executions_of_conversation",
            ),
            models.Index(
                fields=["workflow", "-created_at"],
                condition=Q(workflow__isnull=False),
                name="executions_of_workflow",
            ),
            models.Index(fields=["deadline_at"], condition=Q(status__in=LIVE_STATUSES), name="executions_live"),
            models.Index(
                fields=["slot_of", "is_queued"],
                condition=Q(slot_of__isnull=False, status__in=LIVE_STATUSES),
                name="executions_in_slots",
            ),
            models.Index(
                fields=["parent_step"], condition=Q(parent_step__isnull=False), name="executions_of_parent_step"
            ),
            models.Index(fields=["root_id"], condition=Q(root_id__isnull=False), name="executions_of_root"),
            models.Index(fields=["source"], condition=Q(source__isnull=False), name="executions_of_source"),
            *BY_END,
        )

    def __str__(self) -> str:
        return f"{self.recipe_name} {self.label}"

    @property
    def short_id(self) -> str:
        """The first eight characters of the id."""
        return str(self.id)[:8]

    @property
    def label(self) -> str:
        """What a person calls the run: "#1,312"; before its commit the first characters of its id."""
        return self.short_id if self.number is None else f"#{self.number:,}"

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
    def grade(self) -> str:
        """The letter of its quality, A to F; empty while it was not assessed."""
        return str((self.quality or {}).get("grade", ""))

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens

    @property
    def whole(self) -> Totals:
        """What it came to so far, with the runs inside of it. Asks for those where it was not read `with_inside`."""
        own = Totals(self.input_tokens, self.output_tokens, self.cost, self.tool_calls, self.is_estimated)
        if self.root_id is None:
            inside = Execution.objects.filter
            return own + (read_inside(self.inside) if hasattr(self, "inside") else sums_of(inside(root_id=self.pk)))
        found = own
        level = Execution.objects.filter(parent_step__execution=self.pk)
        while (sums := sums_of(level)).inside:
            found += sums
            level = Execution.objects.filter(parent_step__execution__in=level.values("pk"))
        return found

    @property
    def steps_done(self) -> int:
        """How many steps came to an end, skipped ones included."""
        return self.total_steps - self.unfinished_steps

    @property
    def percent_done(self) -> int:
        """Steps done of all, 0 to 100."""
        return round(100 * self.steps_done / self.total_steps) if self.total_steps else 0


class RunNumber(models.Model):
    """The number of a workspace's newest run; only the database's trigger writes it."""

    workspace = models.OneToOneField(Workspace, models.CASCADE, primary_key=True, related_name="+")
    last = models.IntegerField()

    class Meta:
        db_table = "run_numbers"

    def __str__(self) -> str:
        return str(self.last)
