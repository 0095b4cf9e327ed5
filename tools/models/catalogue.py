"""What there is to connect: apps and their actions as Composio lists them, and the jobs that keep them up to date.

A row without a workspace is of the catalogue everybody shares. A workspace that named a server of its own has rows of
its own, so that this server can change nothing for anybody else.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone
from pgvector.django import VectorField

from workspaces.models import User, Workspace


def in_catalogue(workspace_id: uuid.UUID | None) -> models.Q:
    """The rows of one catalogue: the shared one, or a workspace's own."""
    return models.Q(workspace_id=workspace_id)


class ComposioAppCache(models.Model):
    """An app that can be connected. slug: Composio's word for it, such as github."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Offered"
        GONE = "gone", "No longer offered"

    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    slug = models.CharField(max_length=100)
    app_name = models.CharField(max_length=200)
    display_name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    logo_url = models.CharField(max_length=2000, blank=True)
    app_url = models.CharField(max_length=2000, blank=True)
    categories = ArrayField(models.CharField(max_length=100), default=list)
    auth_schemes = ArrayField(models.CharField(max_length=60), default=list)
    managed_schemes = ArrayField(models.CharField(max_length=60), default=list, help_text="Composio has an app for.")
    no_auth = models.BooleanField(default=False)
    version = models.CharField(max_length=60, blank=True)
    action_count = models.PositiveIntegerField(default=0)
    trigger_count = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    # What Composio said when its actions were read last: another value means that they have to be read again.
    remote_state = models.CharField(max_length=200, blank=True)
    synced_state = models.CharField(max_length=200, blank=True)
    last_synced_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "composio_app_cache"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "slug"], name="one_app_per_catalogue", nulls_distinct=False),
        )
        indexes = (
            models.Index(fields=["display_name", "id"], name="composio_apps_by_name"),
            GinIndex(fields=["categories"], name="composio_apps_categories"),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def is_connectable(self) -> bool:
        """Whether a person can connect it here: Composio keeps an OAuth app for it, or it takes a key."""
        return not self.no_auth and bool(self.managed_schemes or self.auth_schemes)


class ComposioActionCache(models.Model):
    """What can be done with an app. action: its slug at Composio; version: of the schema, sent with each call."""

    class Category(models.TextChoices):
        READS = "reads", "Reads"
        CHANGES = "changes", "Changes and sends"
        DESTROYS = "destroys", "Destroys"

    class Status(models.TextChoices):
        ACTIVE = "active", "Offered"
        GONE = "gone", "No longer offered"

    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    app = models.ForeignKey(ComposioAppCache, models.CASCADE, related_name="actions")
    action = models.CharField(max_length=200)
    display_name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, help_text="JSON Schema 2020-12 of the arguments.")
    response_schema = models.JSONField(default=dict)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    category = models.CharField(max_length=10, choices=Category, default=Category.CHANGES)
    version = models.CharField(max_length=60, blank=True)
    no_auth = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    digest = models.CharField(max_length=64, help_text="SHA-256 over name, description, schema and version.")
    embedding_model = models.CharField(max_length=120, blank=True)
    embedding = VectorField(null=True)
    words = SearchVectorField(null=True)
    last_synced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "composio_action_cache"
        constraints = (models.UniqueConstraint(fields=["app", "action"], name="one_action_per_app"),)
        indexes = (models.Index(fields=["action"], name="composio_actions_by_slug"),)

    def __str__(self) -> str:
        return self.action


class ComposioAppLogo(models.Model):
    """The picture of an app, fetched once and served by us. problem: why there is none."""

    app = models.OneToOneField(ComposioAppCache, models.CASCADE, primary_key=True, related_name="logo")
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    url = models.CharField(max_length=2000)
    media_type = models.CharField(max_length=60, blank=True)
    content = models.BinaryField(default=b"")
    problem = models.CharField(max_length=300, blank=True)
    fetched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "composio_app_logos"

    def __str__(self) -> str:
        return self.url


class ComposioSyncJob(models.Model):
    """One reading of the catalogue. It never takes away what is known before it has something in its place."""

    class Kind(models.TextChoices):
        FULL = "full", "Everything"
        INCREMENTAL = "incremental", "What changed"
        APP = "app", "One app"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whose catalogue; none: the shared one. key_of: the workspace whose key pays for it; none: the installation's.
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    key_of = models.UUIDField(null=True)
    kind = models.CharField(max_length=12, choices=Kind)
    app = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    apps_total = models.PositiveIntegerField(default=0)
    apps_done = models.PositiveIntegerField(default=0)
    actions_done = models.PositiveIntegerField(default=0)
    indexed = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text="The last sign of life of its worker.")
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "composio_sync_jobs"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_sync_at_a_time",
                nulls_distinct=False,
            ),
        )
        indexes = (models.Index(fields=["workspace", "-created_at"], name="composio_syncs_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"

    @property
    def is_live(self) -> bool:
        """Whether it is still to come to an end."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
