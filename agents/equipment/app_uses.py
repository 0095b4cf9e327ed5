"""Which agents need an app; named in settings.APP_USES."""

from collections.abc import Sequence

from django.urls import reverse

from agents.models import Agent
from tools.assignments.lookup import agents_with
from tools.composio.app_uses import AppUse
from workspaces.models import Workspace


def agents_using(workspace: Workspace, apps: Sequence[str]) -> dict[str, list[AppUse]]:
    """By app, the agents that have it."""
    ids = agents_with(workspace.pk, apps)
    wanted = {agent_id for found in ids.values() for agent_id in found}
    rows = Agent.objects.visible().filter(workspace=workspace, pk__in=wanted).only("name", "slug")
    known = {row.pk: row for row in rows}
    return {
        app: [_use(workspace, known[agent_id]) for agent_id in found if agent_id in known] for app, found in ids.items()
    }


def _use(workspace: Workspace, agent: Agent) -> AppUse:
    return AppUse("agent", agent.name, reverse("agent_detail", args=[workspace.slug, agent.slug]), agent.pk)
