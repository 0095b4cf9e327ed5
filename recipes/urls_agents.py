"""Addresses under an agent's that need its runs."""

from django.urls import URLPattern, URLResolver, path

from recipes import api_agent_status, api_agent_usage, views_agent

agent_pages: list[URLPattern | URLResolver] = [
    path("agents/<slug:key>/status/", views_agent.status, name="agent_status"),
    path("agents/<slug:key>/runs/", views_agent.runs, name="agent_runs"),
    path("agents/<slug:key>/usage/", views_agent.usage, name="agent_usage"),
]
agent_api: list[URLPattern | URLResolver] = [
    path("agents/<uuid:agent_id>/status", api_agent_status.AgentStatusChange.as_view(), name="api_agent_status"),
    path("agents/<uuid:agent_id>/usage", api_agent_usage.AgentUsageReport.as_view(), name="api_agent_usage"),
]
