"""The agents' places in the navigation and the palette."""

from agents.models import Agent
from automatos.places import NavEntry, PaletteEntry, Places

PLACES = Places(
    nav=(
        NavEntry("Build", 10, "Agents", "bot", "agents/", count=Agent.objects.visible),
        NavEntry("Build", 20, "Personas", "drama", "personas/"),
        NavEntry("Build", 40, "Skills", "graduation-cap", "skills/"),
        NavEntry("Build", 50, "Knowledge", "library", "knowledge/"),
    ),
    actions=(PaletteEntry("Create an agent", "plus", "agents/new/", "agents:write"),),
)
