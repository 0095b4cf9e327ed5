"""Skills: where they come from, what they say, and who has them."""

import uuid

from django.db import models
from django.utils import timezone

from agents.models.agent import Agent
from workspaces.models import User, Workspace

# The same rule of thumb by which a skill's text is estimated when it is read.
BYTES_PER_TOKEN = 4


class SkillSource(models.Model):
    """A git repository or an upload that skills come from, pinned to one commit until its update is accepted."""

    class Kind(models.TextChoices):
        GIT = "git", "Git repository"
        UPLOAD = "upload", "Upload"
        SEED = "seed", "Built in"
        MARKETPLACE = "marketplace", "Marketplace"

    class Status(models.TextChoices):
        ACTIVE = "active", "Up to date"
        SYNCING = "syncing", "Syncing"
        ERROR = "error", "Error"
        INACTIVE = "inactive", "Inactive"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="skill_sources")
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=160)
    url = models.CharField(max_length=500, blank=True)
    ref = models.CharField(max_length=200, blank=True, help_text="Branch, tag or commit; empty: the default branch.")
    folder = models.CharField(max_length=300, blank=True, db_default="", help_text="Only what is in it; empty: all.")
    credential_id = models.UUIDField(null=True, help_text="Of the workspace; opens a private repository.")
    commit_sha = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.SYNCING)
    error = models.TextField(blank=True)
    warnings = models.JSONField(default=list)
    beside = models.JSONField(
        default=list, db_default=[], help_text="What it holds that is no skill: kind, names, count."
    )
    auto_update = models.BooleanField(default=False, help_text="Look for updates by itself; people accept them.")
    frequency_hours = models.PositiveIntegerField(default=24)
    sync_started_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    next_sync_at = models.DateTimeField(null=True, db_index=True)
    # An update that was found and waits to be accepted: its commit, its skills, and what they change.
    pending_commit = models.CharField(max_length=64, blank=True)
    pending = models.JSONField(null=True)
    dismissed_commit = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "skill_sources"
        indexes = (models.Index(fields=["workspace", "-created_at"], name="skill_sources_newest"),)

    def __str__(self) -> str:
        return self.name


class Skill(models.Model):
    """A skill of a workspace: metadata always in the prompt, its body on activation, its files on demand."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="skills")
    source = models.ForeignKey(SkillSource, models.CASCADE, related_name="skills")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    description = models.TextField()
    # All a model knows of it before it is activated, and whether there is more to it than its body: read for each run.
    summary = models.TextField(blank=True)
    has_more = models.BooleanField(default=False)
    path = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    metadata = models.JSONField(default=dict, help_text="The skill as it was read, without its body.")
    warnings = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    metadata_tokens = models.PositiveIntegerField(default=0)
    body_tokens = models.PositiveIntegerField(default=0)
    is_enabled = models.BooleanField(default=False, help_text="Chosen by a person, so that agents may have it.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "skills"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "slug"], condition=models.Q(deleted_at=None), name="one_skill_slug_per_workspace"
            ),
        )
        indexes = (models.Index(fields=["workspace", "name"], name="skills_by_name"),)

    def __str__(self) -> str:
        return self.name


class SkillFile(models.Model):
    """A file that came with a skill. content: its text; empty for a binary file, which is only listed."""

    skill = models.ForeignKey(Skill, models.CASCADE, related_name="files")
    path = models.CharField(max_length=500)
    size = models.PositiveIntegerField()
    is_text = models.BooleanField(default=True)
    content = models.TextField(blank=True)

    class Meta:
        db_table = "skill_files"
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=["skill", "path"], name="one_skill_file_per_path"),)

    def __str__(self) -> str:
        return self.path

    @property
    def tokens(self) -> int:
        """Estimated cost when it is read whole; 0 for what is not a text."""
        return -(-self.size // BYTES_PER_TOKEN) if self.is_text else 0


class AgentSkill(models.Model):
    """A skill an agent may activate; position: its place in the catalogue."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="agent_skills")
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="agent_skills")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "agent_skills"
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["agent", "skill"], name="one_skill_per_agent"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.skill_id}"
