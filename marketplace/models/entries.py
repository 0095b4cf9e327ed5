"""What the marketplace's list shows: one row for each thing that can be had, whatever its kind."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone
from pgvector.django import HalfVectorField, HnswIndex, VectorField

from automatos.llm import embeddings
from marketplace.models.plugins import Verdict
from marketplace.models.publishers import Publisher, PublisherKey
from workspaces.models import Workspace

PUBLIC = models.Q(is_public=True)


class Entry(models.Model):
    """One listing as a card shows it and a search finds it; its own app's tables hold the rest.

    object_id: of the plugin, or of what else `kind` says. workspace: whose it is; it sees the entry although it is not
    public. reach: kinds of things it asks for (`host`, `hook`, …), none for plain text. counts: of its parts, by name.
    key: the one its version is signed with.
    """

    class Kind(models.TextChoices):
        PLUGIN = "plugin", "Plugin"
        AGENT = "agent", "Agent"
        RECIPE = "recipe", "Recipe"
        SKILL = "skill", "Skill"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    object_id = models.UUIDField()
    slug = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="+")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    is_public = models.BooleanField(default=False)
    is_featured = models.BooleanField(default=False)
    feature_note = models.CharField(max_length=300, blank=True, help_text="Why the moderators feature it.")
    is_system = models.BooleanField(default=False)
    version = models.CharField(max_length=100, blank=True)
    key = models.ForeignKey(PublisherKey, models.SET_NULL, null=True, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict, default=Verdict.UNSCANNED)
    was_read = models.BooleanField(default=False, help_text="A person approved it, not the rules alone.")
    decided_at = models.DateTimeField(null=True)
    reach = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    hosts = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    counts = models.JSONField(default=dict)
    token_estimate = models.PositiveIntegerField(default=0)
    installs = models.PositiveIntegerField(default=0)
    rating = models.FloatField(default=0.0, help_text="Mean of its stars; 0 without any.")
    rating_count = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)
    words = SearchVectorField(null=True)
    embedding = VectorField(null=True)
    embedding_model = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "marketplace_entries"
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="entries_object")]
        indexes = [
            models.Index(fields=["-installs", "-changed_at", "id"], name="entries_installs", condition=PUBLIC),
            models.Index(fields=["-changed_at", "id"], name="entries_newest", condition=PUBLIC),
            models.Index(fields=["-rating", "-rating_count", "id"], name="entries_rating", condition=PUBLIC),
            models.Index(fields=["category", "-installs"], name="entries_category", condition=PUBLIC),
            # All that the list is counted by, and what row-level security asks: counts read the index alone.
            models.Index(
                fields=["kind"],
                name="entries_counts",
                include=["is_public", "workspace", "category", "publisher", "verdict", "reach", "key"],
                condition=PUBLIC,
            ),
            models.Index(fields=["publisher", "-installs"], name="entries_publisher", condition=PUBLIC),
            models.Index(fields=["is_featured"], name="entries_featured", condition=models.Q(is_featured=True)),
            models.Index(fields=["workspace"], name="entries_workspace"),
            GinIndex(fields=["words"], name="entries_words"),
            HnswIndex(
                OpClass(
                    Cast("embedding", HalfVectorField(dimensions=embeddings.DIMENSIONS[embeddings.LOCAL])),
                    name="halfvec_cosine_ops",
                ),
                name="entries_nearest",
                condition=models.Q(embedding_model=embeddings.LOCAL, is_public=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"

    @property
    def is_signed(self) -> bool:
        """By a key of its publisher that is not revoked."""
        return self.key is not None and self.key.revoked_at is None
