"""What every page of one agent shows around its own content."""

from typing import Any

from agents.models import Agent
from agents.pages import figures
from agents.pages.tabs import tabs_of
from agents.work.queries import unusable
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest


def frame(request: WorkspaceRequest, agent: Agent, tab: str) -> dict[str, Any]:
    """The context of the agent's head and tabs, and what the caller may do. tab: the name of the page's address."""
    can_write, can_delete = request.access.allows("agents:write"), request.access.allows("agents:delete")
    return {
        "agent": agent,
        "tabs": tabs_of(request.workspace.slug, agent, tab, can_write=can_write),
        "cooking": figures.cooking_now(agent),
        "unusable": unusable(agent),
        "can_write": can_write,
        "can_delete": can_delete,
        "can_change": can_write and agent.status != "retired",
        "ask": "" if can_delete else whom_to_ask(request.workspace),
    }
