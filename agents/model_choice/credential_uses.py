"""Which agents a credential pays for."""

from django.urls import reverse

from agents.models import Agent
from workspaces.credentials.types import PROVIDERS
from workspaces.credentials.uses import Use
from workspaces.models import Credential


def agents_paid_by(credential: Credential) -> list[Use]:
    """The agents whose model, or fallback model, is of the provider the credential is for."""
    provider = credential.server or credential.type_id
    if credential.type_id not in PROVIDERS:
        return []
    agents = Agent.objects.visible().filter(workspace_id=credential.workspace_id).select_related("workspace")
    own = agents.filter(agent_model_config__provider=provider)
    fallback = agents.filter(agent_model_config__fallback_model_id__startswith=f"{provider}:")
    return [
        Use(agent.name, reverse("agent_detail", args=[agent.workspace.slug, agent.slug]))
        for agent in (own | fallback).distinct().order_by("name")
    ]
