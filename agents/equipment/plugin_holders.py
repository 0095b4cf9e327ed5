"""The agents that can have plugins; named in settings.PLUGIN_HOLDERS."""

from collections.abc import Sequence

from django.urls import reverse

from agents.models import Agent
from marketplace.enabling.holders import Holder
from workspaces.models import Workspace


def holders(workspace: Workspace) -> Sequence[Holder]:
    """Every agent that is there, by name."""
    rows = (
        Agent.objects.visible().filter(workspace=workspace).select_related("agent_model_config").order_by("name", "pk")
    )
    return [
        Holder(
            row.pk,
            row.name,
            f"{row.get_category_display()}, {row.agent_model_config.model}",
            reverse("agent_detail", args=[workspace.slug, row.slug]),
        )
        for row in rows.order_by("name", "pk")
    ]
