"""The journal that lets a run survive anything, its events, approvals, files, and the workers."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Agent
from recipes.models.execution import Execution
from recipes.models.filled import FilledJSON, FilledText, Refs
from recipes.models.step import ExecutionStep
from workspaces.models import User, Workspace


class Call(models.Model):
    """The journal: an intent committed before a model or tool is called, its result under the same key after."""

    class Kind(models.TextChoices):
        MODEL = "model", "Model"
        TOOL = "tool", "Tool"
        COMMAND = "command", "Command"
        COMPOSIO = "composio", "App"
        MCP = "mcp", "MCP"
        HTTP = "http", "HTTP"
        EMBEDDING = "embedding", "Embedding"

    class Status(models.TextChoices):
        SENT = "sent", "Sent"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        UNCERTAIN = "uncertain", "Not known whether it took effect"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    step = models.ForeignKey(ExecutionStep, models.CASCADE, related_name="calls", db_index=False)
    attempt = models.PositiveSmallIntegerField()
    # Where in the step's work: "0", "1", …, and "3.0" for the first call of an agent that call 3 asked.
    path = models.TextField(default="0")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MODEL)
    name = models.CharField(max_length=200, help_text="The model or the tool.")
    status = models.CharField(max_length=10, choices=Status, default=Status.SENT)
    # What was asked, and which version of the tool: when the step is gone through again, another question is noticed.
    request_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    tool_version_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    connection_id = models.UUIDField(null=True)
    sends = models.PositiveSmallIntegerField(default=1, help_text="More than 1 when a reply was lost with its worker.")
    output = FilledText(blank=True)
    output_refs = Refs()
    # A model's whole reply when it calls tools; a tool's arguments, and what is known of its result.
    data = FilledJSON(null=True)
    data_refs = Refs()
    error = models.JSONField(null=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    # The server did not tell all of its tokens, so that these, and the cost, are about right and no more.
    is_estimated = models.BooleanField(default=False, db_default=False)
    sent_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "execution_calls"
        constraints = (models.UniqueConstraint(fields=["step", "attempt", "path"], name="one_call_per_key"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.status}"


class AgentPin(models.Model):
    """An agent as runs keep it while they are under way: settings, prompt, tools, skills. The id is the content's."""

    id = models.UUIDField(primary_key=True, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="+", db_constraint=False)
    agent_version = models.IntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "agent_pins"

    def __str__(self) -> str:
        return f"{self.agent_id} v{self.agent_version}"


class StepAttempt(models.Model):
    """An attempt of a step that came to nothing and was followed by another one: what it was and what it cost."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    step = models.ForeignKey(ExecutionStep, models.CASCADE, related_name="attempts", db_index=False)
    n = models.SmallIntegerField()
    model = models.CharField(max_length=200, blank=True)
    prompt = FilledText(blank=True)
    prompt_refs = Refs()
    output = FilledText(blank=True, help_text="What had come in by then.")
    output_refs = Refs()
    error = models.JSONField()
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    tool_calls = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField()

    class Meta:
        db_table = "step_attempts"
        ordering = ("n",)
        constraints = (models.UniqueConstraint(fields=["step", "n"], name="one_step_attempt_per_number"),)

    def __str__(self) -> str:
        return f"attempt {self.n}"


class Event(models.Model):
    """What changed, numbered without gap in each execution."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="events", db_index=False)
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
    # False of one of the release before: as long as such a worker lives, no row refers to a payload.
    reads_payloads = models.BooleanField(default=True, db_default=False)

    class Meta:
        db_table = "workers"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Allowance(models.Model):
    """A person's word that calls like one they saw need not be asked about in the rest of this run.

    reach: what they have in common, as `engine/reach.py` tells it: the tool, its version and account, hosts, and
    whatever else says whom they reach. Each call made under it has its own row in approvals.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="allowances")
    tool = models.CharField(max_length=200)
    reach = models.JSONField()
    allowed_at = models.DateTimeField(default=timezone.now)
    allowed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "run_allowances"

    def __str__(self) -> str:
        return self.tool


class Approval(models.Model):
    """What a step waits for: a person who allows a side effect or fills in a form, a time, or a signed message.

    Of a side effect: its id is that of the call, the step goes on once it is decided, and what was decided holds for
    this tool with these arguments (subject_hash), not for whatever stands in its place; answer holds all of them where
    a person changed some.
    Of a question: a server asks it while a call is under way, and the step stays at work; arguments hold server,
    message, schema or url, and the fence of the worker that listens.
    Of a step that is itself a wait: arguments hold message and fields, answer what a person filled in, and at due_at
    the step ends without it. Of a wait for a message: arguments hold the trigger that knows how it is signed.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval", "Approval"
        FORM = "form", "Form"
        TIMER = "timer", "Time"
        WEBHOOK = "webhook", "Signed message"
        QUESTION = "question", "Question of a server"

    # Those that a person decides.
    ASKED = (Kind.APPROVAL, Kind.FORM, Kind.QUESTION)

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        EXPIRED = "expired", "No longer asked"

    id = models.UUIDField(primary_key=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    step = models.ForeignKey(ExecutionStep, models.CASCADE, related_name="approvals")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.APPROVAL, db_default=Kind.APPROVAL)
    tool = models.CharField(max_length=200)
    arguments = models.JSONField()
    subject_hash = models.CharField(max_length=64, blank=True, db_default="")
    arguments_schema = models.JSONField(null=True, help_text="What a call's arguments have to fit, as it was asked.")
    origins = models.JSONField(default=list, help_text="Where the untrusted text came from that stood before the call.")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    asked_at = models.DateTimeField(default=timezone.now)
    # Kept for a release that may still run beside this one: the run itself knows what is left of its time.
    seconds_left = models.FloatField(default=600, db_default=600)
    due_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    comment = models.TextField(blank=True, db_default="", help_text="What whoever decided said to it.")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # What an answer for the rest of the run would hold for; null where each call is to be asked about.
    reach = models.JSONField(null=True)
    # Of one that was not asked about, since somebody allowed such calls for the rest of the run.
    allowance_id = models.UUIDField(null=True)

    class Meta:
        db_table = "approvals"
        indexes = (
            models.Index(fields=["workspace", "-asked_at"], condition=Q(status="pending"), name="approvals_waiting"),
            models.Index(fields=["due_at"], condition=Q(status="pending", due_at__isnull=False), name="approvals_due"),
        )

    def __str__(self) -> str:
        return f"{self.tool} {self.status}"
