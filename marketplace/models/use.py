"""Who has a plugin: workspaces that enabled one, agents it was given to, and what workspaces say of it."""

import uuid

from django.db import models
from django.utils import timezone

from marketplace.models.plugins import Plugin, PluginVersion
from workspaces.models import User, Workspace


class EnabledPlugin(models.Model):
    """A plugin that a workspace may give to its agents, pinned to a version.

    earlier: the number of the version it had before, to go back to. put_off: of the update that was put off, and
    put_off_until: how long; without a time, until there is another version.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="enabled_plugins")
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="enabled_in")
    version = models.ForeignKey(PluginVersion, models.CASCADE, related_name="enabled_in")
    earlier = models.CharField(max_length=100, blank=True)
    put_off = models.CharField(max_length=100, blank=True)
    put_off_until = models.DateTimeField(null=True, blank=True)
    has_hooks = models.BooleanField(
        default=False, db_default=False, help_text="Whether hooks of this version listen here."
    )
    allows_calls = models.BooleanField(
        default=False, db_default=False, help_text="Whether its hooks may tell addresses."
    )
    offer = models.JSONField(default=dict, help_text="What agents are told of this version, in short.")
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


class PluginReview(models.Model):
    """What a workspace that has a plugin says of it; everybody reads it. workspace_name: as it was called then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="plugin_reviews")
    workspace_name = models.CharField(max_length=200)
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="reviews")
    version = models.CharField(max_length=100)
    stars = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_reviews"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "plugin"], name="plugin_reviews_once"),
            models.CheckConstraint(condition=models.Q(stars__gte=1, stars__lte=5), name="plugin_reviews_stars"),
        ]
        indexes = [models.Index(fields=["plugin", "-updated_at"], name="plugin_reviews_newest")]

    def __str__(self) -> str:
        return f"{self.stars} of 5: {self.text[:60]}"


class PluginAgent(models.Model):
    """An agent that was made from a plugin's template. What it is told is the plugin's author's, so it taints.

    agent_id: of an agent of the same workspace, made with this row. name: the template's in the package.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="plugin_agents")
    agent_id = models.UUIDField(unique=True)
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="agents_made")
    slug = models.CharField(max_length=100)
    version = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    made = models.JSONField(default=list, help_text="Every row it brought, as {kind, id, name}.")
    installed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    installed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_agents"
        indexes = [models.Index(fields=["workspace", "plugin"], name="plugin_agents_of_workspace")]

    def __str__(self) -> str:
        return f"{self.name} of {self.slug} {self.version}"
