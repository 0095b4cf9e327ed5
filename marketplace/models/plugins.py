"""Plugins, their versions and the files of those. A version never changes: its bytes are named by their SHA-256."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from marketplace.models.publishers import Publisher, PublisherKey
from workspaces.models import User, Workspace


class PluginCategory(models.Model):
    """What a plugin is for. Reference data."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200)
    icon = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "plugin_categories"
        ordering = ("position",)
        verbose_name_plural = "plugin categories"

    def __str__(self) -> str:
        return self.name


class VersionStatus(models.TextChoices):
    """Where a version is on its way."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    DEACTIVATED = "deactivated", "Deactivated"
    BLOCKED = "blocked", "Blocked"
    WITHDRAWN = "withdrawn", "Withdrawn by its author"


class Verdict(models.TextChoices):
    """What the scan came to."""

    UNSCANNED = "unscanned", "Not scanned"
    SAFE = "safe", "Safe"
    REVIEW_REQUIRED = "review_required", "Review required"
    BLOCKED = "blocked", "Blocked"


class Plugin(models.Model):
    """A plugin under its slug, whatever version. What a card shows comes from its newest approved version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="plugins")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="published_plugins")
    category = models.ForeignKey(PluginCategory, models.SET_NULL, null=True, blank=True, related_name="plugins")
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    is_public = models.BooleanField(default=False, help_text="Has an approved version: everybody sees it.")
    is_featured = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False, help_text="Comes with the product.")
    installs = models.PositiveIntegerField(default=0)
    current_version_id = models.UUIDField(null=True, blank=True, help_text="The newest approved version.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        db_table = "plugins"
        indexes = [
            models.Index(
                fields=["-installs", "-updated_at"], name="plugins_listed", condition=models.Q(is_public=True)
            ),
            models.Index(fields=["workspace", "-updated_at"], name="plugins_of_workspace"),
        ]

    def __str__(self) -> str:
        return self.slug


class PluginVersion(models.Model):
    """One version as it was submitted. sha256: over all its files (`Package.digest`).

    workspace: who submitted it; without one the operator did. package: what was read from it, without its files.
    permissions: what it asks for, each with where it says so. sort_key: orders versions as semver does.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plugin = models.ForeignKey(Plugin, models.CASCADE, related_name="versions")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="submitted_versions")
    version = models.CharField(max_length=100)
    sort_key = models.CharField(max_length=600, db_collation="C")
    sha256 = models.CharField(max_length=64)
    source = models.JSONField(default=dict, help_text="Where it came from: upload, git or seed.")
    layout = models.CharField(max_length=20)
    package = models.JSONField(default=dict)
    contents = models.JSONField(default=dict, help_text="How many skills, commands, agents, hooks, servers, tools.")
    permissions = models.JSONField(default=list)
    card = models.JSONField(default=list, help_text="What the scan found it reaches: hosts, tools, hooks, and so on.")
    warnings = models.JSONField(default=list)
    notes = models.TextField(blank=True, help_text="What its author says of this version.")
    size = models.PositiveBigIntegerField(default=0)
    file_count = models.PositiveIntegerField(default=0)
    token_estimate = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=20, choices=VersionStatus, default=VersionStatus.PENDING)
    verdict = models.CharField(max_length=20, choices=Verdict, default=Verdict.UNSCANNED)
    static_score = models.FloatField(null=True, blank=True)
    risk_score = models.PositiveSmallIntegerField(null=True, blank=True)
    worst = models.CharField(max_length=10, blank=True, help_text="Severity of its worst finding.")
    scan_id = models.UUIDField(null=True, blank=True, help_text="The scan its verdict comes from.")
    signature = models.CharField(max_length=128, blank=True, help_text="Ed25519, Base64.")
    signed_by = models.ForeignKey(PublisherKey, models.PROTECT, null=True, blank=True, related_name="versions")
    key_changed = models.BooleanField(default=False, help_text="Not signed as the version approved before it was.")
    submitted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    submitted_at = models.DateTimeField(default=timezone.now)
    first_reviewer = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    first_reason = models.TextField(blank=True)
    reviewer = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="What was decided last, in the moderator's words.")
    published_at = models.DateTimeField(null=True, blank=True, help_text="First approved; never taken back.")

    class Meta:
        db_table = "plugin_versions"
        constraints = [models.UniqueConstraint(fields=["plugin", "version"], name="plugin_versions_version")]
        indexes = [
            models.Index(fields=["plugin", "-sort_key"], name="plugin_versions_newest"),
            models.Index(fields=["status", "submitted_at"], name="plugin_versions_queue"),
            models.Index(fields=["workspace", "-submitted_at"], name="plugin_versions_submitted"),
        ]

    def __str__(self) -> str:
        return f"{self.package.get('slug', '')} {self.version}".strip()


class PluginFile(models.Model):
    """A file of a version; its bytes lie in the store under their SHA-256."""

    version = models.ForeignKey(PluginVersion, models.CASCADE, related_name="files")
    path = models.CharField(max_length=600)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    is_text = models.BooleanField(default=False)
    executable = models.BooleanField(default=False)

    class Meta:
        db_table = "plugin_files"
        constraints = [models.UniqueConstraint(fields=["version", "path"], name="plugin_files_path")]
        indexes = [models.Index(fields=["sha256"], name="plugin_files_sha256")]

    def __str__(self) -> str:
        return self.path
