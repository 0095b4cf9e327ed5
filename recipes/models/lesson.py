"""What runs and people taught: told to the first agent of the runs to come."""

import uuid
from hashlib import blake2b

import orjson
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import VectorField

from recipes.models.execution import Execution
from recipes.models.recipe import Recipe
from workspaces.models import User, Workspace


class Lesson(models.Model):
    """One sentence or a few. recipe: whose runs it is about; agent_id: whose work, for that agent's other recipes too.

    key: of a rule's lesson, which the same pattern of the same step changes and does not double; empty for a person's.
    origins: where untrusted text came from that it repeats, or that stood before what it repeats. vouched_for: the
    `subject` that a member read and answers for, so that it taints no run any more; another text has another one.
    """

    class Source(models.TextChoices):
        RUN = "run", "A run"
        PERSON = "person", "A person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="lessons", db_index=False)
    agent_id = models.UUIDField(null=True)
    text = models.TextField()
    source = models.CharField(max_length=10, choices=Source, default=Source.RUN)
    key = models.CharField(max_length=120, blank=True)
    seen = models.PositiveIntegerField(default=1)
    execution = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    origins = models.JSONField(default=list)
    is_pinned = models.BooleanField(default=False)
    is_edited = models.BooleanField(default=False)
    embedding_model = models.CharField(max_length=120, blank=True)
    embedding = VectorField(null=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    forgotten_at = models.DateTimeField(null=True)
    vouched_for = models.CharField(max_length=64, blank=True, default="", db_default="")
    vouched_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    vouched_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lessons"
        constraints = (
            models.UniqueConstraint(fields=["recipe", "key"], condition=~Q(key=""), name="one_lesson_of_a_rule"),
        )
        indexes = (
            models.Index(fields=["recipe", "-updated_at"], name="lessons_of_recipe"),
            models.Index(
                fields=["workspace", "agent_id", "-updated_at"],
                condition=Q(agent_id__isnull=False, forgotten_at=None),
                name="lessons_of_agent",
            ),
            models.Index(fields=["created_at"], condition=Q(embedding=None), name="lessons_to_embed"),
        )

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def subject(self) -> str:
        """What a word for it holds for: this text with these origins, and no other."""
        return blake2b(orjson.dumps([self.text, sorted(map(str, self.origins))]), digest_size=32).hexdigest()

    @property
    def is_vouched(self) -> bool:
        """Whether somebody answers for it as it reads now."""
        return bool(self.origins) and self.vouched_for == self.subject

    @property
    def voucher(self) -> str:
        """Who answers for it as it reads now; empty where nobody does."""
        if not self.is_vouched:
            return ""
        return self.vouched_by.display_name if self.vouched_by else "a former member"
