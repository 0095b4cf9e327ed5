"""Secrets a workspace keeps for its agents and models."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models.people import User
from workspaces.models.workspace import Workspace


class CredentialType(models.Model):
    """A kind of credential and its fields. Seeded, upsert by slug; belongs to no workspace.

    fields: [{"name", "title", "help", "kind": "text" | "secret" | "url" | "integer" | "choice" | "hosts", "required",
    "default"?, "choices"?}]. Only fields of the kind secret are encrypted; the others may be read back.
    """

    slug = models.SlugField(max_length=60, primary_key=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    icon = models.CharField(max_length=40, default="key-round")
    fields = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "credential_types"
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Credential(models.Model):
    """One credential. `secret` is ciphertext bound to this row and workspace, under the master key `key_id`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="credentials")
    type = models.ForeignKey(CredentialType, models.PROTECT, related_name="credentials")
    name = models.CharField(max_length=120)
    # The name in front of the models of a server of the workspace's own; it stays when the credential is renamed.
    server = models.CharField(max_length=40, blank=True, default="", db_default="")
    values = models.JSONField(default=dict)
    secret = models.BinaryField()
    key_id = models.CharField(max_length=16)
    # What may be shown of each secret field, e.g. {"api_key": "…4f2a"}.
    hints = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    # Set while a test is under way; what it came to stands in the three columns below.
    test_started_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    test_ok = models.BooleanField(null=True)
    test_message = models.CharField(max_length=300, blank=True)
    # The models that a server of the workspace's own told of when it was tested.
    offered = models.JSONField(default=list)
    # What a model there did when it was tried: text, stream, tools, json, pictures, thinking, each true or false.
    test_works = models.JSONField(default=dict, db_default={})
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "credentials"
        indexes = (models.Index(fields=["workspace", "type", "-created_at"], name="credentials_of_type"),)
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=models.Q(deleted_at=None), name="one_credential_name"
            ),
            models.UniqueConstraint(
                fields=["workspace", "server"], condition=~models.Q(server=""), name="one_server_name"
            ),
        )

    def __str__(self) -> str:
        return self.name


class KeyCheck(models.Model):
    """A known text sealed under each master key in use: whoever starts with another key is told so at once."""

    key_id = models.CharField(max_length=16, primary_key=True)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "key_checks"

    def __str__(self) -> str:
        return self.key_id
