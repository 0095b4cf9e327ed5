"""Who has a plugin: workspaces that enabled one, and agents it was given to."""

import uuid

from django.db import models
from django.utils import timezone

from marketplace.models.plugins import Plugin, PluginVersion
from workspaces.models import User, Workspace


class EnabledPlugin(models.Model):
    """A plugin that a workspace may give to its agents, pinned to a version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="enabled_plugins")
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="enabled_in")
    version = models.ForeignKey(PluginVersion, models.CASCADE, related_name="enabled_in")
    enabled_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    enabled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "workspace_enabled_plugins"
        constraints = [models.UniqueConstraint(fields=["workspace", "plugin"], name="enabled_plugins_once")]

    def __str__(self) -> str:
        return f"{self.plugin_id} in {self.workspace_id}"


class AssignedPlugin(models.Model):
    """A plugin that an agent has. agent_id: of an agent of the same workspace; whoever writes it checks that."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="assigned_plugins")
    agent_id = models.UUIDField()
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="assigned_to")
    priority = models.PositiveSmallIntegerField(default=0, help_text="Its place among the agent's plugins.")
    assigned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "agent_assigned_plugins"
        constraints = [models.UniqueConstraint(fields=["agent_id", "plugin"], name="assigned_plugins_once")]
        indexes = [models.Index(fields=["workspace", "plugin"], name="assigned_plugins_of_workspace")]

    def __str__(self) -> str:
        return f"{self.plugin_id} for {self.agent_id}"
