"""The tabs of an agent's pages: each is an address of its own."""

from dataclasses import dataclass

from django.urls import reverse

from agents.models import Agent

# Name of the address, icon, label.
PLACES = (
    ("agent_detail", "layout-dashboard", "Overview"),
    ("agent_playground", "message-square", "Playground"),
    ("agent_edit", "sliders-horizontal", "Configuration"),
    ("agent_skills", "graduation-cap", "Skills"),
    ("agent_plugins", "blocks", "Plugins"),
    ("agent_tools", "wrench", "Tools"),
    ("agent_apps", "plug", "Apps"),
    ("agent_remote_tools", "server", "Servers"),
    ("agent_documents", "library", "Knowledge"),
    ("agent_runs", "flame", "Runs"),
    ("agent_usage", "gauge", "Usage"),
    ("agent_history", "history", "History"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. current: it is the page being looked at."""

    href: str
    icon: str
    label: str
    current: bool


def tabs_of(workspace_slug: str, agent: Agent, current: str, *, can_write: bool = True) -> list[Tab]:
    """The tabs of this agent. current: the name of the address being looked at."""
    found = []
    for name, icon, label in PLACES:
        if name == "agent_edit" and (agent.status == "retired" or not can_write):
            continue
        href = reverse(name, args=[workspace_slug, agent.slug])
        found.append(Tab(href, icon, label, name == current))
    return found
