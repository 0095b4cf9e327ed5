"""What people say and decide about versions, and what workspaces are told of it."""

import uuid

from django.db import models
from django.utils import timezone

from marketplace.models.plugins import Plugin, PluginVersion
from workspaces.models import User, Workspace


class Action(models.TextChoices):
    """What was decided."""

    APPROVED = "approved", "Approved"
    SECONDED = "first_approval", "Approved, a second moderator has to agree"
    REJECTED = "rejected", "Rejected"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    DEACTIVATED = "deactivated", "Deactivated"
    BLOCKED = "blocked", "Blocked everywhere"
    REOPENED = "reopened", "Put back into the queue"


class PluginDecision(models.Model):
    """One decision, never changed. person_name stays when the person is gone. counts: what it took away."""

    version = models.ForeignKey(PluginVersion, models.CASCADE, related_name="decisions")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=20, choices=Action)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(max_length=254, blank=True)
    reason = models.TextField(blank=True)
    counts = models.JSONField(default=dict)
    scan_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_decisions"
        indexes = [models.Index(fields=["version", "-created_at"], name="plugin_decisions_of_version")]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.version_id}"


class PluginAnswer(models.Model):
    """What the author says to a finding, or to the whole report (finding empty). Moderators see it once it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(PluginVersion, models.CASCADE, related_name="answers")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    finding = models.CharField(max_length=80, blank=True)
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "plugin_answers"
        constraints = [models.UniqueConstraint(fields=["version", "finding"], name="plugin_answers_finding")]

    def __str__(self) -> str:
        return self.text[:60]


class PluginReport(models.Model):
    """Somebody says that something is wrong with a plugin."""

    class Kind(models.TextChoices):
        MALICIOUS = "malicious", "It does harm"
        MISLEADING = "misleading", "It is not what it says"
        BROKEN = "broken", "It does not work"
        COPYRIGHT = "copyright", "It is somebody else's work"
        OTHER = "other", "Something else"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Something was done"
        DISMISSED = "dismissed", "Nothing is wrong"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="reports")
    version = models.ForeignKey(PluginVersion, models.CASCADE, null=True, related_name="reports")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    resolution = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_reports"
        indexes = [models.Index(fields=["state", "created_at"], name="plugin_reports_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"


class PluginNotice(models.Model):
    """What a workspace is told when a version it used was taken away. agents: names of those that had it."""

    class Kind(models.TextChoices):
        BLOCKED = "blocked", "Blocked"
        DEACTIVATED = "deactivated", "Deactivated"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="plugin_notices")
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="+")
    plugin_name = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    reason = models.TextField(blank=True)
    agent_ids = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "plugin_notices"
        indexes = [
            models.Index(
                fields=["workspace", "-created_at"],
                name="plugin_notices_open",
                condition=models.Q(dismissed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.plugin_name} {self.version}"
