"""Addresses under an agent's that need its runs."""

from django.urls import URLPattern, URLResolver, path

from recipes import api_agent_status

agent_pages: list[URLPattern | URLResolver] = []
agent_api: list[URLPattern | URLResolver] = [
    path("agents/<uuid:agent_id>/status", api_agent_status.AgentStatusChange.as_view(), name="api_agent_status"),
]
