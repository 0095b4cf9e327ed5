"""The shapes of apps, actions and connections at the API."""

from typing import Any

from rest_framework import serializers

from automatos.api import InputSerializer
from tools.composio.words import word_of
from tools.models import (
    ComposioActionCache,
    ComposioAppCache,
    ComposioConnection,
    ComposioEvent,
    ComposioSyncJob,
    ComposioTrigger,
)

STATUSES = tuple(ComposioConnection.Status.values)


class AppOut(serializers.Serializer[ComposioAppCache]):
    """An app, and how the workspace is connected to it."""

    slug = serializers.CharField()
    app_name = serializers.CharField()
    display_name = serializers.CharField()
    description = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField())
    auth_schemes = serializers.ListField(child=serializers.CharField())
    no_auth = serializers.BooleanField(help_text="Agents can use it without a connection.")
    action_count = serializers.IntegerField()
    trigger_count = serializers.IntegerField(help_text="Events it can tell of.")
    status = serializers.ChoiceField(choices=ComposioAppCache.Status.choices)
    last_synced_at = serializers.DateTimeField(allow_null=True)
    connection_status = serializers.SerializerMethodField(
        help_text="active, pending, error or added (not connected); empty when it never was connected."
    )

    def get_connection_status(self, app: ComposioAppCache) -> str:
        """From the connections that the view looked up for the page."""
        found = self.context.get("connections", {}).get(app.slug)
        return str(found.status) if found else ""


class ActionOut(serializers.Serializer[ComposioActionCache]):
    """What can be done with an app."""

    action = serializers.CharField(help_text="Its name at Composio.")
    display_name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.ChoiceField(choices=ComposioActionCache.Category.choices)
    tags = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField(help_text="Of the schema; it is sent with each call.")
    no_auth = serializers.BooleanField()
    parameters = serializers.DictField(help_text="JSON Schema 2020-12 of the arguments.")


class ConnectionOut(serializers.Serializer[ComposioConnection]):
    """A workspace's connection to an app."""

    id = serializers.UUIDField()
    app = serializers.CharField()
    status = serializers.ChoiceField(choices=ComposioConnection.Status.choices)
    says = serializers.SerializerMethodField(help_text="The status in words.")
    problem = serializers.CharField()
    broken_since = serializers.DateTimeField(allow_null=True)
    connected_at = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)

    def get_says(self, connection: ComposioConnection) -> str:
        """One of four words."""
        return word_of(connection).label


class ConnectIn(InputSerializer):
    """Where the person goes on afterwards."""

    next = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="A path of this site, /w/…; empty: the app's page."
    )


class ConnectOut(serializers.Serializer[Any]):
    """Where to send the person."""

    app = serializers.CharField()
    status = serializers.CharField()
    redirect_url = serializers.CharField(help_text="Open it in the browser of a person who may allow it.")


class SyncIn(InputSerializer):
    """What to read."""

    kind = serializers.ChoiceField(choices=ComposioSyncJob.Kind.choices, default="incremental")
    app = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="With kind app.")


class SyncOut(serializers.Serializer[ComposioSyncJob]):
    """A reading of the catalogue."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ComposioSyncJob.Kind.choices)
    app = serializers.CharField()
    status = serializers.ChoiceField(choices=ComposioSyncJob.Status.choices)
    apps_total = serializers.IntegerField()
    apps_done = serializers.IntegerField()
    actions_done = serializers.IntegerField()
    indexed = serializers.IntegerField(help_text="Actions made findable by meaning.")
    changed = serializers.IntegerField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class TriggerIn(InputSerializer):
    """An event to listen to."""

    app = serializers.CharField(max_length=100)
    event = serializers.CharField(max_length=200, help_text="Its slug, as /api/composio/apps/{app}/events lists them.")
    config = serializers.DictField(required=False, help_text="What it is narrowed to, as its schema asks.")


class TriggerOut(serializers.Serializer[ComposioTrigger]):
    """An event the workspace listens to."""

    id = serializers.UUIDField()
    app = serializers.CharField(source="connection.app")
    event = serializers.CharField(source="slug")
    config = serializers.DictField()
    status = serializers.ChoiceField(choices=ComposioTrigger.Status.choices)
    created_at = serializers.DateTimeField()
    last_event_at = serializers.DateTimeField(allow_null=True)


class EventKindOut(serializers.Serializer[Any]):
    """An event an app can tell of."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    config = serializers.DictField(help_text="JSON Schema of what it is narrowed to.")


class EventKindsOut(serializers.Serializer[Any]):
    """All of an app's."""

    items = EventKindOut(many=True)
    total = serializers.IntegerField()


class AppEventOut(serializers.Serializer[ComposioEvent]):
    """A message that came in."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ComposioEvent.Kind.choices)
    app = serializers.CharField()
    event = serializers.CharField(source="slug")
    trigger_id = serializers.UUIDField(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]  # only read by name
    received_at = serializers.DateTimeField()
