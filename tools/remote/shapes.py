"""The shapes of servers, APIs and their tools at the REST API."""

from typing import Any

from rest_framework import serializers

from automatos.api import InputSerializer
from tools.models import McpSignIn, RemoteService, RemoteTool
from tools.remote import pins


class FailureOut(serializers.Serializer[Any]):
    """One time it could not be read."""

    at = serializers.DateTimeField()
    text = serializers.CharField()


class McpSignInOut(serializers.Serializer[McpSignIn]):
    """How the workspace is signed in at a server."""

    state = serializers.ChoiceField(choices=McpSignIn.State.choices)
    issuer = serializers.CharField(help_text="The authorization server.")
    scope = serializers.CharField()
    wants = serializers.CharField(help_text="Scopes it wants besides, for what was asked of it since; sign in again.")
    problem = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the access token ends and is renewed.")


class McpSignInLinkOut(serializers.Serializer[Any]):
    """Where to sign in."""

    url = serializers.URLField(help_text="For a browser in which this person is signed in here, within 15 minutes.")


class McpServerOut(serializers.Serializer[RemoteService]):
    """An MCP server of the workspace."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Stands before its tools' names.")
    transport = serializers.ChoiceField(choices=RemoteService.Transport.choices)
    url = serializers.CharField()
    command = serializers.CharField()
    credential_id = serializers.UUIDField(allow_null=True)
    is_enabled = serializers.BooleanField()
    is_trusted = serializers.BooleanField(help_text="Its descriptions count as words of this workspace.")
    state = serializers.ChoiceField(choices=RemoteService.State.choices)
    is_being_read = serializers.BooleanField(help_text="A worker is asked to read it, or is at it.")
    protocol = serializers.CharField(help_text="The version of MCP it speaks.")
    title = serializers.CharField()
    version = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField(), help_text="What of it cannot be used, and why.")
    problem = serializers.CharField()
    failures = FailureOut(many=True)
    tool_count = serializers.IntegerField()
    suspended_count = serializers.IntegerField(help_text="Tools that wait for a person.")
    agent_count = serializers.IntegerField(help_text="Agents that have a tool of it.")
    sign_in = McpSignInOut(default=None, allow_null=True, help_text="Null where nobody signed in there.")
    checked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class McpServerIn(InputSerializer):
    """A new server: with an address, or with a command that the operator allows."""

    name = serializers.CharField(max_length=40, help_text="Small letters, digits and hyphens.")
    transport = serializers.ChoiceField(choices=RemoteService.Transport.choices, default="http")
    url = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    command = serializers.CharField(required=False, allow_blank=True, max_length=100)
    credential_id = serializers.UUIDField(required=False, allow_null=True, help_text="Of an HTTP type; sent as header.")
    is_trusted = serializers.BooleanField(required=False)


class McpServerChange(McpServerIn):
    """What is to change; what is left out stays."""

    name = serializers.CharField(max_length=40, required=False)
    transport = serializers.ChoiceField(choices=RemoteService.Transport.choices, required=False)
    is_enabled = serializers.BooleanField(required=False)


class DifferenceOut(serializers.Serializer[Any]):
    """A part of a tool that reads otherwise now."""

    name = serializers.CharField()
    before = serializers.CharField()
    now = serializers.CharField()


class RemoteToolOut(serializers.Serializer[RemoteTool]):
    """A tool as it was accepted, and what differs from that by now."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    state = serializers.ChoiceField(choices=RemoteTool.State.choices)
    is_usable = serializers.BooleanField()
    is_offered = serializers.BooleanField(help_text="Whether agents may be given it.")
    is_reading = serializers.BooleanField(help_text="It counts as reading; else as sending something outside.")
    says_it_reads = serializers.BooleanField(help_text="What the service claims of itself.")
    says_it_destroys = serializers.BooleanField()
    asks = serializers.ChoiceField(choices=RemoteTool.Asks.choices, help_text="When a person has to allow a call.")
    parameters = serializers.SerializerMethodField(help_text="JSON Schema of the arguments, as agents are told.")
    digest = serializers.CharField(help_text="Of what was accepted; empty when nothing was.")
    pending_digest = serializers.CharField(help_text="Of what waits to be accepted; empty when nothing does.")
    differences = serializers.SerializerMethodField()
    accepted_at = serializers.DateTimeField(allow_null=True)

    def get_parameters(self, tool: RemoteTool) -> dict[str, Any]:
        """Of what was accepted."""
        found: dict[str, Any] = tool.offer.get("schema") or {}
        return found

    def get_differences(self, tool: RemoteTool) -> list[dict[str, str]]:
        """What a person has to read before it can be used again."""
        return [dict(DifferenceOut(one).data) for one in pins.differences(tool)]


class RemoteToolChange(InputSerializer):
    """How a tool may be used."""

    is_offered = serializers.BooleanField(required=False)
    is_reading = serializers.BooleanField(required=False, help_text="Only where the service says so too.")
    asks = serializers.ChoiceField(choices=RemoteTool.Asks.choices, required=False)


class AcceptIn(InputSerializer):
    """What was read."""

    digest = serializers.CharField(max_length=64, help_text="`pending_digest` of what you read.")


class TryRemoteIn(InputSerializer):
    """The arguments to try it with."""

    arguments = serializers.DictField(required=False)
    dry_run = serializers.BooleanField(default=False, help_text="Say whether it would be sent, and send nothing.")


class TryRemoteOut(serializers.Serializer[Any]):
    """What came back."""

    status = serializers.ChoiceField(
        choices=["open", "refused", "done", "failed", "uncertain"], help_text="Of a dry run: open or refused."
    )
    content = serializers.CharField(help_text="What the model would be given; of a dry run, why it would be refused.")
