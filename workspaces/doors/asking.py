"""Whom to turn to when a role is not enough."""

from workspaces.models import Membership, Role, Workspace


def whom_to_ask(workspace: Workspace) -> str:
    """The name of the member who has been owner or admin the longest."""
    seniors = Membership.objects.filter(workspace=workspace, role__in=[Role.OWNER, Role.ADMIN])
    first = seniors.select_related("user").order_by("-role", "created_at", "pk").first()
    return first.user.display_name if first else "an owner"
