"""Who publishes: a workspace's own publisher with its keys, and those everybody sees."""

from django.db.models import Count, QuerySet

from marketplace.models import Publisher, PublisherKey
from workspaces.models import Workspace

PROJECT, INSTALLATION = "automatos", "installation"


def publisher_of(workspace: Workspace) -> Publisher | None:
    """The name this workspace publishes under; None before it first did."""
    return Publisher.objects.filter(workspace=workspace).first()


def keys_of(workspace: Workspace) -> QuerySet[PublisherKey]:
    """The keys it registered, newest first."""
    return PublisherKey.objects.filter(workspace=workspace).order_by("-created_at")


def keys_with_uses(workspace: Workspace) -> QuerySet[PublisherKey]:
    """The same, each with how many versions it signed (`uses`)."""
    return keys_of(workspace).annotate(uses=Count("versions")).select_related("created_by")
