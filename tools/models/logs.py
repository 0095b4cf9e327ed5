"""What tools did."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace


class ToolExecutionLog(models.Model):
    """One call of a tool. arguments: with secrets masked. cost: US dollars. duration_ms: None while it is not known."""

    class Source(models.TextChoices):
        BUILTIN = "builtin", "Built in"
        APP = "app", "App"
        MCP = "mcp", "MCP server"
        COMMAND = "command", "Plugin command"
        OPENAPI = "openapi", "API"

    class Status(models.TextChoices):
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        REFUSED = "refused", "Refused"
        RECORD = "record", "From record"
        UNCERTAIN = "uncertain", "Uncertain"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    # The call in the run's journal; none for one made by hand.
    call_id = models.UUIDField(null=True)
    execution_id = models.UUIDField(null=True)
    agent_id = models.UUIDField(null=True)
    agent_name = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source)
    tool = models.CharField(max_length=200)
    app = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status)
    is_dry_run = models.BooleanField(default=False)
    arguments = models.JSONField(default=dict)
    result = models.TextField(blank=True, help_text="The beginning of what the model was given.")
    size = models.PositiveIntegerField(default=0, help_text="Characters of the whole result.")
    duration_ms = models.PositiveIntegerField(null=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    remote_id = models.CharField(max_length=100, blank=True, help_text="The other side's name for the call.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "tool_execution_logs"
        indexes = (
            models.Index(fields=["workspace", "-created_at", "-id"], name="tool_logs_newest"),
            models.Index(fields=["workspace", "tool", "-created_at"], name="tool_logs_by_tool"),
            models.Index(fields=["call_id"], name="tool_logs_by_call"),
            # Which actions an agent carried out before, asked for each of its steps.
            models.Index(
                fields=["agent_id", "tool"],
                condition=models.Q(source="app", status="done"),
                name="tool_logs_used",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tool} {self.status}"
