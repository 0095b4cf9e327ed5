"""API keys, and what is remembered of requests."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models.people import User
from workspaces.models.workspace import Role, Workspace


class ApiKey(models.Model):
    """A program's way in: bound to one workspace and one user, never more than its role. Only a hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_keys")
    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    scopes = models.JSONField(default=list, blank=True)
    # Requests a minute; empty: the installation's API_RATE_LIMIT.
    rate_limit = models.PositiveIntegerField(null=True, blank=True)
    # The key this one took over from; both open until the old one's overlap is over.
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "api_keys"
        indexes = (models.Index(fields=["workspace", "-created_at"], name="api_keys_newest"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentRequest(models.Model):
    """The answer once given to a POST with an Idempotency-Key, so that sending it again does nothing twice."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "idempotent_requests"
        constraints = (models.UniqueConstraint(fields=["workspace", "route", "key"], name="one_answer_per_key"),)

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class ClerkEvent(models.Model):
    """A webhook message of Clerk that was worked in: the same one may arrive again."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=80)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "clerk_events"

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class ClerkState(models.Model):
    """As of when Clerk told about one of its things, and whether it is gone: messages and tokens come in any order.

    id: a person's or an organisation's id, or both with a colon between them for a membership.
    """

    id = models.CharField(max_length=255, primary_key=True)
    told_at = models.DateTimeField()
    gone = models.BooleanField(default=False)

    class Meta:
        db_table = "clerk_states"

    def __str__(self) -> str:
        return f"{self.id} {'gone' if self.gone else 'there'}"
