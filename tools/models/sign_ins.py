"""Sign-ins at MCP servers: what OAuth came to, sealed."""

import uuid

from django.db import models
from django.utils import timezone

from tools.models.remote import RemoteService
from workspaces.models import User, Workspace


class McpSignIn(models.Model):
    """How a workspace signs in at one server. secret: sealed; the client's secret, verifier, tokens."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for approval"
        ACTIVE = "active", "Connected"
        ERROR = "error", "Needs reconnecting"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    service = models.OneToOneField(RemoteService, models.CASCADE, related_name="sign_in")
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    state_hash = models.CharField(max_length=64, blank=True, help_text="Of the state a browser has to come back with.")
    pending_until = models.DateTimeField(null=True)
    issuer = models.CharField(max_length=2000, help_text="The authorization server, whose tokens these are.")
    token_url = models.CharField(max_length=2000)
    sends_issuer = models.BooleanField(default=False, help_text="It names itself when it sends the browser back.")
    resource = models.CharField(max_length=2000, help_text="What the tokens are for.")
    scope = models.CharField(max_length=2000, blank=True)
    wants = models.CharField(max_length=2000, blank=True, db_default="", help_text="Scopes it asked for since.")
    client_id = models.CharField(max_length=2000)
    redirect_uri = models.CharField(max_length=2000)
    is_basic = models.BooleanField(default=False, help_text="The client's secret goes into a header, not the form.")
    secret = models.BinaryField(default=bytes)
    key_id = models.CharField(max_length=100, blank=True)
    expires_at = models.DateTimeField(null=True, help_text="When the access token ends; none: nobody said.")
    refreshing_until = models.DateTimeField(null=True, help_text="A process is at it; nobody else is meanwhile.")
    problem = models.CharField(max_length=500, blank=True)
    signed_in_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "mcp_sign_ins"
        constraints = (
            models.UniqueConstraint(
                fields=["state_hash"], condition=~models.Q(state_hash=""), name="one_mcp_sign_in_state"
            ),
        )

    def __str__(self) -> str:
        return f"{self.service_id} at {self.issuer}"
