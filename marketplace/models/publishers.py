"""Who publishes: a workspace under one name, and the keys its packages are signed with."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace


class Publisher(models.Model):
    """The name under which a workspace publishes. Without a workspace it is the installation's or the project's own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    website = models.CharField(max_length=300, blank=True)
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="publishers")
    is_public = models.BooleanField(default=False, help_text="Something of it was approved: everybody sees the name.")
    is_verified = models.BooleanField(default=False, help_text="Moderators know who this is.")
    is_system = models.BooleanField(default=False, help_text="The project itself.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "publishers"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(workspace__isnull=False), name="publishers_one_a_workspace"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PublisherKey(models.Model):
    """A public Ed25519 key a publisher signs with. public_key: 32 bytes in Base64; fingerprint: their SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="keys")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=120)
    public_key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "publisher_keys"
        constraints = [
            models.UniqueConstraint(fields=["publisher", "fingerprint"], name="publisher_keys_fingerprint"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.fingerprint[:12]})"
