"""Packages that are fetched from a git repository: a worker does it, and this says how far it is."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace


class PluginImport(models.Model):
    """A repository at a commit, branch or tag. version_ids: what came of it. token: of the worker that holds it."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Being fetched"
        DONE = "done", "Done"
        FAILED = "failed", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    url = models.CharField(max_length=2000)
    ref = models.CharField(max_length=200, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    options = models.JSONField(default=dict, help_text="Category, notes and which plugins of a collection.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    error = models.TextField(blank=True)
    entry = models.CharField(max_length=600, blank=True, help_text="The file a refusal is about.")
    version_ids = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "plugin_imports"
        indexes = [
            models.Index(fields=["workspace", "-created_at"], name="plugin_imports_of_workspace"),
            models.Index(
                fields=["heartbeat_at"], name="plugin_imports_open", condition=models.Q(state__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.url
