"""What an agent was before, and agents that are not there yet."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models.agent import Agent
from workspaces.models import User, Workspace


class AgentVersion(models.Model):
    """An agent as one edit left it. snapshot: its whole configuration, as export writes it."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    snapshot = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "agent_versions"
        ordering = ("-version",)
        constraints = (models.UniqueConstraint(fields=["agent", "version"], name="one_row_per_agent_version"),)

    def __str__(self) -> str:
        return f"{self.agent_id} v{self.version}"


class AgentDraft(models.Model):
    """What somebody filled in of the wizard so far. values: the form fields as typed; agent: what was made of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="agent_drafts")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)
    # Beside the fields: steps seen, the trial of the model, the proposal a model made; each under its name.
    work = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True, related_name="drafts")
    discarded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "agent_drafts"
        indexes = (models.Index(fields=["workspace", "user", "-updated_at"], name="drafts_newest"),)

    def __str__(self) -> str:
        return str(self.values.get("name") or "Draft")


class Conversation(models.Model):
    """A talk with an agent in the playground or over the chat API. Its answers are runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="conversations")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="conversations")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=160, blank=True)
    is_kept = models.BooleanField(default=False)
    # Begun by a person in the playground: such a one is listed there, beside those that are kept.
    is_listed = models.BooleanField(default=False, db_default=False)
    # Can be brought back for 30 days.
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "conversations"
        indexes = (
            models.Index(fields=["agent", "-updated_at"], name="conversations_of_agent"),
            models.Index(fields=["workspace", "-updated_at"], name="conversations_newest"),
            models.Index(
                fields=["agent", "-updated_at"],
                condition=Q(deleted_at=None) & (Q(is_listed=True) | Q(is_kept=True)),
                name="conversations_listed",
            ),
        )

    def __str__(self) -> str:
        return self.title or "Conversation"
