"""Apps through Composio."""

from automatos import env

# The key of a project for every workspace that has none of its own, and where to ask; empty: Composio's own cloud.
COMPOSIO_API_KEY = env.text("COMPOSIO_API_KEY")
COMPOSIO_BASE_URL = env.url("COMPOSIO_BASE_URL", schemes=("http", "https"))
# Functions that say what needs an app.
APP_USES = ["agents.equipment.app_uses.agents_using"]
