"""Who may use what: an agent's apps with their switches, and when a tool asks a person.

The agent is named by its id alone: agents know tools, and not the other way round. `agents` checks the id, and clears
these rows when an agent is purged.
"""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace


class Level(models.TextChoices):
    """What a row is about. The narrower one decides: an action before its group, a group before the app."""

    APP = "app", "The whole app"
    GROUP = "group", "A group of actions"
    ACTION = "action", "One action"


class AgentAppAssignment(models.Model):
    """A switch of one agent for one app. name: the group or the action; empty for the whole app."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    agent_id = models.UUIDField()
    app = models.CharField(max_length=100)
    level = models.CharField(max_length=6, choices=Level, default=Level.APP)
    name = models.CharField(max_length=200, blank=True)
    allowed = models.BooleanField(default=True)
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "agent_app_assignments"
        constraints = (
            models.UniqueConstraint(fields=["agent_id", "app", "level", "name"], name="one_switch_per_agent"),
        )
        indexes = (models.Index(fields=["workspace", "app"], name="app_assignments_by_app"),)

    def __str__(self) -> str:
        return f"{self.app} {self.level} {self.name}"


class ToolPolicy(models.Model):
    """When a tool asks a person before it is used, whatever agent calls it."""

    class Asks(models.TextChoices):
        NEVER = "never", "Never"
        FIRST = "first_time", "First time"
        DESTRUCTIVE = "destructive", "Destructive only"
        ALWAYS = "always", "Always"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    app = models.CharField(max_length=100)
    level = models.CharField(max_length=6, choices=Level, default=Level.APP)
    name = models.CharField(max_length=200, blank=True)
    asks = models.CharField(max_length=12, choices=Asks)
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "tool_policies"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "app", "level", "name"], name="one_policy_per_tool"),
        )

    def __str__(self) -> str:
        return f"{self.app} {self.level} {self.name} {self.asks}"
