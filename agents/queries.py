"""Reads: agents and personas."""

from uuid import UUID

from django.db.models import QuerySet

from agents.models import Agent
from automatos.errors import NotFound
from workspaces.models import Workspace


def agents_of(workspace: Workspace) -> QuerySet[Agent]:
    """The workspace's agents with what their cards show, by name."""
    return (
        Agent.objects.visible()
        .filter(workspace=workspace)
        .select_related("agent_model_config", "persona")
        .order_by("name", "id")
    )


def deleted_agents(workspace: Workspace) -> QuerySet[Agent]:
    """The workspace's agents that were deleted and can be brought back."""
    rows = Agent.objects.filter(workspace=workspace, deleted_at__isnull=False)
    return rows.select_related("agent_model_config", "persona").order_by("name", "id")


def agent(*, workspace: Workspace, agent_id: UUID) -> Agent:
    """One agent; NotFound when it is unknown, deleted or another workspace's."""
    found = agents_of(workspace).filter(pk=agent_id).first()
    if found is None:
        raise NotFound()
    return found
