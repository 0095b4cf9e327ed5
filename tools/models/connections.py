"""A workspace's connections to apps, the events it asked for, and the messages that came."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace


class ComposioEntity(models.Model):
    """The workspace as Composio knows it: one user there, whose id is the workspace's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.OneToOneField(Workspace, models.CASCADE, related_name="+")
    entity_id = models.CharField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "composio_entities"

    def __str__(self) -> str:
        return self.entity_id


class ComposioConnection(models.Model):
    """One app of one workspace. It keeps its identity when it is reconnected, and stays as `added` when it is ended."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for approval"
        ACTIVE = "active", "Connected"
        ADDED = "added", "Not connected"
        ERROR = "error", "Needs reconnecting"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    entity = models.ForeignKey(ComposioEntity, models.CASCADE, related_name="connections")
    app = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    auth_config_id = models.CharField(max_length=100, blank=True)
    account_id = models.CharField(max_length=100, blank=True, help_text="The connected account in use.")
    # The account a person is just asked about, and what its callback has to bring along.
    pending_id = models.CharField(max_length=100, blank=True)
    pending_until = models.DateTimeField(null=True)
    state_hash = models.CharField(max_length=64, blank=True)
    next_page = models.CharField(max_length=500, blank=True, help_text="Where the person goes on after the callback.")
    # The workspace's own credential it was made with; none: the installation's key.
    credential_id = models.UUIDField(null=True)
    problem = models.TextField(blank=True)
    broken_since = models.DateTimeField(null=True)
    connected_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    connected_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "composio_connections"
        constraints = (models.UniqueConstraint(fields=["entity", "app"], name="one_connection_per_app"),)
        indexes = (
            models.Index(fields=["workspace", "app"], name="composio_connections_ws"),
            models.Index(fields=["account_id"], name="composio_connections_account"),
            models.Index(fields=["pending_id"], name="composio_connections_pending"),
        )

    def __str__(self) -> str:
        return f"{self.app} {self.status}"


class ComposioWebhook(models.Model):
    """Where Composio sends messages of one project, and the secret they are signed with, sealed.

    workspace: whose own key the project's is; none: the installation's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    credential_id = models.UUIDField(null=True)
    subscription_id = models.CharField(max_length=100)
    url = models.CharField(max_length=500)
    secret = models.BinaryField()
    key_id = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "composio_webhooks"
        constraints = (
            models.UniqueConstraint(fields=["workspace"], name="one_composio_webhook", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return self.subscription_id


class ComposioTrigger(models.Model):
    """An event of an app that a workspace asked to be told of. config: what it is narrowed to."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Listening"
        PAUSED = "paused", "Paused"
        DISABLED = "disabled", "Ended by the app"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    connection = models.ForeignKey(ComposioConnection, models.CASCADE, related_name="triggers")
    slug = models.CharField(max_length=200)
    trigger_id = models.CharField(max_length=100)
    config = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_event_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "composio_triggers"
        constraints = (models.UniqueConstraint(fields=["workspace", "trigger_id"], name="one_composio_trigger"),)
        indexes = (models.Index(fields=["trigger_id"], name="composio_triggers_id"),)

    def __str__(self) -> str:
        return self.slug


class ComposioEvent(models.Model):
    """A verified message, kept once by its own id however often it is delivered."""

    class Kind(models.TextChoices):
        TRIGGER = "trigger", "An event of an app"
        EXPIRED = "expired", "An account expired"
        DISABLED = "disabled", "A trigger was ended"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    message_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    trigger = models.ForeignKey(ComposioTrigger, models.SET_NULL, null=True, related_name="events")
    app = models.CharField(max_length=100, blank=True)
    slug = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "composio_events"
        constraints = (models.UniqueConstraint(fields=["workspace", "message_id"], name="one_composio_event"),)
        indexes = (models.Index(fields=["workspace", "-received_at"], name="composio_events_newest"),)

    def __str__(self) -> str:
        return self.message_id
