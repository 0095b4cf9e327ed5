"""Scans of versions, kept for ever, and the record of each model call they made."""

import uuid

from django.db import models
from django.utils import timezone

from marketplace.models.plugins import PluginVersion, Verdict
from workspaces.models import User, Workspace


class ModelState(models.TextChoices):
    """What became of the model's part of a scan."""

    WAITING = "waiting", "Not begun"
    SKIPPED = "skipped", "Not asked: the rules blocked it"
    REVIEWED = "reviewed", "Read by a model"
    NOT_SCANNED = "not_scanned", "Not read by a model"


class PluginScan(models.Model):
    """One scan of a version: by which rules and model, what it found, what it cost.

    token: of the worker that holds it; a worker whose token is no longer here writes nothing. done, total: parts read
    by the model. reused_from: the scan of the same bytes, rules and model that this one was answered from.
    """

    class Trigger(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        REQUESTED = "requested", "Asked for"
        RULES = "rules", "Other rules"
        SEED = "seed", "Comes with the product"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Stage(models.TextChoices):
        STATIC = "static", "Static scan"
        MODEL = "model", "Model scan"
        VERDICT = "verdict", "Verdict"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(PluginVersion, models.CASCADE, related_name="scans")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.SUBMITTED)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.STATIC)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    rules_version = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=200, blank=True)
    review_version = models.CharField(max_length=80, blank=True)
    model_state = models.CharField(max_length=12, choices=ModelState, default=ModelState.WAITING)
    model_note = models.TextField(blank=True, help_text="Why no model has read it, or how.")
    findings = models.JSONField(default=list, help_text="Of rules and model alike, the worst first.")
    static_report = models.JSONField(default=dict, help_text="All that the rules said: findings, card, coverage.")
    model_report = models.JSONField(default=dict, help_text="All that the model said, as far as it was verified.")
    reasons = models.JSONField(default=list, help_text="Why the verdict is what it is, as sentences.")
    static_score = models.FloatField(null=True, blank=True)
    static_ms = models.PositiveIntegerField(null=True, blank=True)
    risk_score = models.PositiveSmallIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=20, choices=Verdict, default=Verdict.UNSCANNED)
    difference = models.JSONField(default=dict, help_text="What is other than in the scan before, if anything is.")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="A moderator has taken note of the difference.")
    reused_from = models.UUIDField(null=True, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0, help_text="US dollars.")

    class Meta:
        db_table = "plugin_security_scans"
        indexes = [
            models.Index(fields=["version", "-created_at"], name="plugin_scans_of_version"),
            models.Index(fields=["sha256", "rules_version"], name="plugin_scans_record"),
            models.Index(
                fields=["heartbeat_at"], name="plugin_scans_open", condition=models.Q(state__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.created_at:%Y-%m-%d %H:%M}"


class PluginScanCall(models.Model):
    """A model call of a scan: its row is there before it is sent, its reply under the same key after.

    key: SHA-256 over the whole request, so the same question to the same model is never paid twice. sends: how often
    it was sent; more than once only if its answer died with a worker.
    """

    key = models.CharField(max_length=64, primary_key=True)
    scan = models.ForeignKey(PluginScan, models.CASCADE, related_name="calls")
    model = models.CharField(max_length=200)
    sends = models.PositiveSmallIntegerField(default=1)
    reply = models.JSONField(null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    created_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "plugin_scan_calls"

    def __str__(self) -> str:
        return self.key
