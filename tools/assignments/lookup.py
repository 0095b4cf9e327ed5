"""Reads: what agents may use."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from tools.assignments.switches import Policies, Switches, policies_of, switches_of
from tools.models import AgentAppAssignment, ToolPolicy
from tools.models.assignments import Level


def switches_for_app(workspace_id: UUID, app: str) -> Mapping[UUID, Switches]:
    """By agent, those that have the app."""
    rows: dict[UUID, list[AgentAppAssignment]] = defaultdict(list)
    for row in AgentAppAssignment.objects.filter(workspace_id=workspace_id, app=app):
        rows[row.agent_id].append(row)
    return {agent_id: switches_of(found) for agent_id, found in rows.items()}


def switches_for_agent(workspace_id: UUID, agent_id: UUID) -> Mapping[str, Switches]:
    """By app, those that the agent has."""
    rows: dict[str, list[AgentAppAssignment]] = defaultdict(list)
    for row in AgentAppAssignment.objects.filter(workspace_id=workspace_id, agent_id=agent_id).order_by("app"):
        rows[row.app].append(row)
    found = {app: switches_of(own) for app, own in rows.items()}
    return {app: switches for app, switches in found.items() if switches.has_app}


def switches_for(workspace_id: UUID, agent_id: UUID, app: str) -> Switches:
    """Of one agent for one app."""
    return switches_of(AgentAppAssignment.objects.filter(workspace_id=workspace_id, agent_id=agent_id, app=app))


def policies_for(workspace_id: UUID, app: str) -> Policies:
    """When the app's tools ask."""
    return policies_of(ToolPolicy.objects.filter(workspace_id=workspace_id, app=app))


def agents_with(workspace_id: UUID, apps: Iterable[str]) -> Mapping[str, list[UUID]]:
    """The agents that have each of these apps."""
    found: dict[str, list[UUID]] = {app: [] for app in apps}
    rows = AgentAppAssignment.objects.filter(
        workspace_id=workspace_id, app__in=list(found), level=Level.APP, allowed=True
    )
    for app, agent_id in rows.values_list("app", "agent_id"):
        found[app].append(agent_id)
    return found
