"""Services outside whose tools agents use: MCP servers and APIs with an OpenAPI document.

A tool is kept as a person accepted it. What the service says of it later waits beside it, and the tool is off until
then.
"""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace


class RemoteService(models.Model):
    """An MCP server, or an API. name: stands before its tools' names; url: of the server, or of the document."""

    class Kind(models.TextChoices):
        MCP = "mcp", "MCP server"
        OPENAPI = "openapi", "API"

    class Transport(models.TextChoices):
        HTTP = "http", "Streamable HTTP"
        SSE = "sse", "HTTP with SSE (older servers)"
        STDIO = "stdio", "Command on this machine"

    class State(models.TextChoices):
        NEW = "new", "Not read yet"
        OK = "ok", "Connected"
        ERROR = "error", "Does not answer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    name = models.CharField(max_length=40)
    transport = models.CharField(max_length=5, choices=Transport, default=Transport.HTTP)
    url = models.CharField(max_length=2000, blank=True)
    base_url = models.CharField(max_length=2000, blank=True, help_text="Of an API: where its operations are.")
    command = models.CharField(max_length=100, blank=True, help_text="A name of the operator's list.")
    credential_id = models.UUIDField(null=True, help_text="Of the workspace, sent as a header.")
    is_enabled = models.BooleanField(default=True)
    is_trusted = models.BooleanField(default=False, help_text="Its descriptions count as words of this workspace.")
    state = models.CharField(max_length=5, choices=State, default=State.NEW)
    protocol = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200, blank=True, help_text="As it names itself.")
    version = models.CharField(max_length=100, blank=True)
    notes = ArrayField(models.CharField(max_length=300), default=list, help_text="What of it cannot be used, and why.")
    problem = models.TextField(blank=True)
    failures = models.JSONField(default=list, help_text="The last times it could not be read: at, text.")
    # A reading was asked for at wanted_at, and is under way or waits while checked_at is older.
    wanted_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "remote_services"
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="one_remote_service_name"),)
        indexes = (models.Index(fields=["workspace", "kind", "name"], name="remote_services_by_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_being_read(self) -> bool:
        """Whether a reading was asked for and is not done."""
        return self.checked_at is None or self.checked_at < self.wanted_at

    @property
    def origin(self) -> str:
        """What its words are labelled with, as text of others."""
        return f"{self.get_kind_display()} {self.name}"


class RemoteTool(models.Model):
    """One tool of a service, as it was accepted. pending: what the service says now, where that differs."""

    class State(models.TextChoices):
        ACTIVE = "active", "Can be used"
        SUSPENDED = "suspended", "Changed, waits for a person"
        GONE = "gone", "No longer offered"

    class Asks(models.TextChoices):
        NEVER = "never", "Only after text from outside"
        DESTRUCTIVE = "destructive", "When it says that it destroys"
        ALWAYS = "always", "Always"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    service = models.ForeignKey(RemoteService, models.CASCADE, related_name="tools")
    name = models.CharField(max_length=200)
    document = models.JSONField(default=dict, help_text="Name, title, description, schemas, annotations as accepted.")
    # What an agent is told: title, description, schema made safe and short, and whether it destroys.
    offer = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the accepted document; empty: none.")
    pending = models.JSONField(null=True)
    pending_digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    is_offered = models.BooleanField(default=True, help_text="Whether agents may be given it at all.")
    is_reading = models.BooleanField(default=False, help_text="A person agreed with the service that it only reads.")
    asks = models.CharField(max_length=11, choices=Asks, default=Asks.DESTRUCTIVE)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "remote_tools"
        constraints = (models.UniqueConstraint(fields=["service", "name"], name="one_remote_tool_name"),)
        indexes = (models.Index(fields=["workspace", "state"], name="remote_tools_by_state"),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        """Whether an agent that has it may call it now."""
        return self.state == self.State.ACTIVE and self.is_offered and bool(self.digest)

    @property
    def shown(self) -> dict[str, Any]:
        """What pages show: as accepted, or as it came where nobody accepted anything yet."""
        return self.document or self.pending or {}

    @property
    def title(self) -> str:
        """Its name for people."""
        return str(self.shown.get("title") or self.name)

    @property
    def description(self) -> str:
        """What the service says of it."""
        return str(self.shown.get("description") or "")

    @property
    def says_it_reads(self) -> bool:
        """Whether the service claims that it changes nothing."""
        return bool((self.document.get("annotations") or {}).get("readOnlyHint"))

    @property
    def says_it_destroys(self) -> bool:
        """Whether the service warns that it destroys."""
        return bool((self.document.get("annotations") or {}).get("destructiveHint"))


class AgentRemoteTool(models.Model):
    """An agent may use a tool. The agent is named by its id alone: agents know tools, and not the other way round."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    agent_id = models.UUIDField()
    tool = models.ForeignKey(RemoteTool, models.CASCADE, related_name="assignments")
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "agent_remote_tools"
        constraints = (models.UniqueConstraint(fields=["agent_id", "tool"], name="one_remote_tool_per_agent"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.tool_id}"
